"""How far people come on a way of several steps: each step that somebody reaches is kept, and counted."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from crm_store import history as histories
from crm_store.history import history

STEP = "funnel.step"
_STEPS = (
    select(history.c.customer_id, history.c.data)
    .where(history.c.kind == STEP, history.c.at >= bindparam("since"), history.c.at < bindparam("until"))
    .order_by(history.c.at, history.c.id)
)


@dataclass(frozen=True, slots=True)
class Reached:
    """How many customers came to a step; ``share`` of those who began, 0 to 1."""

    step: str
    customers: int
    share: float


def reach(
    conn: Connection, customer_id: str, funnel: str, step: str, *, now: datetime, conversation_id: str | None = None,
    channel: str | None = None,
) -> None:  # fmt: skip
    """Keep that a customer has come to a step."""
    histories.record(
        conn, at=now, kind=STEP, by="bot", customer_id=customer_id, conversation_id=conversation_id, channel=channel,
        data={"funnel": funnel, "step": step},
    )  # fmt: skip


def reached(
    conn: Connection, funnel: str, steps: tuple[str, ...], *, since: datetime, until: datetime
) -> list[Reached]:
    """Return how many customers reached each of the ``steps`` in [since, until), in their order.

    Each counts once a step, however often they came by.
    """
    found: dict[str, set[Any]] = defaultdict(set)
    for row in conn.execute(_STEPS, {"since": since, "until": until}):
        if row.data["funnel"] == funnel:
            found[row.data["step"]].add(row.customer_id)
    begun = len(found[steps[0]])
    return [
        Reached(step, len(found[step]), round(len(found[step]) / begun, 4) if begun else 0.0) for step in steps
    ]  # fmt: skip
