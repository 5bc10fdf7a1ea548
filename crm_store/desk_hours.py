"""When people are at the desk, when they are back, and how soon they answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

ANSWER_DUE: Mapping[str, timedelta] = MappingProxyType(
    {
        "urgent": timedelta(hours=2),
        "high": timedelta(hours=8),
        "normal": timedelta(hours=24),
        "low": timedelta(hours=72),
    }
)
"""How soon a person answers, by priority, where the shop sets nothing else."""

_A_DAY = timedelta(days=1)
_LONGEST_CLOSED = 400
"""Days that are looked at for the next opening: a whole year and more."""


@dataclass(frozen=True, slots=True)
class AnswerTimes:
    """How soon a person answers: by priority, and by the tier of who asks."""

    within: Mapping[str, timedelta] = ANSWER_DUE
    shares: Mapping[str, float] = field(default_factory=dict)
    """Tier → which share of that time, more than 0 and at most 1; tiers without one wait the whole of it."""

    def of(self, priority: str, tier: str | None) -> tuple[timedelta, ...]:
        """Return how long a matter of ``priority`` may wait, and how long it may for all who wait longer."""
        share = self.shares.get(tier or "", 1.0)
        return tuple(
            self.within[priority] * each for each in sorted({share, *self.shares.values(), 1.0}) if each >= share
        )


@dataclass(frozen=True, slots=True)
class DeskHours:
    """The hours in which the shop's people answer, in the shop's zone; ``days`` are 0 for Monday to 6.

    ``closes`` 00:00 is midnight, the end of the day. What ``calendar`` says of a day
    (`crm_store.holidays.works`) comes before the day of the week, and ``closed_on``
    before both.
    """

    zone: ZoneInfo
    opens: time
    closes: time
    days: frozenset[int]
    calendar: Callable[[date], bool | None] | None = None
    closed_on: frozenset[date] = frozenset()
    answers: AnswerTimes = AnswerTimes()

    def is_open(self, day: date) -> bool:
        """Return whether anybody is there on a day, in the shop's zone."""
        if day in self.closed_on:
            return False
        worked = self.calendar(day) if self.calendar is not None else None
        return day.weekday() in self.days if worked is None else worked

    def staffed(self, now: datetime) -> bool:
        """Return whether somebody is there."""
        local = now.astimezone(self.zone)
        open_still = local.time() < self.closes or self.closes == time(0)
        return self.opens <= local.time() and open_still and self.is_open(local.date())

    def back_at(self, now: datetime) -> datetime | None:
        """Return when somebody is there again; None where somebody is there now."""
        if self.staffed(now):
            return None
        local = now.astimezone(self.zone)
        for ahead in range(_LONGEST_CLOSED):
            day = local.date() + timedelta(days=ahead)
            opening = datetime.combine(day, self.opens, self.zone)
            if self.is_open(day) and opening > now:
                return opening
        raise ValueError("the desk has no opening hours at all; set desk.days in config.yml")

    def closing(self, opening: datetime) -> datetime:
        """Return when the desk closes that opened at ``opening``."""
        return self._closing_of(opening.astimezone(self.zone).date())

    def worked(self, since: datetime, until: datetime) -> timedelta:
        """Return how much of the time between two moments lay within the desk's hours."""
        worked = timedelta(0)
        day, last = since.astimezone(self.zone).date(), until.astimezone(self.zone).date()
        while day <= last:
            if self.is_open(day):
                # In UTC: within one zone Python subtracts what the walls show, not what passes.
                begins = max(datetime.combine(day, self.opens, self.zone), since).astimezone(UTC)
                ends = min(self._closing_of(day), until).astimezone(UTC)
                worked += max(ends - begins, timedelta(0))
            day += _A_DAY
        return worked

    def _closing_of(self, day: date) -> datetime:
        if self.closes == time(0):
            return datetime.combine(day + _A_DAY, time(0), self.zone)
        return datetime.combine(day, self.closes, self.zone)
