"""Holidays by name, Chinese and Western, those of the moon too."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from lunar_python import Solar

from nlu.entities.calendar_days import Tense, lunar_day
from nlu.entities.phrases import Phrases

type _DayOf = Callable[[int], date]


def _solar(month: int, day: int) -> _DayOf:
    return lambda year: date(year, month, day)


def _lunar(month: int, day: int, *, before: int = 0) -> _DayOf:
    return lambda year: lunar_day(year, month, day) - timedelta(days=before)


def _nth(month: int, weekday: int, nth: int, *, after: int = 0) -> _DayOf:
    """Return the ``nth`` ``weekday`` (Monday is 0) of ``month``, moved by ``after`` days."""

    def of(year: int) -> date:
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1) + after)

    return of


def _solar_term(name: str) -> _DayOf:
    def of(year: int) -> date:
        found = Solar.fromYmd(year, 7, 1).getLunar().getJieQiTable()[name]
        return date(found.getYear(), found.getMonth(), found.getDay())

    return of


# The lunar new year's eve is the day before the next first day, whether its month has 29 days or 30.
_NEW_YEAR: Final = _lunar(1, 1)
_EVE: Final = _lunar(1, 1, before=1)
_HOLIDAYS: Final[dict[str, _DayOf]] = {
    **dict.fromkeys(
        ("除夕夜", "除夕", "大年三十", "年三十", "大年夜", "lunar new year's eve", "chinese new year's eve"), _EVE
    ),
    **dict.fromkeys(("春节", "大年初一", "年初一", "chinese new year", "lunar new year", "spring festival"), _NEW_YEAR),
    **{f"大年初{digit}": _lunar(1, day) for day, digit in enumerate("二三四五六七八", start=2)},
    **dict.fromkeys(("元宵节", "元宵", "lantern festival"), _lunar(1, 15)),
    **dict.fromkeys(("清明节", "清明", "qingming", "tomb sweeping day", "tomb-sweeping day"), _solar_term("清明")),
    **dict.fromkeys(("端午节", "端午", "dragon boat festival"), _lunar(5, 5)),
    **dict.fromkeys(("七夕节", "七夕", "qixi"), _lunar(7, 7)),
    **dict.fromkeys(("中秋节", "中秋", "mid-autumn festival", "mid autumn festival", "mid-autumn"), _lunar(8, 15)),
    **dict.fromkeys(("重阳节", "重阳", "double ninth festival"), _lunar(9, 9)),
    **dict.fromkeys(("冬至", "winter solstice"), _solar_term("DONG_ZHI")),
    **dict.fromkeys(("腊八节", "腊八"), _lunar(12, 8)),
    **dict.fromkeys(("元旦节", "元旦", "new year's day", "new years day"), _solar(1, 1)),
    **dict.fromkeys(("跨年夜", "new year's eve", "new years eve"), _solar(12, 31)),
    **dict.fromkeys(("情人节", "valentine's day", "valentines day", "valentine's"), _solar(2, 14)),
    **dict.fromkeys(("妇女节", "三八节", "women's day"), _solar(3, 8)),
    **dict.fromkeys(("劳动节", "五一节", "五一", "labour day", "labor day", "may day"), _solar(5, 1)),
    **dict.fromkeys(("儿童节", "六一", "children's day"), _solar(6, 1)),
    **dict.fromkeys(("教师节", "teachers' day"), _solar(9, 10)),
    **dict.fromkeys(("国庆节", "国庆", "national day"), _solar(10, 1)),
    **dict.fromkeys(("万圣节", "halloween"), _solar(10, 31)),
    **dict.fromkeys(("光棍节", "双十一", "双11", "singles' day", "singles day", "double eleven"), _solar(11, 11)),
    **dict.fromkeys(("双十二", "双12"), _solar(12, 12)),
    **dict.fromkeys(("平安夜", "圣诞夜", "christmas eve", "xmas eve"), _solar(12, 24)),
    **dict.fromkeys(("圣诞节", "圣诞", "christmas day", "christmas", "xmas"), _solar(12, 25)),
    **dict.fromkeys(("boxing day",), _solar(12, 26)),
    **dict.fromkeys(("母亲节", "mother's day", "mothers day"), _nth(5, 6, 2)),
    **dict.fromkeys(("父亲节", "father's day", "fathers day"), _nth(6, 6, 3)),
    **dict.fromkeys(("感恩节", "thanksgiving day", "thanksgiving"), _nth(11, 3, 4)),
    **dict.fromkeys(("黑色星期五", "黑五", "black friday"), _nth(11, 3, 4, after=1)),
    **dict.fromkeys(("cyber monday",), _nth(11, 3, 4, after=4)),
}
_NAMES: Final = Phrases({name: name for name in _HOLIDAYS})
# 中秋礼盒 is a thing for sale and 五一大促 an offer, and a wish is for any day.
_SOLD: Final = re.compile(
    "礼|款|限[定量]|特[惠价]|优惠|折扣|大促|促销|活动|价|版|套装|月饼|粽|茶|饺|饼|汤圆|快乐|安康|愉快|树|帽|灯|装"
    r"|[0-9]| (?:sale|gifts?|box(?:es)?|edition|offers?|deals?|cards?|trees?|sets?|hats?)(?![a-z])"
)
_WISHED: Final = re.compile("(?:happy|merry) $|祝你?们?$")
_YEAR_BEFORE: Final = re.compile("(?P<year>(?<![0-9])[0-9]{4}|[今明去])年的?$")
_YEAR_AFTER: Final = re.compile("(?:,? )(?P<year>20[0-9]{2})(?![0-9])")
_AWAY: Final = {"今": 0, "明": 1, "去": -1}
_YEARS: Final = range(1900, 2100)
_REACH_BEFORE = 8

type Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class NamedHoliday:
    """A holiday where it is written, its year (None where none is written) with it."""

    name: str
    year: int | None
    span: Span

    def day(self, today: date, tense: Tense | None) -> date | None:
        """Return the day meant on ``today``: without a year the next such day, or the last where ``tense`` is past."""
        if self.year is not None:
            return _day_of(self.name, self.year)
        days = [day for away in (-1, 0, 1) if (day := _day_of(self.name, today.year + away))]
        if tense == "past":
            return max((day for day in days if day <= today), default=None)
        return min((day for day in days if day >= today), default=None)


def find_holidays(plain: str, today: date) -> Iterator[NamedHoliday]:
    """Yield the holidays named in folded text, from left to right."""
    for found in _NAMES.find(plain):
        before = plain[max(0, found.start - _REACH_BEFORE) : found.start]
        if _SOLD.match(plain, found.end) or _WISHED.search(before):
            continue
        if earlier := _YEAR_BEFORE.search(before):
            start = found.start - len(earlier[0])
            yield NamedHoliday(found.value, _year(earlier["year"], today), (start, found.end))
        elif later := _YEAR_AFTER.match(plain, found.end):
            yield NamedHoliday(found.value, int(later["year"]), (found.start, later.end()))
        else:
            yield NamedHoliday(found.value, None, (found.start, found.end))


def _year(written: str, today: date) -> int:
    return today.year + _AWAY[written] if written in _AWAY else int(written)


@lru_cache(maxsize=1_024)
def _day_of(name: str, year: int) -> date | None:
    return _HOLIDAYS[name](year) if year in _YEARS else None
