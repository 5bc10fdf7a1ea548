"""When and how often the shop speaks first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta


@dataclass(frozen=True, slots=True)
class CareSettings:
    """The shop's ways with care; times of day are the customer's own."""

    zone: str = "Asia/Shanghai"
    """IANA name of the zone of customers who have none on file."""
    language: str = "zh"
    """``zh`` or ``en``, for customers whose language is not known."""
    care_at: time = time(10)
    """When a rule speaks that names no time itself."""
    quiet_from: time = time(21)
    quiet_until: time = time(9)
    """Between these two nothing is sent; may span midnight; equal ones mean no quiet hours."""
    most_a_day: int = 1
    most_a_month: int = 4
    """How many care and marketing messages a customer gets in a calendar day and month of theirs."""
    late_after: timedelta = timedelta(hours=12)
    """What could not be sent for so long is not sent at all; a birthday has until midnight."""
    sweep_every: timedelta = timedelta(seconds=30)

    def is_quiet(self, local: time) -> bool:
        """Return whether a time of day lies in the quiet hours."""
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= local < self.quiet_until
        return local >= self.quiet_from or local < self.quiet_until
