"""A coupon on its way: redeemed for points, reserved, used, undone, cancelled, expired; each step once."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, select, text

from crm_store import coupons, customers, orders, points, points_refunds
from crm_store.coupons import coupons as coupons_table
from crm_store.errors import NotAllowed
from crm_store.points_refunds import GRACE
from crm_store.ports import Ids

HOLD_FOR = timedelta(minutes=30)
"""How long a coupon waits for an order to be paid."""

_ISSUED = text("coupons.state = 'issued'")
_RESERVED = text("coupons.state = 'reserved'")
_EXPIRED = select(coupons_table.c.code).where(_ISSUED, coupons_table.c.expires_at <= bindparam("now"))
_FREE_AGAIN = select(coupons_table.c.code).where(_RESERVED, coupons_table.c.reserved_until <= bindparam("now"))
_ENDS_NEXT = (
    select(coupons_table.c.expires_at)
    .where(_ISSUED, coupons_table.c.expires_at > bindparam("after"))
    .order_by(coupons_table.c.expires_at)
    .limit(1)
)
_FREE_NEXT = (
    select(coupons_table.c.reserved_until)
    .where(_RESERVED, coupons_table.c.reserved_until > bindparam("after"))
    .order_by(coupons_table.c.reserved_until)
    .limit(1)
)


def redeem(
    conn: Connection, customer_id: str, rule: str, *, at: datetime, ids: Ids, reference: str, by: str = "system"
) -> Any:
    """Give a coupon for points, both or neither, once by ``reference``; return its row.

    Raises:
        NotEnoughPoints: there are fewer than it costs; nothing has changed.
        NotAllowed: as `coupons.issue`, or it is not for points (code ``not_for_points``); nothing has changed.
    """
    customers.hold(conn, customer_id)
    if coupons.by_reference(conn, reference) is not None:
        return coupons.issue(conn, customer_id, rule, at=at, ids=ids, reference=reference, by=by)
    price = coupons.rule_named(conn, rule).points
    if price is None:
        raise NotAllowed(f"{rule} is not for points", code="not_for_points")
    with conn.begin_nested():
        points.spend(conn, customer_id, price, at=at, reason=rule, reference=_spent(reference), by=by)
        return coupons.issue(conn, customer_id, rule, at=at, ids=ids, reference=reference, by=by)


def reserve(
    conn: Connection, code: str, order_no: str, spend: Decimal, *, at: datetime, hold_for: timedelta = HOLD_FOR,
    by: str = "system",
) -> Decimal:  # fmt: skip
    """Keep a coupon for an order of ``spend`` that is being paid; return what it takes off.

    Raises:
        NotAllowed: as `use`.
    """
    row = coupons.held(conn, code)
    _check(conn, row, order_no, spend, at)
    if row.state == "issued" or row.order_no != order_no:
        coupons.set_state(conn, row, "reserved", order_no=order_no, reserved_until=at + hold_for)
        coupons.tell(conn, coupons.by_code(conn, code), "reserved", at=at, by=by)
    return coupons.discount(row, spend)


def release(conn: Connection, code: str, order_no: str, *, at: datetime, by: str = "system") -> None:
    """Let go a coupon that was reserved for an order which is not paid; for any other it does nothing."""
    row = coupons.held(conn, code)
    if row.state == "reserved" and row.order_no == order_no:
        _free(conn, row, at, by)


def use(conn: Connection, code: str, order_no: str, spend: Decimal, *, at: datetime, by: str = "system") -> Decimal:
    """Use a coupon for an order of ``spend``, once; return what it takes off. The same order again changes nothing.

    Raises:
        NotAllowed: it is used (code ``coupon_used``), reserved for another order (``coupon_reserved``),
            expired (``coupon_expired``) or cancelled (``coupon_cancelled``), the order is too small
            (``coupon_min_spend``) or no more (``order_ended``); nothing has changed.
    """
    row = coupons.held(conn, code)
    _check(conn, row, order_no, spend, at)
    if row.state != "used":
        coupons.set_state(conn, row, "used", order_no=order_no, used_at=at, reserved_until=None)
        coupons.tell(conn, coupons.by_code(conn, code), "used", at=at, by=by)
    return coupons.discount(row, spend)


def undo(conn: Connection, code: str, order_no: str, *, at: datetime, by: str = "system") -> None:
    """Give a coupon back whose order is no more; it is good until it would have expired.

    Raises:
        NotAllowed: this order did not use it (code ``coupon_not_used``), or that is too long
            ago (``coupon_undo_late``); nothing has changed.
    """
    row = coupons.held(conn, code)
    if row.state != "used" or row.order_no != order_no:
        raise NotAllowed("this order has not used the coupon", code="coupon_not_used")
    if at > undone_until(row):
        raise NotAllowed("the coupon was used too long ago to come back", code="coupon_undo_late")
    coupons.set_state(conn, row, "issued", order_no=None, used_at=None)
    coupons.tell(conn, row, "returned", at=at, by=by)


def order_ended(conn: Connection, order_no: str, *, at: datetime, by: str = "system") -> int:
    """An order was cancelled or refunded: what coupons it has used come back, what it has reserved is let go.

    One that was used too long ago to come back stays used. Called again it does nothing.
    Returns how many are free again.
    """
    free = 0
    for code in coupons.of_order(conn, order_no):
        row = coupons.held(conn, code)
        if row.order_no != order_no:
            continue
        if row.state == "reserved":
            release(conn, code, order_no, at=at, by=by)
        elif row.state == "used" and at <= undone_until(row):
            undo(conn, code, order_no, at=at, by=by)
        else:
            continue
        free += 1
    return free


def undone_until(row: Any) -> datetime:
    """Return until when the use of a coupon, which is used, can be undone."""
    until: datetime = row.used_at + timedelta(seconds=row.undo_s)
    return until


def cancel(conn: Connection, code: str, *, at: datetime, ids: Ids, grace: timedelta = GRACE, by: str = "system") -> int:
    """Take a coupon back that is not used; return how many points come back for it.

    Raises:
        NotAllowed: it is not there to be cancelled (code ``coupon_`` and its state), or was
            issued too long ago (``coupon_undo_late``); nothing has changed.
    """
    row = coupons.held(conn, code)
    if row.state == "cancelled":
        return 0
    if row.state != "issued":
        raise NotAllowed(f"the coupon is {row.state}", code=f"coupon_{row.state}")
    if at > row.issued_at + timedelta(seconds=row.undo_s):
        raise NotAllowed("the coupon was issued too long ago to be cancelled", code="coupon_undo_late")
    coupons.set_state(conn, row, "cancelled")
    coupons.put_one_back(conn, row.rule)
    coupons.tell(conn, row, "cancelled", at=at, by=by)
    spent = _spent(row.reference)
    if not points_refunds.refundable(conn, row.customer_id, spent):
        return 0
    return points_refunds.refund(
        conn, row.customer_id, spent, at=at, ids=ids, reference=f"{spent}:cancelled", grace=grace, reason=row.rule,
        by=by,
    )  # fmt: skip


def due(conn: Connection, now: datetime, *, most: int) -> list[str]:
    """Return codes of coupons that have expired, or were reserved for too long."""
    found: list[str] = []
    for statement in (_EXPIRED, _FREE_AGAIN):
        found += conn.execute(statement.limit(most), {"now": now}).scalars()
    return found


def next_moment(conn: Connection, after: datetime) -> datetime | None:
    """Return when, later than ``after``, a coupon expires or is free again, or None."""
    moments = [conn.execute(one, {"after": after}).scalar_one_or_none() for one in (_ENDS_NEXT, _FREE_NEXT)]
    return min((moment for moment in moments if moment is not None), default=None)


def expire(conn: Connection, code: str, now: datetime) -> bool:
    """Let a coupon go whose order was not paid, and write off one that has expired; return whether it has.

    Both are told at the moment at which they were true.
    """
    row = coupons.held(conn, code)
    ended = row.expires_at
    if row.state == "reserved" and row.reserved_until <= now:
        # An order that reserved it in time could have used it until now.
        ended = max(ended, row.reserved_until)
        _free(conn, row, row.reserved_until, "system")
        row = coupons.by_code(conn, code)
    if row.state != "issued" or row.expires_at > now:
        return False
    coupons.set_state(conn, row, "expired")
    coupons.tell(conn, row, "expired", at=ended, by="system")
    return True


def _free(conn: Connection, row: Any, at: datetime, by: str) -> None:
    coupons.set_state(conn, row, "issued", order_no=None, reserved_until=None)
    coupons.tell(conn, row, "released", at=at, by=by)


def _check(conn: Connection, row: Any, order_no: str, spend: Decimal, at: datetime) -> None:
    own = row.order_no == order_no
    if row.state == "used" and own:
        return
    order = orders.head(conn, order_no)
    if order is not None and order.status in orders.ENDED:
        raise NotAllowed(f"the order is {order.status}", code="order_ended")
    if row.state in ("used", "cancelled", "expired"):
        raise NotAllowed(f"the coupon is {row.state}", code=f"coupon_{row.state}")
    stands = row.state == "reserved" and row.reserved_until > at
    if stands and not own:
        raise NotAllowed("the coupon is reserved for another order", code="coupon_reserved")
    if row.expires_at <= at and not stands:
        raise NotAllowed("the coupon has expired", code="coupon_expired")
    if row.min_spend is not None and spend < row.min_spend:
        raise NotAllowed(f"the order has to come to {row.min_spend}", code="coupon_min_spend")


def _spent(reference: str | None) -> str:
    return f"coupon:{reference}"
