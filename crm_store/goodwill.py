"""Goodwill: what a case may be made good for beyond mending it, bounded by what the customer is worth to the shop.

A gesture is a coupon or points. It is weighed once a case, given once by the case's number, and
told in the history as ``goodwill.given``; what a supervisor has to allow is an approval before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from types import MappingProxyType
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, select

from crm_store import approvals, coupons, customers, history, points
from crm_store.approvals import NewApproval
from crm_store.errors import NotAllowed
from crm_store.orders import order_lines, orders
from crm_store.ports import Ids

OFFERED = "goodwill.offered"
GIVEN = "goodwill.given"
WORTH_COUNTS_FOR = timedelta(days=365)
A_MONTH = timedelta(days=30)
MOST_LOOKED_AT = 100

_PAID = ("paid", "shipped", "delivered")
_SPENT = (
    select(order_lines.c.quantity, order_lines.c.unit_price)
    .join(orders, order_lines.c.order_no == orders.c.order_no)
    .where(
        orders.c.customer_id == bindparam("customer_id"),
        orders.c.ordered_at > bindparam("since"),
        orders.c.status.in_(_PAID),
        order_lines.c.currency == bindparam("currency"),
        order_lines.c.unit_price.is_not(None),
    )
)


@dataclass(frozen=True, slots=True)
class Gesture:
    """A coupon by its rule, or points, and what it is worth in the shop's money."""

    worth: Decimal
    currency: str
    coupon: str | None = None
    points: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "worth": str(self.worth), "currency": self.currency, "rule": self.coupon, "points": self.points,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a case may be made good for, and a customer in a month: a share of what they spent in a year."""

    per_case: Decimal = Decimal(0)
    share: Decimal = Decimal(0)
    tier_shares: Mapping[str, Decimal] = field(default_factory=lambda: MappingProxyType({}))


def gesture(
    conn: Connection, *, per_case: Decimal, coupon: str | None, point_worth: Decimal, currency: str
) -> Gesture | None:
    """Return what the shop would give, or None where that is nothing; a coupon that is no money off is none."""
    if per_case <= 0:
        return None
    if coupon is not None:
        rule = coupons.rule_named(conn, coupon)
        worth = rule.value if rule.kind == "amount" and rule.currency == currency else None
        return None if worth is None else Gesture(Decimal(worth), currency, coupon=coupon)
    if point_worth <= 0:
        return None
    count = int((per_case / point_worth).to_integral_value(ROUND_DOWN))
    return Gesture(count * point_worth, currency, points=count) if count else None


def weigh(
    conn: Connection, customer_id: str, number: str, wanted: Gesture, bounds: Bounds, *, now: datetime
) -> Literal["offer", "ask", "none"]:
    """Say whether a gesture may be offered, has to be asked for, or is not for this case any more."""
    if approvals.by_key(conn, _key(number)) is not None or _given(conn, customer_id, number) is not None:
        return "none"
    return "offer" if wanted.worth <= min(bounds.per_case, left(conn, customer_id, wanted, bounds, now=now)) else "ask"


def left(conn: Connection, customer_id: str, wanted: Gesture, bounds: Bounds, *, now: datetime) -> Decimal:
    """Return what is left of a customer's goodwill for the month, never less than nothing."""
    customer = customers.by_id(conn, customer_id)
    tier = customer.tier if customer is not None else None
    share = bounds.tier_shares.get(tier or "", bounds.share)
    key = {"customer_id": customer_id, "since": now - WORTH_COUNTS_FOR, "currency": wanted.currency}
    spent = sum((row.quantity * row.unit_price for row in conn.execute(_SPENT, key)), Decimal(0))
    given = sum(
        (
            Decimal(entry.data["worth"])
            for entry in history.newest(conn, customer_id, [GIVEN], most=MOST_LOOKED_AT)
            if entry.at > now - A_MONTH and entry.data["currency"] == wanted.currency
        ),
        Decimal(0),
    )
    return max(spent * share - given, Decimal(0))


def offer(conn: Connection, customer_id: str, number: str, wanted: Gesture, *, now: datetime) -> None:
    """Tell that a gesture is offered, which the customer may take or not."""
    data = {"number": number, **wanted.as_json()}
    history.record(conn, at=now, kind=OFFERED, by="bot", customer_id=customer_id, data=data)


def offered(conn: Connection, customer_id: str) -> tuple[str, Gesture] | None:
    """Return what was offered to a customer last: the case's number and the gesture; None where nothing was."""
    entry = next(iter(history.newest(conn, customer_id, [OFFERED], most=1)), None)
    return None if entry is None else (entry.data["number"], _read(entry.data))


def ask(
    conn: Connection, customer_id: str, number: str, wanted: Gesture, *, about: str, conversation_id: str | None,
    now: datetime, ids: Ids,
) -> str | None:  # fmt: skip
    """Ask a supervisor for a gesture, once a case; return the approval's id, or None where that was asked before."""
    new = NewApproval(
        _key(number), customer_id, about, "bot", conversation_id=conversation_id, ticket=number,
        data={"goodwill": wanted.as_json()},
    )  # fmt: skip
    return approvals.request(conn, new, now=now, ids=ids)


def give(
    conn: Connection, customer_id: str, number: str, wanted: Gesture, *, by: str, now: datetime, ids: Ids,
    approved: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Give a gesture, once a case however often it is called; return what was given: ``coupon`` or ``points``.

    Raises:
        NotAllowed: as `coupons.issue`; nothing has changed.
    """
    customers.hold(conn, customer_id)
    before = _given(conn, customer_id, number)
    if before is not None:
        return dict(before)
    given: dict[str, Any] = {}
    if wanted.coupon is not None:
        given["coupon"] = coupons.issue(
            conn, customer_id, wanted.coupon, at=now, ids=ids, reference=_key(number), by=by
        ).code
    elif wanted.points and not points.is_known(conn, _key(number)):
        points.earn(
            conn, customer_id, wanted.points, at=now, ids=ids, reason="goodwill", reference=_key(number), by=by
        )  # fmt: skip
        given["points"] = wanted.points
    data = {"number": number, "worth": str(wanted.worth), "currency": wanted.currency, "approved": approved, **given}
    history.record(conn, at=now, kind=GIVEN, by=by, customer_id=customer_id, data=data)
    return data


def allowed(conn: Connection, approval_id: str, *, by: str, now: datetime, ids: Ids) -> None:
    """Give what an approval of goodwill has just allowed; any other approval is none of it."""
    row = approvals.by_id(conn, approval_id)
    asked = (row.data or {}).get("goodwill") if row is not None else None
    if row is None or asked is None:
        return
    if row.ticket is None:
        raise NotAllowed("goodwill belongs to a case; ask for it again with its number", code="no_ticket")
    give(conn, row.customer_id, row.ticket, _read(asked), by=by, now=now, ids=ids, approved=True)


def _given(conn: Connection, customer_id: str, number: str) -> Mapping[str, Any] | None:
    for entry in history.newest(conn, customer_id, [GIVEN], most=MOST_LOOKED_AT):
        if entry.data["number"] == number:
            data: Mapping[str, Any] = entry.data
            return data
    return None


def _read(said: Mapping[str, Any]) -> Gesture:
    return Gesture(Decimal(said["worth"]), said["currency"], coupon=said["rule"], points=said["points"])


def _key(number: str) -> str:
    return f"goodwill:{number}"
