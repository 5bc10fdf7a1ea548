"""The public holidays of mainland China, and the days on which the country works instead.

The State Council names both for a year in the November before it; lunar-python keeps
them. Where a year is not named yet, the days that the law itself sets stand in
(全国年节及纪念日放假办法, as in force since 2025): weekends stay as they are, and
nothing is worked instead.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

from lunar_python import Lunar, LunarYear
from lunar_python.util import HolidayUtil

_NOON_JULIAN_TO_ORDINAL = 1_721_425
_CLEAR_AND_BRIGHT = tuple(Lunar.JIE_QI_IN_USE).index("清明")


def published(year: int) -> bool:
    """Return whether the public holidays of ``year`` have been named, and reached us."""
    return bool(HolidayUtil.getHolidays(year))


def works(day: date) -> bool | None:
    """Return False on a public holiday, True on a day that is worked instead of one, None on any other day."""
    return _year(day.year).get(day)


@lru_cache(maxsize=64)
def _year(year: int) -> dict[date, bool]:
    named = {date.fromisoformat(one.getDay()): bool(one.isWork()) for one in HolidayUtil.getHolidays(year)}
    return named or dict.fromkeys(statutory(year), False)


def statutory(year: int) -> frozenset[date]:
    """Return the holidays that the law sets for ``year``, 13 days unless two fall on one."""
    days = {date(year, month, day) for month, day in ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))}
    # A year made here is ours alone; the library's own cache holds one for the whole process.
    lunar = LunarYear(year)
    first = {month.getMonth(): _date(month.getFirstJulianDay()) for month in lunar.getMonthsInYear()}
    new_year = first[1]
    days |= {new_year + timedelta(days=offset) for offset in (-1, 0, 1, 2)}
    days |= {first[5] + timedelta(days=4), first[8] + timedelta(days=14)}
    days.add(_date(lunar.getJieQiJulianDays()[_CLEAR_AND_BRIGHT]))
    return frozenset(days)


def _date(julian: float) -> date:
    # A Julian day begins at noon, and these are by the clock of Beijing.
    return date.fromordinal(int(julian + 0.5) - _NOON_JULIAN_TO_ORDINAL)
