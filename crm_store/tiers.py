"""Tiers by what a customer has spent lately.

A tier follows from the orders alone: from the money of those that are paid and not
refunded, in the shop's currency, within so many months. It rises with the order that
lifts it. It falls, where the money of a window has been too little for a time of grace,
at the midnight at which that is over. So it can be worked out anew at any time.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, func, select

from crm_store import customers, history, membership, tickets
from crm_store.customers import customers as customers_table
from crm_store.desk_hours import DeskHours
from crm_store.orders import order_lines, orders

PAID = ("paid", "shipped", "delivered")
JOB = "tiers"
"""Up to which midnight all tiers have been looked at is a watermark of this name."""

_BOUGHT = (
    select(
        orders.c.customer_id,
        func.coalesce(orders.c.paid_at, orders.c.ordered_at, type_=orders.c.ordered_at.type).label("at"),
        order_lines.c.quantity,
        order_lines.c.unit_price,
    )
    .join_from(orders, order_lines, order_lines.c.order_no == orders.c.order_no)
    .where(
        orders.c.customer_id.in_(bindparam("customer_ids", expanding=True)),
        orders.c.status.in_(PAID),
        order_lines.c.currency == bindparam("currency"),
        order_lines.c.unit_price.is_not(None),
    )
)
_SOME = (
    select(customers_table.c.id, customers_table.c.tier)
    .where(customers_table.c.id > bindparam("after"), customers_table.c.erased_at.is_(None))
    .order_by(customers_table.c.id)
    .limit(bindparam("most"))
)

Purchases = Sequence[tuple[datetime, Decimal]]


@dataclass(frozen=True, slots=True)
class TierRules:
    """``thresholds`` is the money (in ``currency``) from which on a tier is one's; who has less has ``base``."""

    thresholds: Mapping[str, Decimal]
    zone: ZoneInfo
    currency: str
    base: str = "regular"
    months: int = 12
    grace: timedelta = timedelta(0)
    """How long a tier is kept after there is too little for it."""

    def spent(self, purchases: Purchases, at: datetime) -> Decimal:
        """Return what counted at ``at``: from the same day so many months before, where the shop is."""
        first = months_later(at.astimezone(self.zone).date(), -self.months)
        since = datetime.combine(first, time(0), self.zone)
        return sum((money for when, money in purchases if since <= when <= at), Decimal(0))

    def tier(self, purchases: Purchases, now: datetime) -> str:
        """Return the best tier that was reached within the time of grace up to ``now``."""
        begun = now - self.grace
        moments = {begun, now, *(when for when, _ in purchases if begun <= when <= now)}
        most = max(self.spent(purchases, moment) for moment in moments)
        reached = [name for name, money in sorted(self.thresholds.items(), key=lambda one: one[1]) if money <= most]
        return reached[-1] if reached else self.base


def months_later(day: date, months: int) -> date:
    """Return the same day so many months later, or that month's last."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, min(day.day, monthrange(years, month + 1)[1]))


def midnight(now: datetime, zone: ZoneInfo, *, days: int = 0) -> datetime:
    """Return when the day began that it is in ``zone``, or the one so many days later."""
    return datetime.combine(now.astimezone(zone).date() + timedelta(days=days), time(0), zone)


def settle(conn: Connection, customer_id: str, rules: TierRules, *, now: datetime, desk: DeskHours | None) -> bool:
    """Give a customer the tier that their orders are worth; return whether it is another one.

    It is told once, as ``tier.changed``, and open tickets follow. Who never had a tier has
    the base without being told, and who has left the club gets none.
    """
    customers.hold(conn, customer_id)
    row = customers.by_id(conn, customer_id)
    if row is None or row.erased_at is not None:
        return False
    bought = purchases_of(conn, [customer_id], rules.currency)[customer_id]
    tier = rules.tier(bought, now)
    if tier == (row.tier or rules.base) or (not row.member and membership.has_left(conn, customer_id)):
        return False
    customers.change(conn, customer_id, tier=tier)
    history.record(
        conn, at=now, kind="tier.changed", by="system", customer_id=customer_id,
        data={
            "from": row.tier, "to": tier, "spent": f"{rules.spent(bought, now):f}", "currency": rules.currency,
            "months": rules.months,
        },
    )  # fmt: skip
    if desk is not None:
        tickets.tier_changed(conn, customer_id, now=now, desk=desk, by="system")
    return True


def behind(conn: Connection, after: str, rules: TierRules, now: datetime, *, most: int) -> tuple[list[str], str | None]:
    """Look at ``most`` customers beyond the key ``after``; return those whose tier is out of date, and the last key.

    The key is None where nobody is left.
    """
    some = conn.execute(_SOME, {"after": after, "most": most}).all()
    if not some:
        return [], None
    bought = purchases_of(conn, [row.id for row in some], rules.currency)
    late = [row.id for row in some if rules.tier(bought[row.id], now) != (row.tier or rules.base)]
    return late, some[-1].id


def purchases_of(
    conn: Connection, customer_ids: Sequence[str], currency: str
) -> dict[str, list[tuple[datetime, Decimal]]]:
    """Return when each of these customers paid and how much; items that came back count with a minus."""
    found: dict[str, list[tuple[datetime, Decimal]]] = defaultdict(list)
    for row in conn.execute(_BOUGHT, {"customer_ids": customer_ids, "currency": currency}):
        found[row.customer_id].append((row.at, row.quantity * row.unit_price))
    return found
