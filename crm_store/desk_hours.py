"""When people are at the desk, and when they are back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class DeskHours:
    """The hours in which the shop's people answer, in the shop's zone; ``days`` are 0 for Monday to 6.

    ``closes`` 00:00 is midnight, the end of the day.
    """

    zone: ZoneInfo
    opens: time
    closes: time
    days: frozenset[int]

    def staffed(self, now: datetime) -> bool:
        """Return whether somebody is there."""
        local = now.astimezone(self.zone)
        open_still = local.time() < self.closes or self.closes == time(0)
        return local.weekday() in self.days and self.opens <= local.time() and open_still

    def back_at(self, now: datetime) -> datetime | None:
        """Return when somebody is there again; None where somebody is there now."""
        if self.staffed(now):
            return None
        local = now.astimezone(self.zone)
        for ahead in range(8):
            day = local.date() + timedelta(days=ahead)
            opening = datetime.combine(day, self.opens, self.zone)
            if day.weekday() in self.days and opening > now:
                return opening
        raise ValueError("the desk has no opening hours at all; set desk.days in config.yml")

    def closing(self, opening: datetime) -> datetime:
        """Return when the desk closes that opened at ``opening``."""
        day = opening.astimezone(self.zone).date()
        if self.closes == time(0):
            return datetime.combine(day + timedelta(days=1), time(0), self.zone)
        return datetime.combine(day, self.closes, self.zone)
