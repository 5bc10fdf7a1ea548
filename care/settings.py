"""When and how often the shop speaks first."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, ConfigDict, Field
from pydantic.dataclasses import dataclass


def _is_zone(zone: str) -> str:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as exc:
        raise ValueError("is no time zone; write one such as Asia/Shanghai") from exc
    return zone


def _has_no_zone(local: time) -> time:
    if local.tzinfo is not None:
        raise ValueError('is the customer\'s own time of day; write one such as "10:00", without a zone')
    return local


LocalTime = Annotated[time, AfterValidator(_has_no_zone)]


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class CareSettings:
    """The shop's ways with care; times of day are the customer's own."""

    zone: Annotated[str, AfterValidator(_is_zone)] = "Asia/Shanghai"
    """IANA name of the zone of customers who have none on file."""
    language: Literal["zh", "en"] = "zh"
    """``zh`` or ``en``, for customers whose language is not known."""
    care_at: LocalTime = time(10)
    """When a rule speaks that names no time itself."""
    quiet_from: LocalTime = time(21)
    quiet_until: LocalTime = time(9)
    """Between these two nothing is sent; may span midnight; equal ones mean no quiet hours."""
    most_a_day: int = Field(default=1, ge=0)
    most_a_month: int = Field(default=4, ge=0)
    """How many care and marketing messages a customer gets in a calendar day and month of theirs."""
    late_after: timedelta = Field(default=timedelta(hours=12), gt=timedelta(0))
    """What could not be sent for so long is not sent at all; a birthday has until midnight."""
    promise_reminded_before: timedelta = Field(default=timedelta(hours=4), gt=timedelta(0))
    """How long before a promise is due its owner is reminded…"""
    promise_told_before: timedelta = Field(default=timedelta(hours=2), gt=timedelta(0))
    """…and the customer told that it may be late."""
    sweep_every: timedelta = Field(default=timedelta(seconds=30), gt=timedelta(0))

    def is_quiet(self, local: time) -> bool:
        """Return whether a time of day lies in the quiet hours."""
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= local < self.quiet_until
        return local >= self.quiet_from or local < self.quiet_until
