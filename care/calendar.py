"""Days and moments: when a birthday comes, and when a local time is, in any zone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import structlog

from crm_store.birthday_dates import kept_on, lunar_months
from crm_store.customers import Birthday

log = structlog.get_logger(__name__)

WIDEST_OFFSET = timedelta(hours=16)
"""No zone ever stood further from UTC (Manila before 1844: almost 16 hours)."""
A_MISSING_DAY = timedelta(hours=25)
"""How much later a time can come because its date, or hour, does not exist there."""


@dataclass(frozen=True, slots=True)
class Days:
    """Days ``first`` to ``last`` of the months with this number, in the solar or the lunar calendar."""

    calendar: str
    month: int
    first: int
    last: int


@lru_cache(maxsize=1024)
def zone_named(name: str | None, fallback: str) -> ZoneInfo:
    """Return the customer's zone, or the shop's where they have none, or one that does not exist."""
    if name:
        try:
            return ZoneInfo(name)
        except (OSError, ValueError, KeyError):  # a folder, a path outside, an unknown name
            log.warning("care.unknown_zone", fallback=fallback)
    return ZoneInfo(fallback)


def moment_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return when ``zone`` shows this date and time, in UTC.

    What comes twice (clocks put back) is its first time. A time that does not exist
    there is the next that does; for a date that does not exist (Apia, 2011-12-30)
    it is the same time on the next date.
    """
    wall = datetime.combine(day, at)
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    # In a gap, fold=1 reads the time by the new offset: that lies before the gap.
    gap_end = _end_of_gap(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), moment, zone)
    before, after = (gap_end - timedelta(seconds=1)).astimezone(zone), gap_end.astimezone(zone)
    if before.date() < day < after.date():
        return moment_of(day + timedelta(days=1), at, zone)
    return gap_end


def _end_of_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    old = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


def birthday_moments(
    birthday: Birthday, *, at: time, zone: ZoneInfo, since: datetime, until: datetime, on_1_march: bool = False
) -> Iterator[tuple[int, date, datetime]]:
    """Yield (year, date, moment) of each birthday whose moment lies in (since, until]."""
    first, last = dates_near(since, until, at)
    for year in range(first.year - 1, last.year + 1):  # a lunar year ends in the next solar one
        day = kept_on(birthday, year, on_1_march=on_1_march)
        if day is not None and first <= day <= last and since < (moment := moment_of(day, at, zone)) <= until:
            yield year, day, moment


def dates_near(since: datetime, until: datetime, at: time) -> tuple[date, date]:
    """Return the first and last date whose time ``at`` can lie in (since, until] in some zone."""
    time_of_day = timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)
    first = since.astimezone(UTC) - WIDEST_OFFSET - A_MISSING_DAY - time_of_day
    last = until.astimezone(UTC) + WIDEST_OFFSET - time_of_day
    return first.date(), last.date()


def birthdays_near(first: date, last: date) -> list[Days]:
    """Return which birthdays can be kept from ``first`` to ``last``; a few too many, never too few."""
    if last - first > timedelta(days=385):  # longer than any lunar year: all of them
        return [Days(calendar, month, 1, 31) for calendar in ("solar", "lunar") for month in range(1, 13)]
    found = {Days("lunar", *piece) for piece in _lunar_pieces(first, last)}
    day = first
    while day <= last:
        next_month = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        ends = 31 if next_month <= last + timedelta(days=1) else last.day
        found.add(Days("solar", day.month, day.day, ends))
        if day.month == 3 and day.day == 1:
            found.add(Days("solar", 2, 29, 29))
        if day.month == 2 and day.day <= 28 <= ends:
            found.add(Days("solar", 2, 29, 29))
        day = next_month
    return sorted(found, key=lambda days: (days.calendar, days.month, days.first))


def _lunar_pieces(first: date, last: date) -> Iterator[tuple[int, int, int]]:
    for year in range(first.year - 1, last.year + 1):
        for month in lunar_months(year):
            begins, ends = (first - month.first).days + 1, (last - month.first).days + 1
            if begins <= month.days and ends >= 1:
                yield month.number, max(begins, 1), 30 if ends >= month.days else ends
