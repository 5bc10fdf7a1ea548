"""Days as people write them: solar and lunar, Chinese and English, with and without a year.

What is found here is not yet a birthday or a date: the same ``3月5号`` is either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from nlu.entities.calendar_days import Calendar, CalendarDay
from nlu.entities.folding import Folded
from nlu.entities.numbers import to_whole

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ONES = "first second third fourth fifth sixth seventh eighth ninth"
_TEENS = "tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
_ORDINALS = (
    {word: value for value, word in enumerate(f"{_ONES} {_TEENS}".split(), start=1)}
    | {f"twenty{gap}{word}": 20 + value for value, word in enumerate(_ONES.split(), start=1) for gap in " -"}
    | {"thirtieth": 30, "thirty first": 31, "thirty-first": 31}
)
_CALENDARS: dict[str, Calendar] = {"公历": "solar", "阳历": "solar", "新历": "solar", "西历": "solar"}
_NAMED_MONTHS = {"正": 1, "冬": 11, "腊": 12}
_NAMED_YEARS = {"今": 0, "明": 1, "去": -1, "后": 2, "前": -2}

_CALENDAR = r"(?:农历|阴历|旧历|公历|阳历|新历|西历)"
_LUNAR_BEFORE = r"(?P<lunar>(?:lunar|农历|阴历|旧历) ?)?"
_LUNAR_AFTER = r"(?P<lunar_after> ?\(?(?:lunar|农历|阴历))?"
_CHINESE = re.compile(
    rf"(?:(?P<calendar>{_CALENDAR})的?[ ,]?)?"
    r"(?:(?<![0-9])(?P<year>[0-9]{4}|[0-9]{2}|[零〇一二三四五六七八九]{4}|[零〇一二三四五六七八九]{2}|[今明去后前])年 ?"
    rf"(?:的? ?(?P<calendar_inside>{_CALENDAR}) ?)?)?"
    r"(?<![0-9])(?P<leap>闰)?(?P<month>[0-9]{1,2}|[正腊冬]|十[一二]|[一二三四五六七八九十])月 ?"
    r"(?P<day>初[一二三四五六七八九十]|[0-9]{1,2}|[一二三四五六七八九十廿卅]{1,3})"
    r"(?:[号日]|(?![0-9一二三四五六七八九十廿卅]| ?[块元件个分折%斤天点号日]))"
    # 八月十五，农历的: said afterwards, where it begins no other day.
    r"(?P<lunar_after>(?=[ ,(]{0,3}(?:是|按|过|算)?(?:农历|阴历|旧历)"
    r"(?! ?(?:的? ?)?[0-9正腊冬闰一二三四五六七八九十])))?"
)
_YEAR_FIRST = re.compile(
    rf"{_LUNAR_BEFORE}(?<![0-9])(?P<year>(?:1[89]|20)[0-9]{{2}})(?P<mark>[-/.])(?P<month>[0-9]{{1,2}})"
    rf"(?P=mark)(?P<day>[0-9]{{1,2}})(?![0-9]){_LUNAR_AFTER}"
)
_YEAR_LAST = re.compile(
    rf"{_LUNAR_BEFORE}(?<![0-9/.-])(?P<first>[0-9]{{1,2}})(?P<mark>[-/.])(?P<second>[0-9]{{1,2}})"
    r"(?P=mark)(?P<year>(?:1[89]|20)[0-9]{2}|[0-9]{2})(?![0-9/-])"
)
_DOTTED = re.compile(r"(?<![0-9./-])(?P<year>)?(?P<month>[0-9]{1,2})\.(?P<day>[0-9]{1,2})[号日](?![0-9电字线楼])")
_SHORT_YEAR_FIRST = re.compile(
    r"(?<![0-9./-])(?P<year>[3-9][0-9])(?P<mark>[-/.])(?P<month>[0-9]{1,2})(?P=mark)(?P<day>[0-9]{1,2})(?![0-9])"
)
_SPACED = re.compile(
    r"(?<![0-9])(?P<year>(?:19|20)[0-9]{2}) (?P<month>[0-9]{1,2}) (?P<day>[0-9]{1,2})(?![0-9])(?! ?[0-9])"
)
_SLASHED = re.compile(
    rf"{_LUNAR_BEFORE}(?<![0-9/.-])(?P<first>[0-9]{{1,2}})/(?P<second>[0-9]{{1,2}})"
    rf"(?![0-9/-]| of | ?(?:装|杯|量|勺|瓶|袋|盒|价|cup)){_LUNAR_AFTER}"
)
_DASHED = re.compile(
    rf"{_LUNAR_BEFORE}(?<![0-9/.-])(?P<first>[0-9]{{1,2}})[-.](?P<second>[0-9]{{1,2}})(?![0-9/-]){_LUNAR_AFTER}"
)
_RUN_TOGETHER = re.compile(
    r"(?<![0-9a-z])(?P<year>(?:19|20)[0-9]{2}|[0-9]{2})?(?P<month>[01][0-9])(?P<day>[0-3][0-9])(?![0-9a-z])"
)
_MONTH_NAME = (
    r"(?P<month>january|february|march|april|may|june|july|august|september|october|november|december"
    r"|jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec)\.?"
)
_ORDINAL = "|".join(sorted(_ORDINALS, key=len, reverse=True))
_DAY = rf"(?P<day>[0-9]{{1,2}}(?:st|nd|rd|th)?|{_ORDINAL})(?![a-z0-9])"
_TENS = "(?:ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty)"
_YEAR_WORDS = rf"nineteen {_TENS}(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?(?![a-z])"
_ENDS = r"(?= *(?:$|[,.;!?)\n]|(?:is|was)(?![a-z])))"
# Two digits are a year at the end of what is said, and after a month's name and a day ("Mar 5 10") only where
# they can be neither an hour nor a count of days.
_YEAR = (
    r"(?:[,./-]?[ ./-]?(?:of )?"
    rf"(?P<year>(?:1[89]|20)[0-9]{{2}}|'[0-9]{{2}}|{_YEAR_WORDS}|(?<=[ /.-])%s{_ENDS})(?![0-9]))?"
)
_MONTH_DAY = re.compile(
    rf"(?<![a-z]){_LUNAR_BEFORE}{_MONTH_NAME},?[ -]?(?:the )?{_DAY}{_YEAR % '[3-9][0-9]'}{_LUNAR_AFTER}"
)
_DAY_MONTH = re.compile(
    rf"(?<![a-z0-9]){_LUNAR_BEFORE}{_DAY}[ ./-](?:day )?(?:of )?{_MONTH_NAME}(?![a-z])"
    rf"{_YEAR % '[0-9]{2}'}{_LUNAR_AFTER}"
)
_OF_LUNAR_MONTH = re.compile(
    rf"(?<![a-z0-9]){_DAY} (?:day )?of (?:the )?(?P<leap>leap )?"
    rf"(?P<month>[0-9]{{1,2}}(?:st|nd|rd|th)|{_ORDINAL}) (?:lunar month|month of the lunar calendar)"
)


# 5/10 收到的 is a day, 5/10 alone a mark.
SAID_OF_A_DAY = re.compile(" ?(?:号|日|那天|当天|收到|签收|下的?单|买|发货|发的|送|到货|付款|[之以]?[前后])")
Form = Literal["plain", "fraction", "loose"]
_FORMS: dict[re.Pattern[str], Form] = {
    _SLASHED: "fraction",
    **dict.fromkeys((_DASHED, _RUN_TOGETHER, _SHORT_YEAR_FIRST, _SPACED), "loose"),
}


@dataclass(frozen=True, slots=True)
class WrittenDay:
    """Where a day is written and what it may mean: two readings where day and month may be swapped.

    ``form`` is ``fraction`` where it is written ``4/5``, which may be no day at all, and
    ``loose`` where it is one only if a day is expected: ``3.5``, ``19900305``.
    """

    readings: tuple[CalendarDay, ...]
    start: int
    end: int
    form: Form = "plain"

    @property
    def span(self) -> tuple[int, int]:
        return self.start, self.end


def find_written_days(message: Folded, *, today: date, month_first: bool, loosely: bool) -> tuple[WrittenDay, ...]:
    """Return the days written in ``message``, from left to right, none overlapping another.

    ``month_first`` settles what ``3/5`` is, as Chinese does. ``loosely`` also reads days in loose form.
    """
    found = list(_search(message, today, month_first=month_first, loosely=loosely))
    found.sort(key=lambda day: (day.start, -day.end))
    kept: list[WrittenDay] = []
    for day in found:
        if not kept or day.start >= kept[-1].end:
            kept.append(day)
    return tuple(kept)


def _search(message: Folded, today: date, *, month_first: bool, loosely: bool) -> Iterator[WrittenDay]:
    plain = message.plain
    if "月" in plain:
        yield from (_chinese(match, today) for match in _CHINESE.finditer(plain))
    if message.has_digit:
        yield from (_whole(match, today) for match in _YEAR_FIRST.finditer(plain))
        yield from (_swappable(match, today, month_first=False) for match in _YEAR_LAST.finditer(plain))
        yield from (_whole(match, today) for match in _DOTTED.finditer(plain))
    if message.has_digit and "/" in plain:
        yield from (_swappable(match, today, month_first=month_first) for match in _SLASHED.finditer(plain))
    if message.has_digit and loosely:
        yield from (_swappable(match, today, month_first=month_first) for match in _DASHED.finditer(plain))
        for pattern in (_RUN_TOGETHER, _SHORT_YEAR_FIRST, _SPACED):
            yield from (_whole(match, today) for match in pattern.finditer(plain))
    if any(name in plain for name in _MONTHS):
        yield from (_english(match, today) for match in _MONTH_DAY.finditer(plain))
        yield from (_english(match, today) for match in _DAY_MONTH.finditer(plain))
    if "lunar" in plain:
        yield from (_of_lunar_month(match) for match in _OF_LUNAR_MONTH.finditer(plain))


def _chinese(match: re.Match[str], today: date) -> WrittenDay:
    month, day = match["month"], match["day"]
    named = match["calendar"] or match["calendar_inside"]
    says_lunar = match["lunar_after"] is not None or match["leap"] or month in _NAMED_MONTHS or day[0] in "初廿卅"
    calendar = _CALENDARS.get(named, "lunar") if named else ("lunar" if says_lunar else "solar")
    reading = CalendarDay(
        calendar,
        _year(match["year"], today),
        _NAMED_MONTHS.get(month) or to_whole(month) or 0,
        to_whole(day.removeprefix("初")) or 0,
        leap_month=match["leap"] is not None,
    )
    return WrittenDay((reading,), *match.span())


def _whole(match: re.Match[str], today: date) -> WrittenDay:
    year = _year(match["year"], today)
    reading = CalendarDay(_calendar(match), year, int(match["month"]), int(match["day"]))
    return WrittenDay((reading,), *match.span(), form=_FORMS.get(match.re, "plain"))


def _swappable(match: re.Match[str], today: date, *, month_first: bool) -> WrittenDay:
    first, second = int(match["first"]), int(match["second"])
    parts = match.groupdict()
    year = _year(parts.get("year"), today)
    calendar = _calendar(match)
    readings = [CalendarDay(calendar, year, first, second)]
    if first != second and not month_first:
        readings.append(CalendarDay(calendar, year, second, first))
    possible = tuple(reading for reading in readings if reading.problem() is None)
    return WrittenDay(possible or tuple(readings[:1]), *match.span(), form=_FORMS.get(match.re, "plain"))


def _english(match: re.Match[str], today: date) -> WrittenDay:
    month = _MONTHS.index(match["month"][:3]) + 1
    reading = CalendarDay(_calendar(match), _year(match["year"], today), month, _ordinal(match["day"]))
    return WrittenDay((reading,), *match.span())


def _of_lunar_month(match: re.Match[str]) -> WrittenDay:
    leap = match["leap"] is not None
    reading = CalendarDay("lunar", None, _ordinal(match["month"]), _ordinal(match["day"]), leap_month=leap)
    return WrittenDay((reading,), *match.span())


def _calendar(match: re.Match[str]) -> Calendar:
    parts = match.groupdict()
    return "lunar" if parts.get("lunar") or parts.get("lunar_after") else "solar"


def _ordinal(written: str) -> int:
    return _ORDINALS[written] if written in _ORDINALS else int(written.rstrip("stndrh"))


def _year(written: str | None, today: date) -> int | None:
    if not written:
        return None
    if written in _NAMED_YEARS:
        return today.year + _NAMED_YEARS[written]
    if written.startswith("nineteen "):
        return 1900 + (to_whole(written.removeprefix("nineteen ")) or 0)
    value = to_whole(written.removeprefix("'"))
    if value is None or value >= 100:
        return value
    # 90年 is 1990 and 05年 is 2005: two digits never mean a year that has not come.
    return value + (2000 if value <= today.year % 100 else 1900)
