"""How long a ticket took: read from its steps, so that time after a first, wrong, "resolved" counts as well."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from crm_store import history
from crm_store.desk_hours import DeskHours

STEPS = ("ticket.opened", "ticket.updated", "ticket.resolved", "ticket.closed", "ticket.reopened")
"""What the history tells of a ticket."""
_OPENING = ("ticket.opened", "ticket.reopened")
_ENDING = ("ticket.resolved", "ticket.closed")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch in which the ticket was open; ``until`` is None where it still is."""

    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Took:
    """How long a ticket was open, all its stretches together."""

    clock: timedelta
    working: timedelta
    """Of that, within the desk's hours."""


def steps(conn: Connection, customer_id: str, number: str) -> list[Any]:
    """Return the steps of a ticket as the history has them, the first first."""
    theirs = [one for one in history.backwards(conn, customer_id, *STEPS) if (one.data or {}).get("number") == number]
    return theirs[::-1]


def spans(steps: Iterable[Any]) -> list[Span]:
    """Return the stretches in which a ticket was open, from its steps in order."""
    found: list[Span] = []
    for step in steps:
        running = bool(found) and found[-1].until is None
        if step.kind in _OPENING and not running:
            found.append(Span(step.at, None))
        elif step.kind in _ENDING and running:
            found[-1] = Span(found[-1].since, step.at)
    return found


def took(steps: Iterable[Any], desk: DeskHours, *, now: datetime) -> Took:
    """Return how long a ticket with these steps was open, up to ``now`` where it still is."""
    stretches = [(span.since, span.until or now) for span in spans(steps)]
    return Took(
        sum((until - since for since, until in stretches), timedelta(0)),
        sum((desk.worked(since, until) for since, until in stretches), timedelta(0)),
    )
