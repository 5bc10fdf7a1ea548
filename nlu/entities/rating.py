"""Ratings, each with its scale."""

from __future__ import annotations

import re
from decimal import Decimal

from nlu.entities.folding import Folded
from nlu.entities.numbers import to_number
from nlu.entities.written_days import SAID_OF_A_DAY
from nlu.understanding import Entity

_CHINESE_DIGIT = "[零一二两三四五六七八九十]"
_VALUE = rf"(?:(?<![0-9.])[0-9]{{1,3}}(?:\.[0-9])?|{_CHINESE_DIGIT}{{1,3}}(?:点[一二三四五六七八九])?)"
_STARS = re.compile(
    r"(?P<value>(?<![0-9.])[0-5](?:\.[0-9])?|(?<![第十一二两三四])[零一二两三四五](?:点[一二三四五六七八九])?)"
    r" ?(?:个|颗|粒)?(?P<half_before>(?<=[个颗粒])半)?星"
    r"(?!期|巴克|座|级|堆|空|球|红旗|上将|手机|电视|平板|显示|冰箱|洗衣|耳机|笔记本|大厨|酒店|宾馆|饭店|电子|集团|的手机)(?:星(?![级空球座]))?(?P<half>半)?"
    r"|(?P<spelled>(?<![0-9.])[0-5](?:\.[0-9])?|(?<![a-z])(?:zero|one|two|three|four|five))"
    r"(?P<half_spelled> and a half)?[ -]?stars?(?![a-z]| ?-?(?:hotel|resort|restaurant|general|spa|inn|trek|wars))"
)
_SYMBOLS = re.compile(r"(?:[⭐★🌟]\ufe0f?){1,5}(?:[☆✩⚝]\ufe0f?){0,4}")
_OUT_OF = re.compile(
    r"(?<![0-9./-])(?P<value>[0-9]{1,3}(?:\.[0-9])?) ?/ ?(?P<scale>5|10|100)(?![0-9/]|\.[0-9]|-[0-9])"
    r"|(?<![a-z0-9./-])(?P<spelled>[0-9]{1,3}(?:\.[0-9])?|zero|one|two|three|four|five|six|seven|eight|nine|ten)"
    r"(?: (?:stars?|points?))? (?:out of|outta) (?P<spelled_scale>five|ten|100|10|5)(?![a-z0-9/]|\.[0-9]|-[0-9])"
)
_FULL_MARKS = re.compile(
    rf"(?P<scale>{_VALUE})分?满分?,? ?[我只]{{0,2}}[打评给]?(?:个|你们|您|你)?(?P<value>{_VALUE})分"
)
_FULL_MARKS_FIRST = re.compile(
    rf"满分(?:是|为)?(?P<scale>{_VALUE})分?的?话?,? ?[我只]{{0,2}}(?:能|会|就)?[打评给]?"
    rf"(?:个|你们|您|你)?(?P<value>{_VALUE})分?(?![0-9])"
)
_FULL_MARKS_AFTER = re.compile(
    rf"(?P<value>{_VALUE})分?[ ,(]{{0,2}}(?:满分|总分)(?:是|为)?(?P<scale>一百|{_VALUE})(?![0-9])分?\)?"
)
_MARKS = re.compile(rf"(?:打|评分|评|给)(?:[你您他她它们]{{1,2}})?(?:个|了)?:? ?(?P<value>{_VALUE}) ?分(?!钟|之)")
_RATE = re.compile(
    r"(?<![a-z])(?:rate|rating|score|give)(?: (?:it|you|this|them|him|her))?(?: (?:an?|of|is|at))?:? "
    r"(?P<value>[0-9]{1,3}(?:\.[0-9])?|one|two|three|four|five|six|seven|eight|nine|ten)"
    r"(?![0-9a-z/%]| ?(?:out|of|stars?|points?|pts))"
)
_ALONE = re.compile(
    rf"(?P<value>{_VALUE}|(?<![a-z])(?:zero|one|two|three|four|five|six|seven|eight|nine|ten)(?![a-z])) ?分?"
)
# 五分好评 is said by everybody who has a field of five.
_FIVE = re.compile("(?<![0-9.])(?P<value>[五5])分(?:好评|满分)")
_DATE_CUE = re.compile(r"(?<![a-z])(?:on|by|before|after|since|from|until|till|due) $|生日|birthday|born")


def find(message: Folded, *, asked: bool, scale: int | None) -> list[Entity]:
    """Return the ratings in ``message``, value and scale.

    With ``asked``, a number alone is one, of ``scale`` where the question named it,
    else out of 5 or 10, whichever it fits first.
    """
    plain, found = message.plain, []
    matches: list[tuple[re.Match[str], str, int | None]] = []
    if "星" in plain or "star" in plain:
        matches += [(match, _stars(match), 5) for match in _STARS.finditer(plain)]
    if ("/" in plain and message.has_digit) or " out" in plain:
        for match in _OUT_OF.finditer(plain):
            before = _DATE_CUE.search(plain, max(0, match.start() - 16), match.start())
            if not before and not ("/" in match[0] and SAID_OF_A_DAY.match(plain, match.end())):
                written_scale = to_number(match["scale"] or match["spelled_scale"])
                matches.append((match, match["value"] or match["spelled"], int(written_scale or 0)))
    if "rat" in plain or "score" in plain or "give" in plain:
        matches += [(match, match["value"], None) for match in _RATE.finditer(plain)]
    if "分" in plain:
        matches += [(match, match["value"], 5) for match in _FIVE.finditer(plain)]
        orders = (_FULL_MARKS, _FULL_MARKS_FIRST, _FULL_MARKS_AFTER)
        full = next((marks for order in orders if (marks := list(order.finditer(plain)))), [])
        matches += [(match, match["value"], int(to_number(match["scale"]) or 0)) for match in full]
        matches += [(match, match["value"], None) for match in _MARKS.finditer(plain) if not full]
    if asked and not matches:
        matches += [(match, match["value"], scale) for match in _ALONE.finditer(plain) if message.is_all(match.span())]
    for match, written, of in matches:
        rated = _rating(written, of, smallest=5 if asked else 10)
        if rated:
            found.append(message.entity("rating", rated, match.span()))
    for match in _SYMBOLS.finditer(plain) if not plain.isascii() else ():
        stars = sum(character in "⭐★🌟" for character in match[0])
        found.append(message.entity("rating", {"value": stars, "scale": 5}, match.span()))
    return found


def _stars(match: re.Match[str]) -> str:
    number = to_number(match["value"] or match["spelled"]) or Decimal(0)
    return str(number + Decimal("0.5") if match["half"] or match["half_before"] or match["half_spelled"] else number)


def _rating(written: str, scale: int | None, *, smallest: int) -> dict[str, int | float] | None:
    value = to_number(written)
    if value is None:
        return None
    of = scale or next((size for size in (5, 10, 100) if size >= smallest and value <= size), 0)
    return {"value": _plain(value), "scale": of} if 0 <= value <= of else None


def _plain(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
