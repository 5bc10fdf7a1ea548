"""Points that were spent come back: into the very lots that they were taken from.

What was drawn last comes back first, so that a spend refunded in part leaves what a
smaller spend would have left. A lot keeps its end; where that has passed meanwhile, its
points come back as a lot of their own that is good for a time of grace, since nobody
can spend what has expired before they get it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from crm_store import customers, points
from crm_store.errors import NotAllowed
from crm_store.points import Move, entries, lots
from crm_store.ports import Ids

GRACE = timedelta(days=30)
"""Unless the shop says otherwise (`points.grace`)."""

_back = entries.alias("back")
_SPENT = (
    select(
        entries.c.id,
        lots.c.id.label("lot_id"),
        lots.c.expires_at,
        lots.c.side,
        (
            -entries.c.points
            - func.coalesce(
                select(func.sum(_back.c.points)).where(_back.c.undoes == entries.c.id).scalar_subquery(), 0
            )
        ).label("left"),
    )
    .join_from(entries, lots, lots.c.id == entries.c.lot_id)
    .where(
        entries.c.reference == bindparam("spent"), entries.c.customer_id == bindparam("customer_id"),
        entries.c.kind == "spent",
    )
    .order_by(entries.c.id.desc())
)  # fmt: skip
_GIVEN = select(func.coalesce(func.sum(entries.c.points), 0)).where(
    entries.c.reference == bindparam("reference"),
    entries.c.customer_id == bindparam("customer_id"),
    entries.c.kind == "refunded",
)


def refundable(conn: Connection, customer_id: str, spent: str) -> int:
    """Return how many of the points that the customer spent by this reference have not come back."""
    return sum(row.left for row in _spent(conn, customer_id, spent))


def refund(
    conn: Connection,
    customer_id: str,
    spent: str,
    count: int | None = None,
    *,
    at: datetime,
    ids: Ids,
    reference: str,
    grace: timedelta = GRACE,
    reason: str | None = None,
    by: str = "system",
) -> int:
    """Give back ``count`` (by default all that is left) of the points spent by the reference ``spent``, once.

    ``reference`` names this refund: called again with it nothing happens. ``grace`` is how
    long points are good whose lot has expired. Returns how many came back by it.

    Raises:
        NotAllowed: nothing was spent by this reference (code ``nothing_spent``), less is left of
            it than is to come back (``refunded_already``), or ``reference`` names something else
            (``reference_taken``); nothing has changed.
    """
    if count is not None and count <= 0:
        raise ValueError("at least one point comes back")
    customers.hold(conn, customer_id)
    if points.is_known(conn, reference):
        given = int(conn.execute(_GIVEN, {"reference": reference, "customer_id": customer_id}).scalar_one())
        if not given:
            raise NotAllowed("this reference names another movement", code="reference_taken")
        return given
    rows = _spent(conn, customer_id, spent)
    if not rows:
        raise NotAllowed("no points were spent by this reference", code="nothing_spent")
    left = sum(row.left for row in rows)
    wanted = left if count is None else count
    if wanted > left or not wanted:
        raise NotAllowed(f"{left} of the points spent are left to come back", code="refunded_already", left=left)
    moves = list(_moves(conn, customer_id, rows, wanted, at, at + grace, ids))
    points.move(conn, customer_id, moves, "refunded", at=at, reason=reason, reference=reference, by=by, spent=spent)
    points.settle(conn, customer_id, at=at, by=by)
    return wanted


def _spent(conn: Connection, customer_id: str, spent: str) -> list[Any]:
    return list(conn.execute(_SPENT, {"customer_id": customer_id, "spent": spent}))


def _moves(
    conn: Connection, customer_id: str, rows: list[Any], wanted: int, at: datetime, good_until: datetime, ids: Ids
) -> Iterable[Move]:
    for row in rows:
        count = min(row.left, wanted)
        if not count:
            continue
        wanted -= count
        lot = row.lot_id
        if row.expires_at is not None and row.expires_at <= at:
            lot = points.add_lot(
                conn, customer_id, ids, points=count, earned_at=at, expires_at=good_until, origin=row.lot_id,
                side=row.side,
            )  # fmt: skip
        yield Move(lot, count, undoes=row.id)
