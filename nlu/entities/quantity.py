"""How many of a thing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlu.entities.folding import Folded
from nlu.entities.numbers import CHINESE, DIGITS, ENGLISH, to_whole
from nlu.understanding import Entity

_CHINESE = re.compile(
    rf"(?<![第这那哪每上下])(?P<whole>(?P<number>{DIGITS}|{CHINESE}) ?"
    r"(?:个(?!半?(?:月|小时|钟头|星期|礼拜|工作日|问题|人|字|意思|年|劲|样|区|忙|地方|积分))"
    r"|件(?!事)|盒|箱|瓶|包(?!裹|括|邮|装|含)|袋|套(?!路)|双|条(?!件|消息|短信)|只(?!有|是|要|能)|把(?!它|这|那|我)|罐|支(?!付|持)"
    r"|本(?!来|店|人|周|月)|张|台|份|杯(?!子|盖)|斤|组|对(?!不|吧|了)|枚|块装))"
)
_ENGLISH_UNIT = re.compile(
    r"(?:pieces?|pcs?|boxe?s?|packs?|packets?|bags?|bottles?|sets?|pairs?|items?|cans?|cups?|mugs?|units?|jars?|tins?"
    r"|cartons?|copies|teapots?|pots?)(?![a-z])"
)
_ENGLISH = re.compile(rf"(?P<whole>(?P<number>{DIGITS}|{ENGLISH}) ?{_ENGLISH_UNIT.pattern})")
_TIMES = re.compile(r"(?<![0-9a-z.])(?P<whole>x ?(?P<number>[0-9]{1,4}))(?![0-9a-z.])")
_TIMES_AFTER = re.compile(r"(?<![0-9a-z.])(?P<whole>(?P<number>[0-9]{1,4}) ?x)(?![0-9a-z])")
_ALONE = re.compile(rf"(?:{DIGITS}|{CHINESE}|{ENGLISH})")


def find(message: Folded, *, asked: bool) -> list[Entity]:
    """Return the quantities in ``message``; with ``asked``, a number alone is one."""
    found = [
        message.entity("quantity", count, match.span("whole"))
        for match in _search(message)
        if not _is_vague(match["number"]) and (count := to_whole(match["number"])) is not None
    ]
    if found or not asked:
        return found
    return [
        message.entity("quantity", count, match.span())
        for match in _ALONE.finditer(message.plain)
        if message.is_all(match.span()) and (count := to_whole(match[0])) is not None
    ]


def _is_vague(written: str) -> bool:
    """Return whether it is 两三 or 一两, which is a few and no number."""
    return len(written) > 1 and all(character in "一两二三四五六七八九" for character in written)


def _search(message: Folded) -> Iterator[re.Match[str]]:
    if message.has_number and not message.plain.isascii():
        yield from _CHINESE.finditer(message.plain)
    if _ENGLISH_UNIT.search(message.plain):
        yield from _ENGLISH.finditer(message.plain)
    if message.has_digit and "x" in message.plain:
        yield from _TIMES.finditer(message.plain)
        yield from _TIMES_AFTER.finditer(message.plain)
