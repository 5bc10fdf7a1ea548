"""On which date a birthday is kept in a year, by the sun or by the moon.

Lunar days follow the custom: day 30 of a short month is kept on the 29th, a leap
month that the year does not have in the regular one, and whoever was born in a
regular month keeps that one only.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from lunar_python import LunarYear

from crm_store.customers import Birthday

_NOON_JULIAN_TO_ORDINAL = 1_721_425


class LunarMonth(NamedTuple):
    """A month of a lunar year; ``days`` is 29 or 30."""

    number: int
    leap: bool
    first: date
    days: int


def kept_on(birthday: Birthday, year: int, *, on_1_march: bool = False) -> date | None:
    """Return the date on which a birthday is kept in a year (a lunar one: in that lunar year).

    None where the birthday is no day of its calendar. 29 February is kept on the
    28th in other years, or on 1 March by its owner's wish.
    """
    if birthday.calendar == "lunar":
        return _lunar_kept_on(birthday, year)
    try:
        return date(year, birthday.month, birthday.day)
    except ValueError:
        if (birthday.month, birthday.day) != (2, 29):
            return None
        return date(year, 3, 1) if on_1_march else date(year, 2, 28)


@lru_cache(maxsize=256)
def lunar_months(year: int) -> tuple[LunarMonth, ...]:
    """Return the 12 or 13 months of a lunar year, in their order."""
    # The library's own cache holds one year for the whole process; a year made here is ours alone.
    return tuple(
        LunarMonth(
            abs(month.getMonth()),
            month.getMonth() < 0,
            date.fromordinal(int(month.getFirstJulianDay()) - _NOON_JULIAN_TO_ORDINAL),
            month.getDayCount(),
        )
        for month in LunarYear(year).getMonthsInYear()
    )


def _lunar_kept_on(birthday: Birthday, year: int) -> date | None:
    same = [month for month in lunar_months(year) if month.number == birthday.month]
    if not same or not 1 <= birthday.day <= 30:
        return None
    month = next((month for month in same if month.leap == birthday.leap_month), same[0])
    return month.first + timedelta(days=min(birthday.day, month.days) - 1)
