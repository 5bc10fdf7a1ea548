"""Four sides of a customer: what they like to buy, how they buy, by which channels, and what they are worth.

Every value names where it comes from: messages by their reference, orders as ``order:NUMBER``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from crm_store import memory, orders
from crm_store.catalogue import products
from crm_store.history import history
from crm_store.identities import identities
from crm_store.orders import OrderView

ORDERS_COUNTED = 500
"""A customer's newest orders, by which they are judged."""
MOST_SOURCES = 20
MOST_CATEGORIES = 3
_PAID = ("paid", "shipped", "delivered")
_TASTES = ("likes", "dislikes", "taste", "clothes_size", "shoe_size", "budget")
_AT_ONCE = 500

_CATEGORIES = select(products.c.sku, products.c.category).where(
    products.c.sku.in_(bindparam("skus", expanding=True)), products.c.category.is_not(None)
)
_WROTE = (
    select(history.c.channel, func.count().label("messages"), func.max(history.c.id).label("last"))
    .where(
        history.c.customer_id == bindparam("customer_id"),
        history.c.kind == "message.in",
        history.c.channel.is_not(None),
    )
    .group_by(history.c.channel)
)
_REFS = select(history.c.id, history.c.ref, history.c.at).where(history.c.id.in_(bindparam("keys", expanding=True)))
_WAYS = select(identities.c.channel).where(identities.c.customer_id == bindparam("customer_id")).distinct()

Facet = list[dict[str, Any]]


def of_customer(conn: Connection, customer_id: str, *, now: datetime) -> dict[str, Facet]:
    """Return ``preference``, ``behaviour``, ``channels`` and ``value``: each a list of name, value and sources."""
    bought = orders.of_customer(conn, customer_id, most=ORDERS_COUNTED)
    paid = [one for one in bought if one.status in _PAID]
    return {
        "preference": _preference(conn, customer_id, paid, now),
        "behaviour": _behaviour(bought, paid),
        "channels": _channels(conn, customer_id),
        "value": _value(paid),
    }


def _preference(conn: Connection, customer_id: str, paid: list[OrderView], now: datetime) -> Facet:
    told = [
        {"name": one.kind, "value": one.value, "confidence": one.confidence, "sources": [one.source]}
        for one in memory.known(conn, customer_id, now)
        if one.kind in _TASTES and one.about is None
    ]
    categories = _categories(conn, {item.sku for one in paid for item in one.items})
    pieces: dict[str, int] = defaultdict(int)
    where: dict[str, list[OrderView]] = defaultdict(list)
    for one in paid:
        for item in one.items:
            if (category := categories.get(item.sku)) is not None:
                pieces[category] += item.quantity
                if one not in where[category]:
                    where[category].append(one)
    most = sorted((name for name in pieces if pieces[name] > 0), key=lambda name: (-pieces[name], name))
    return told + [
        {"name": "buys", "value": name, "pieces": pieces[name], "sources": _numbers(where[name])}
        for name in most[:MOST_CATEGORIES]
    ]


def _categories(conn: Connection, skus: Iterable[str]) -> dict[str, str]:
    wanted, found = sorted(skus), {}
    for start in range(0, len(wanted), _AT_ONCE):
        rows = conn.execute(_CATEGORIES, {"skus": wanted[start : start + _AT_ONCE]})
        found.update({row.sku: row.category for row in rows})
    return found


def _behaviour(bought: list[OrderView], paid: list[OrderView]) -> Facet:
    if not bought:
        return []
    told: Facet = [
        {"name": "orders", "value": len(paid), "sources": _numbers(paid)},
        {"name": "last_order_at", "value": bought[0].ordered_at.isoformat(), "sources": _numbers(bought[:1])},
    ]
    if len(paid) > 1:
        span = paid[0].ordered_at - paid[-1].ordered_at
        days = round(span.total_seconds() / 86_400 / (len(paid) - 1), 1)
        told.append({"name": "days_between_orders", "value": days, "sources": _numbers(paid)})
    for name, of in (
        ("cancelled", [one for one in bought if one.status == "cancelled"]),
        ("refunded", [one for one in bought if one.status == "refunded"]),
        ("returned", [one for one in paid if any(item.quantity < 0 for item in one.items)]),
    ):
        if of:
            told.append({"name": name, "value": len(of), "sources": _numbers(of)})
    return told


def _channels(conn: Connection, customer_id: str) -> Facet:
    key = {"customer_id": customer_id}
    wrote = {row.channel: row for row in conn.execute(_WROTE, key)}
    last = {row.id: row for row in conn.execute(_REFS, {"keys": [row.last for row in wrote.values()]})}
    told: Facet = []
    for channel in sorted({*wrote, *conn.execute(_WAYS, key).scalars()}):
        row = wrote.get(channel)
        newest = last[row.last] if row is not None else None
        told.append(
            {
                "name": channel,
                "value": int(row.messages) if row is not None else 0,
                "last_at": newest.at.isoformat() if newest is not None else None,
                "sources": [newest.ref] if newest is not None and newest.ref else [],
            }
        )
    return sorted(told, key=lambda one: (-one["value"], one["name"]))


def _value(paid: list[OrderView]) -> Facet:
    spent: dict[str, Decimal] = defaultdict(Decimal)
    where: dict[str, list[OrderView]] = defaultdict(list)
    for one in paid:
        for item in one.items:
            if item.unit_price is not None:
                spent[item.currency] += item.unit_price * item.quantity
                if one not in where[item.currency]:
                    where[item.currency].append(one)
    told: Facet = []
    for currency in sorted(spent):
        of = where[currency]
        told.append({"name": "spent", "value": str(spent[currency]), "currency": currency, "sources": _numbers(of)})
        average = (spent[currency] / len(of)).quantize(Decimal("0.01"))
        told.append({"name": "average_order", "value": str(average), "currency": currency, "sources": _numbers(of)})
    return told


def _numbers(of: list[OrderView]) -> list[str]:
    return [f"order:{one.order_no}" for one in of[:MOST_SOURCES]]
