"""Points of an order that is no more are taken back; a balance never falls below nought for it.

They come off the lots that the order earned, then off the others. What has lapsed
unspent is nobody's any more and is not asked for. What is missing is owed, and goes off
what comes in next, or is forgiven: the shop says which.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, bindparam, func, insert, select, text

from crm_store import customers, points, points_expiry
from crm_store.points import Move, entries, lots, take_backs
from crm_store.ports import Ids

Missing = Literal["owed", "forgiven"]
"""What becomes of points that are to be taken back and have been spent."""

_LOTS_OF = select(lots.c.id).where(lots.c.order_no == bindparam("order_no"), text("points_lots.order_no IS NOT NULL"))
_EARNED = select(func.coalesce(func.sum(lots.c.points), 0)).where(
    lots.c.order_no == bindparam("order_no"), lots.c.customer_id == bindparam("customer_id")
)
_LAPSED = select(func.coalesce(-func.sum(entries.c.points), 0)).where(
    entries.c.lot_id.in_(_LOTS_OF.where(lots.c.customer_id == bindparam("customer_id"))), entries.c.kind == "expired"
)
_BEFORE = select(
    func.coalesce(func.sum(take_backs.c.points), 0).label("points"),
    func.coalesce(func.sum(take_backs.c.lapsed), 0).label("lapsed"),
).where(take_backs.c.order_no == bindparam("order_no"), take_backs.c.customer_id == bindparam("customer_id"))
_ADD = insert(take_backs)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of points that were to be taken back: ``taken`` of them were there."""

    taken: int
    owed: int
    lapsed: int
    forgiven: int


def earned_by(conn: Connection, customer_id: str, order_no: str) -> int:
    """Return how many points an order has earned its customer, less those taken back."""
    names = {"customer_id": customer_id, "order_no": order_no}
    return int(conn.execute(_EARNED, names).scalar_one()) - int(conn.execute(_BEFORE, names).one().points)


def take_back(
    conn: Connection,
    customer_id: str,
    count: int,
    *,
    order_no: str,
    at: datetime,
    ids: Ids,
    missing: Missing = "owed",
    reason: str | None = None,
    by: str = "system",
) -> Taken:
    """Take back ``count`` of the points that an order has earned.

    Raises:
        ValueError: less than one point, or more than the order has earned.
    """
    customers.hold(conn, customer_id)
    if not 0 < count <= earned_by(conn, customer_id, order_no):
        raise ValueError("an order gives back at least one point, and no more than it has earned")
    points_expiry.expire(conn, customer_id, at)
    names = {"customer_id": customer_id, "order_no": order_no}
    unspent = int(conn.execute(_LAPSED, names).scalar_one()) - int(conn.execute(_BEFORE, names).one().lapsed)
    lapsed = min(count, max(unspent, 0))
    live = sorted(points.live_rows(conn, customer_id, at), key=lambda row: row.order_no != order_no)
    drawn = points.draw(((row.id, row.remaining) for row in live), count - lapsed)
    taken = sum(take for _, take in drawn)
    rest = count - lapsed - taken
    result = Taken(
        taken=taken, owed=rest if missing == "owed" else 0, lapsed=lapsed, forgiven=rest if missing == "forgiven" else 0
    )
    key = ids.new()
    conn.execute(
        _ADD,
        {
            "id": key, "customer_id": customer_id, "order_no": order_no, "points": count, "owed": result.owed,
            "lapsed": lapsed, "forgiven": result.forgiven, "at": at,
        },
    )  # fmt: skip
    reference = f"order:{order_no}"
    if drawn:
        moves = [Move(lot, -take, take_back_id=key) for lot, take in drawn]
        points.enter(conn, customer_id, moves, "taken_back", at=at, reason=reason, reference=reference)
    points.tell(
        conn, customer_id, taken, "taken_back", at=at, reason=reason, reference=reference, by=by,
        owed=result.owed, lapsed=lapsed, forgiven=result.forgiven,
    )  # fmt: skip
    return result
