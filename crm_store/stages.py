"""How far a customer's relationship with the shop has come: lifecycle stages and the steps between them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from crm_store import customers, history
from crm_store.errors import NotAllowed

STEPS: Mapping[str | None, tuple[str, ...]] = {
    None: ("prospect", "new", "active", "loyal", "at_risk", "dormant", "lost"),
    "prospect": ("new", "lost"),
    "new": ("active", "at_risk", "lost"),
    "active": ("loyal", "at_risk", "lost"),
    "loyal": ("active", "at_risk", "lost"),
    "at_risk": ("active", "loyal", "dormant", "lost"),
    "dormant": ("won_back", "lost"),
    "lost": ("won_back",),
    "won_back": ("active", "at_risk", "lost"),
}
"""To which stages a customer can go from where they stand; from none yet, to any but the last."""
STAGES = tuple(stage for stage in STEPS if stage is not None)


def next_of(stage: str | None) -> tuple[str, ...]:
    """Return to where a customer can go from a stage; from one that came with a list and is none of ours, anywhere."""
    return STEPS.get(stage, STEPS[None])


def move(conn: Connection, customer_id: str, to: str, *, why: str | None, now: datetime, by: str) -> bool:
    """Bring a customer to a stage, and record who did it and why; return whether they were elsewhere.

    Raises:
        LookupError: there is no such customer.
        NotAllowed: that stage does not follow from where they stand; the text names those that do.
    """
    customers.hold(conn, customer_id)
    row = customers.by_id(conn, customer_id)
    if row is None:
        raise LookupError("there is no such customer")
    if row.stage == to:
        return False
    allowed = next_of(row.stage)
    if to not in allowed:
        raise NotAllowed(
            f"a customer cannot go from {row.stage or 'no stage'} to {to}; from there to {', '.join(allowed)}",
            code="no_such_step", from_=row.stage, to=to, allowed=allowed,
        )  # fmt: skip
    customers.change(conn, customer_id, stage=to)
    data = {"field": "stage", "from": row.stage, "to": to, "why": why}
    history.record(conn, at=now, kind="profile.changed", by=by, customer_id=customer_id, data=data)
    return True
