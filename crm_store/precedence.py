"""Who in the queue is helped first: whoever waited longest, with a head start for value and for danger.

A head start is time that counts as waited. It has a bound, so nobody starves: whoever
has waited longer than the largest head start stands before everybody who comes now.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, bindparam, select, text

from crm_store.conversations import conversations
from crm_store.orders import order_lines, orders

DANGER_FIRST = timedelta(hours=1)
"""Somebody may be hurt."""
ANGER_SOON = timedelta(minutes=5)
SPENDING_COUNTS_FOR = timedelta(days=365)

_PAID = ("paid", "shipped", "delivered")
_DANGER = ("danger", "in_need")
_ANGER = "angry"
_SPENT = (
    select(orders.c.customer_id, order_lines.c.quantity, order_lines.c.unit_price)
    .join(order_lines, order_lines.c.order_no == orders.c.order_no)
    .where(
        orders.c.customer_id.in_(
            select(conversations.c.customer_id).where(text("owner = 'queue'"))  # literal, for the partial index
        ),
        orders.c.ordered_at > bindparam("since"),
        orders.c.status.in_(_PAID),
        order_lines.c.currency == bindparam("currency"),
        order_lines.c.unit_price.is_not(None),
    )
)


@dataclass(frozen=True, slots=True)
class Precedence:
    """What a customer's value is worth in the queue.

    The ``first_tiers`` have the whole ``most``; others a minute for every ``a_minute`` that they
    spent in `SPENDING_COUNTS_FOR`, in the shop's ``currency``, up to ``most``.
    """

    first_tiers: tuple[str, ...] = ("gold", "diamond")
    most: timedelta = timedelta(minutes=15)
    a_minute: Decimal = Decimal(100)
    currency: str = "CNY"

    def head_start(self, *, tier: str | None, spent: Decimal, reason: str | None) -> timedelta:
        """Return how much longer than by the clock a customer counts as waiting."""
        if tier is not None and tier in self.first_tiers:
            value = self.most
        else:
            value = min(timedelta(minutes=int(max(spent, Decimal(0)) / self.a_minute)), self.most)
        if reason in _DANGER:
            return value + DANGER_FIRST
        return value + ANGER_SOON if reason == _ANGER else value


def spent_by_waiting(conn: Connection, order: Precedence, now: datetime) -> dict[str, Decimal]:
    """Return what each customer in the queue has spent that counts, by their internal ids; nothing is zero."""
    spent: dict[str, Decimal] = defaultdict(Decimal)
    key = {"since": now - SPENDING_COUNTS_FOR, "currency": order.currency}
    for row in conn.execute(_SPENT, key):
        spent[row.customer_id] += row.quantity * row.unit_price
    return spent
