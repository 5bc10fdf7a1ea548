"""A day of the solar or the lunar calendar, with or without its year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Literal

from lunar_python import LunarYear

Calendar = Literal["solar", "lunar"]
Tense = Literal["past", "future"]

NO_SUCH_DAY = "no_such_day"
NO_SUCH_LEAP_MONTH = "no_such_leap_month"

# Between 1800 and 2200 the lunar calendar repeats each of the months 2 to 11, never the 1st nor the 12th.
_LEAP_MONTHS = range(2, 12)
_LUNAR_MONTH_DAYS = 30
# Days are counted from noon there, ours from the first of January of the year 1.
_JULIAN_DAY_OF_ORDINAL_0 = 1_721_425
_KNOWN_YEARS = range(1800, 2201)


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """``year`` is None where none was written; a lunar day's year is the lunar year."""

    calendar: Calendar
    year: int | None
    month: int
    day: int
    leap_month: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "calendar": self.calendar,
            "year": self.year,
            "month": self.month,
            "day": self.day,
            "leap_month": self.leap_month,
        }

    def problem(self) -> str | None:
        """Return why there is no such day, or None where there is one."""
        if not 1 <= self.month <= 12 or (self.year is not None and self.year not in _KNOWN_YEARS):
            return NO_SUCH_DAY
        if self.calendar == "lunar":
            return _lunar_problem(self.year, self.month, self.day, self.leap_month)
        # Without a year it may be the 29th of February, so it is tried in a leap year.
        return None if is_solar_day(self.year or 2000, self.month, self.day) else NO_SUCH_DAY

    def nearest(self, today: date, tense: Tense | None = None) -> date | None:
        """Return the solar date meant by somebody who says this on ``today``, None where there is none.

        Without a year, that is the nearest of ``tense``, or in time: a customer in January who speaks
        of December bought something then, one in December who speaks of January wants it then.
        """
        years = (self.year,) if self.year is not None else (today.year - 1, today.year, today.year + 1)
        days = [day for year in years if (day := self._solar(year))]
        return nearest_day(days, today, None if self.year else tense)

    def _solar(self, year: int) -> date | None:
        if CalendarDay(self.calendar, year, self.month, self.day, self.leap_month).problem():
            return None
        if self.calendar == "solar":
            return date(year, self.month, self.day)
        return lunar_day(year, self.month, self.day, leap_month=self.leap_month)


def nearest_day(days: Sequence[date], today: date, tense: Tense | None) -> date | None:
    """Return the day nearest to ``today``, of those before or after it where ``tense`` says so and there are any."""
    fitting = [day for day in days if tense is None or (day <= today if tense == "past" else day >= today)]
    return min(fitting or days, key=lambda day: (abs(day - today), day < today), default=None)


def lunar_day(year: int, month: int, day: int, *, leap_month: bool = False) -> date:
    """Return the solar date of a day of a lunar year; there has to be such a day."""
    return _lunar_months(year)[month, leap_month].first + timedelta(days=day - 1)


def is_solar_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def add_months(day: date, months: int) -> date:
    """Return the same day ``months`` later, or the last of that month where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last_of_month = (date(year, month + 1, 28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return last_of_month.replace(day=min(day.day, last_of_month.day))


@lru_cache(maxsize=4_096)
def _lunar_problem(year: int | None, month: int, day: int, leap_month: bool) -> str | None:
    if not 1 <= day <= _LUNAR_MONTH_DAYS:
        return NO_SUCH_DAY
    if year is None:
        return NO_SUCH_LEAP_MONTH if leap_month and month not in _LEAP_MONTHS else None
    lunar_month = _lunar_months(year).get((month, leap_month))
    if lunar_month is None:
        return NO_SUCH_LEAP_MONTH
    return None if day <= lunar_month.days else NO_SUCH_DAY


@dataclass(frozen=True, slots=True)
class _LunarMonth:
    first: date
    days: int


@lru_cache(maxsize=512)
def _lunar_months(year: int) -> dict[tuple[int, bool], _LunarMonth]:
    """Return the months of a lunar year by number and whether they are leap months.

    Reckoning them takes milliseconds, so it is done once a year.
    """
    return {
        (abs(month.getMonth()), month.getMonth() < 0): _LunarMonth(
            date.fromordinal(round(month.getFirstJulianDay() - _JULIAN_DAY_OF_ORDINAL_0)), month.getDayCount()
        )
        for month in LunarYear.fromYear(year).getMonths()
        if month.getYear() == year
    }
