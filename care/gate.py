"""The gate: whether something may be said to a customer now, decided from plain facts.

Everything is looked at, also after the first "no", so that the record shows it all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from care.settings import CareSettings
from crm_store.conversations import BOT
from crm_store.windows import Shut

SkipReason = Literal[
    "no_consent", "quiet_hours", "cap", "unreachable", "window_closed", "budget", "holdout", "open_complaint",
    "sensitive", "duplicate", "late",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """What the gate looks at."""

    customer_id: str
    rule: str
    due_at: datetime
    zone: ZoneInfo
    consent: Mapping[str, bool]
    """Purpose → the customer's word."""
    open_tickets: bool
    owner: str
    """Who speaks for the shop with this customer: ``bot``, ``queue`` or ``agent:NAME``."""
    reachable: bool
    """Whether any of the customer's identities can be written to."""
    sends: tuple[datetime, ...]
    """When care and marketing messages went out to the customer, this month at least."""
    shut: Shut | None = None
    """Why the platform takes nothing more for the customer before they write again; None where it does."""
    own_day: bool = False
    """The message belongs to its local day (a birthday), and is late when that is over."""
    holdout: float = 0.0


@dataclass(frozen=True, slots=True)
class Gate:
    """One thing that was checked: ``reason`` is what a "no" is called, ``value`` what was seen."""

    reason: SkipReason
    passed: bool
    value: Any


@dataclass(frozen=True, slots=True)
class Verdict:
    """May it be said? ``reason`` is the first gate that says no."""

    allowed: bool
    reason: SkipReason | None
    gates: tuple[Gate, ...]

    def as_json(self) -> list[dict[str, Any]]:
        """Return the gates for the record."""
        return [{"gate": gate.reason, "passed": gate.passed, "value": gate.value} for gate in self.gates]


def judge(facts: Facts, purpose: str, now: datetime, settings: CareSettings) -> Verdict:
    """Say whether a message of this purpose may go to the customer at ``now``, and why.

    The holdout comes last: only somebody who would have been written to can be
    compared with those who were.
    """
    gates = (
        _in_time(facts, now, settings),
        Gate("no_consent", facts.consent[purpose], facts.consent[purpose]),
        _no_open_matter(facts, purpose),
        Gate("unreachable", facts.reachable, facts.reachable),
        Gate("window_closed", facts.shut != "window_closed", facts.shut != "window_closed"),
        Gate("budget", facts.shut != "budget", facts.shut != "budget"),
        _within_caps(facts, purpose, now, settings),
        _not_quiet(facts, now, settings),
        _not_held_out(facts),
    )
    reason = next((gate.reason for gate in gates if not gate.passed), None)
    return Verdict(reason is None, reason, gates)


def _in_time(facts: Facts, now: datetime, settings: CareSettings) -> Gate:
    if facts.own_day:
        passed = now.astimezone(facts.zone).date() == facts.due_at.astimezone(facts.zone).date()
    else:
        passed = now - facts.due_at <= settings.late_after
    return Gate("late", passed, {"due_at": facts.due_at.isoformat()})


def _no_open_matter(facts: Facts, purpose: str) -> Gate:
    # A greeting in the middle of a quarrel offends; the follow-up of a solved complaint
    # does not, even where another is open. While people speak with the customer, all else is silent.
    passed = facts.owner == BOT and (purpose == "service" or not facts.open_tickets)
    return Gate("open_complaint", passed, {"open_tickets": facts.open_tickets, "owner": facts.owner})


def _within_caps(facts: Facts, purpose: str, now: datetime, settings: CareSettings) -> Gate:
    today = now.astimezone(facts.zone).date()
    days = [sent.astimezone(facts.zone).date() for sent in facts.sends]
    day = days.count(today)
    month = sum((each.year, each.month) == (today.year, today.month) for each in days)
    within = day < settings.most_a_day and month < settings.most_a_month
    return Gate("cap", purpose == "service" or within, {"today": day, "this_month": month})


def _not_quiet(facts: Facts, now: datetime, settings: CareSettings) -> Gate:
    local = now.astimezone(facts.zone)
    return Gate("quiet_hours", not settings.is_quiet(local.time()), {"local": local.strftime("%H:%M")})


def _not_held_out(facts: Facts) -> Gate:
    # The same customer stays in or out of a rule's holdout for ever.
    digest = hashlib.sha256(f"{facts.rule}\0{facts.customer_id}".encode()).digest()
    drawn = int.from_bytes(digest[:8]) / 2**64
    return Gate("holdout", drawn >= facts.holdout, {"share": facts.holdout})
