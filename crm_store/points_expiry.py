"""Points expire: the clock writes it down, once, at the moment at which it was true.

A lot that has expired can no more be spent, whoever asks and whenever the clock comes
by; the entry is for the books and for the customer, who sees what became of the points.
"""

from __future__ import annotations

from datetime import datetime
from itertools import groupby

from sqlalchemy import Connection, bindparam, func, select, text

from crm_store import customers, points
from crm_store.points import Move, lots

_LEFT = text("points_lots.remaining > 0")
_DEAD = (
    select(lots)
    .where(lots.c.customer_id == bindparam("customer_id"), _LEFT, lots.c.expires_at <= bindparam("now"))
    .order_by(lots.c.expires_at, lots.c.earned_at, lots.c.id)
)
_DUE = (
    select(lots.c.customer_id)
    .where(_LEFT, lots.c.expires_at <= bindparam("now"))
    .order_by(lots.c.expires_at, lots.c.customer_id)
    .limit(bindparam("most"))
)
_NEXT = select(func.min(lots.c.expires_at)).where(_LEFT, lots.c.expires_at > bindparam("after"))


def due(conn: Connection, now: datetime, *, most: int) -> list[str]:
    """Return customers with points that have expired and are not written off; of ``most`` lots, the oldest first."""
    found = conn.execute(_DUE, {"now": now, "most": most}).scalars()
    return list(dict.fromkeys(found))


def next_moment(conn: Connection, after: datetime) -> datetime | None:
    """Return when, later than ``after``, points expire next, or None."""
    moment: datetime | None = conn.execute(_NEXT, {"after": after}).scalar_one()
    return moment


def expire(conn: Connection, customer_id: str, now: datetime) -> int:
    """Write off what has expired of a customer's points by ``now``; return how many.

    Points that ended together are told as one ``points.expired``, at that moment and
    with the balance that it left.
    """
    customers.hold(conn, customer_id)
    rows = conn.execute(_DEAD, {"customer_id": customer_id, "now": now}).all()
    for at, together in groupby(rows, key=lambda row: row.expires_at):
        moves = [Move(row.id, -row.remaining) for row in together]
        points.move(conn, customer_id, moves, "expired", at=at, reason=None, reference=None, by="system")
    return sum(row.remaining for row in rows)
