"""What an order earns, by the shop's own rules, and what becomes of it when the order changes.

What has been entered for an order is compared with what it should have earned as it
stands now, and the difference is entered: so the same word twice, a further item or a
refund all do what they should, and doing it again does nothing. The rate, with the
factor of the customer's tier, is that of the first time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, select, text

from crm_store import customers, orders, points, take_backs, tiers
from crm_store.desk_hours import DeskHours
from crm_store.orders import order_lines
from crm_store.origins import bringing
from crm_store.points import lots
from crm_store.ports import Ids
from crm_store.take_backs import Missing
from crm_store.tiers import PAID, TierRules, months_later

_LINES = select(order_lines).where(order_lines.c.order_no == bindparam("order_no"))
_LOTS_OF = (
    select(lots.c.customer_id, lots.c.rate)
    .where(lots.c.order_no == bindparam("order_no"), text("points_lots.order_no IS NOT NULL"))
    .order_by(lots.c.id)
)


@dataclass(frozen=True, slots=True)
class Earning:
    """What paid orders earn. ``per_unit`` are points for a unit of the shop's currency, ``factors`` those by tier."""

    per_unit: Decimal
    valid_months: int | None = 12
    """Until the end of the day so many months after it was paid; None is for ever."""
    factors: Mapping[str, Decimal] = field(default_factory=dict)
    since: date | None = None
    """Orders paid before this day (where the shop is) earn nothing."""
    missing: Missing = "owed"


@dataclass(frozen=True, slots=True)
class Loyalty:
    """The rules of a shop; those that it has not made stay None, and nothing happens for them."""

    zone: ZoneInfo
    currency: str
    earning: Earning | None = None
    tiers: TierRules | None = None
    desk: DeskHours | None = None


def order_changed(conn: Connection, order_no: str, loyalty: Loyalty, *, now: datetime, ids: Ids) -> None:
    """An order has come, changed or gone: let its customer have the points, and the tier, that follow from it."""
    order = orders.head(conn, order_no)
    if order is None:
        return
    had = {row.customer_id for row in conn.execute(_LOTS_OF, {"order_no": order_no})}
    concerned = had | ({order.customer_id} if order.customer_id is not None else set())
    customers.hold(conn, *concerned)
    with bringing(order.side):
        if loyalty.earning is not None:
            for customer in sorted(concerned):
                _earn(conn, customer, order, loyalty, loyalty.earning, now, ids)
        if loyalty.tiers is not None:
            for customer in sorted(concerned):
                tiers.settle(conn, customer, loyalty.tiers, now=now, desk=loyalty.desk)


def _earn(
    conn: Connection, customer: str, order: Any, loyalty: Loyalty, earning: Earning, now: datetime, ids: Ids
) -> None:
    paid_at: datetime = order.paid_at or order.shipped_at or order.delivered_at or order.ordered_at
    paid_on = paid_at.astimezone(loyalty.zone).date()
    if earning.since is not None and paid_on < earning.since:
        return
    counts = order.status in PAID and order.customer_id == customer
    rate = _rate(conn, customer, order.order_no, earning)
    due = int(_worth(conn, order.order_no, loyalty.currency) * rate) if counts else 0
    missing = max(due, 0) - take_backs.earned_by(conn, customer, order.order_no)
    if missing > 0:
        points.earn(
            conn, customer, missing, at=paid_at, ids=ids, expires_at=_expires_at(paid_on, earning, loyalty.zone),
            reason="order", reference=f"order:{order.order_no}", order_no=order.order_no, rate=rate,
        )  # fmt: skip
    elif missing < 0:
        take_backs.take_back(
            conn, customer, -missing, order_no=order.order_no, at=now, ids=ids, missing=earning.missing,
            reason=f"order {order.status}",
        )  # fmt: skip


def _rate(conn: Connection, customer: str, order_no: str, earning: Earning) -> Decimal:
    for lot in conn.execute(_LOTS_OF, {"order_no": order_no}):
        if lot.customer_id == customer and lot.rate is not None:
            return Decimal(lot.rate)
    row = customers.by_id(conn, customer)
    tier = row.tier if row is not None else None
    return earning.per_unit * earning.factors.get(tier or "", Decimal(1))


def _worth(conn: Connection, order_no: str, currency: str) -> Decimal:
    lines = conn.execute(_LINES, {"order_no": order_no})
    known = [one for one in lines if one.currency == currency and one.unit_price is not None]
    return sum((one.quantity * one.unit_price for one in known), Decimal(0))


def _expires_at(paid_on: date, earning: Earning, zone: ZoneInfo) -> datetime | None:
    if earning.valid_months is None:
        return None
    last = months_later(paid_on, earning.valid_months)
    return datetime.combine(last + timedelta(days=1), time(0), zone)
