"""Whether a birthday is a day of its calendar."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from lunar_python import LunarMonth

from crm_store.customers import Birthday

CALENDARS = ("solar", "lunar")
FEB29 = ("feb28", "mar1")
"""When somebody born on 29 February keeps their birthday in other years, by their own rule."""
EARLIEST_YEAR = 1850
LONGEST_LUNAR_MONTH = 30
_A_LEAP_YEAR = 2000


def check_birthday(birthday: Birthday) -> None:
    """Let a birthday pass that is a day of its calendar; the year may be unknown.

    Raises:
        ValueError: it is none; the text names the mend.
    """
    if birthday.calendar not in CALENDARS:
        raise ValueError(f"a birthday's calendar is one of {', '.join(CALENDARS)}")
    if birthday.year is not None and birthday.year < EARLIEST_YEAR:
        raise ValueError(f"nobody of today was born before {EARLIEST_YEAR}; leave the year out where it is not known")
    if birthday.calendar == "lunar":
        longest = LONGEST_LUNAR_MONTH if 1 <= birthday.month <= 12 else 0
        if longest and birthday.year is not None:
            longest = days_of_lunar_month(birthday.year, -birthday.month if birthday.leap_month else birthday.month)
            if not longest:
                raise ValueError("that lunar year had no such leap month; say that the month was a regular one")
        if not 1 <= birthday.day <= longest:
            raise ValueError("the birthday is no day of the lunar calendar; correct its month and day")
    elif birthday.leap_month:
        raise ValueError("only a lunar month is a leap month; say that the birthday is lunar")
    elif not is_solar_day(birthday.year or _A_LEAP_YEAR, birthday.month, birthday.day):
        raise ValueError("the birthday is no day of the calendar; correct its month and day")


def is_leap_day(birthday: Birthday) -> bool:
    """Return whether most years have no such day: its owner's own rule says when it is kept in those."""
    return (birthday.calendar, birthday.month, birthday.day) == ("solar", 2, 29)


def is_solar_day(year: int, month: int, day: int) -> bool:
    """Return whether there is such a day."""
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=4096)
def days_of_lunar_month(year: int, month: int) -> int:
    """Return how many days a lunar month had, 0 where there was none; a leap month is negative."""
    # Reckoning a lunar year takes 3 ms, and customers share their years.
    found = LunarMonth.fromYm(year, month)
    return int(found.getDayCount()) if found else 0
