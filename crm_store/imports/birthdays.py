"""Birthdays in a list: YYYY-MM-DD, or --MM-DD where the year is not known, solar or lunar."""

from __future__ import annotations

import re

from crm_store.birthdays import EARLIEST_YEAR, LONGEST_LUNAR_MONTH, days_of_lunar_month, is_solar_day
from crm_store.customers import Birthday
from crm_store.imports.cells import Cells
from crm_store.imports.outcomes import RowRefused

_WRITTEN = re.compile(r"(?:([0-9]{4})|-)-([0-9]{2})-([0-9]{2})")
_A_LEAP_YEAR = 2000
_EXAMPLE = "write one such as 1990-06-02, or --06-02 without the year"


def read_birthday(cells: Cells) -> Birthday | None:
    """Return the birthday of a customer's row, checked against its calendar.

    Raises:
        RowRefused: it is written otherwise, or there is no such day.
    """
    text = cells.text("birthday")
    if text is None:
        return None
    calendar = cells.one_of("birthday_calendar", ("solar", "lunar")) or "solar"
    leap_month = cells.flag("birthday_leap") or False
    year, month, day = _parts(cells, text)
    if year is not None and not EARLIEST_YEAR <= year <= cells.now.year:
        raise RowRefused("birthday", "has a year that nobody of today was born in", _EXAMPLE)
    if calendar == "lunar":
        _check_lunar(year, month, day, leap_month)
    elif leap_month:
        raise RowRefused("birthday_leap", "is set for a solar day", "only a lunar month is a leap month; write 0")
    elif not is_solar_day(year or _A_LEAP_YEAR, month, day):
        raise RowRefused("birthday", "is no day of the calendar", _EXAMPLE)
    return Birthday(month, day, year, calendar, leap_month)


def _parts(cells: Cells, text: str) -> tuple[int | None, int, int]:
    found = _WRITTEN.fullmatch(text)
    if found is not None and (cells.settings.date_format is None or found[1] is None):
        return int(found[1]) if found[1] else None, int(found[2]), int(found[3])
    try:
        if cells.settings.date_format is not None:
            day = cells.written(text)
            return day.year, day.month, day.day
    except ValueError:
        raise RowRefused("birthday", "is no day", f"write it as {cells.settings.date_format}") from None
    raise RowRefused("birthday", "is no day", _EXAMPLE)


def _check_lunar(year: int | None, month: int, day: int, leap_month: bool) -> None:
    longest = LONGEST_LUNAR_MONTH if 1 <= month <= 12 else 0
    if longest and year is not None:
        longest = days_of_lunar_month(year, -month if leap_month else month)
        if not longest:
            raise RowRefused(
                "birthday_leap", "that lunar year had no such leap month", "write 0 where the month was a regular one"
            )
    if not 1 <= day <= longest:
        raise RowRefused("birthday", "is no day of the lunar calendar", _EXAMPLE)
