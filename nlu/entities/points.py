"""Loyalty points."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlu.entities.alone import number_alone
from nlu.entities.folding import Folded
from nlu.entities.numbers import CHINESE, ENGLISH, SCALED_DIGITS, to_whole
from nlu.understanding import Entity

# 三分 may be minutes, marks or cents; from here on 分 alone is points.
_FEWEST_CALLED_FEN = 11
# 三十多分 is a lap's time or a mark, 八百多分 is points.
_FEWEST_ABOUT = 100

_CHINESE = re.compile(
    rf"(?P<number>{SCALED_DIGITS}|{CHINESE})(?P<about>[多来余])? ?(?P<unit>个?积分|点积分|分)"
    r"(?!之|满意|好评|推荐|完美|靠谱|赞|喜欢|好(?!换)|钟|期|类|店|公司|部|开|享|[0-9一二三四五六七八九])"
)
_BEFORE = re.compile(rf"积分(?:是|有|为|余额|:| )?(?P<number>{SCALED_DIGITS})(?![0-9]| ?[元块件个年月号日天%])")
_ENGLISH = re.compile(rf"(?P<number>{SCALED_DIGITS}|{ENGLISH}) ?(?:loyalty |reward |bonus )?(?:points?|pts)(?![a-z])")
_MARK_CUE = re.compile(r"(?:[打评给得]|评分|满分)(?:[你您他她它们]{1,2})?(?:个|了)?$|(?:点|时)$")


def find(message: Folded, *, asked: bool) -> list[Entity]:
    """Return the numbers of points in ``message``, whole points; with ``asked``, a number alone is one."""
    alone = number_alone(message) if asked else None
    if alone is not None and alone[0] == alone[0].to_integral_value():
        return [message.entity("points", int(alone[0]), alone[1])]
    found = ((to_whole(match["number"]), match) for match in _search(message))
    return [
        message.entity("points", points, match.span())
        for points, match in found
        if points is not None and _are_points(match, points)
    ]


def _search(message: Folded) -> Iterator[re.Match[str]]:
    if message.has_number and "分" in message.plain:
        yield from _CHINESE.finditer(message.plain)
        yield from _BEFORE.finditer(message.plain)
    if "point" in message.plain or "pts" in message.plain:
        yield from _ENGLISH.finditer(message.plain)


def _are_points(match: re.Match[str], points: int) -> bool:
    if match.re is not _CHINESE or match["unit"] != "分":
        return True
    return points >= (_FEWEST_ABOUT if match["about"] else _FEWEST_CALLED_FEN) and not _MARK_CUE.search(
        match.string, max(0, match.start() - 6), match.start()
    )
