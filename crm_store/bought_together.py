"""What customers have bought, and what is bought with it: plain counts over orders that stand."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from crm_store.orders import ENDED, order_lines, orders

AT_LEAST = 2
"""Orders in which two products stand together, before that says anything."""

_with = order_lines.alias("with_it")
_TOGETHER = (
    select(_with.c.sku, func.count(func.distinct(_with.c.order_no)).label("times"))
    .join_from(order_lines, _with, _with.c.order_no == order_lines.c.order_no)
    .join(orders, orders.c.order_no == order_lines.c.order_no)
    .where(
        order_lines.c.sku == bindparam("which"),
        order_lines.c.quantity > 0,
        _with.c.sku != bindparam("which"),
        _with.c.quantity > 0,
        orders.c.status.not_in(ENDED),
    )
    .group_by(_with.c.sku)
    .having(func.count(func.distinct(_with.c.order_no)) >= bindparam("least"))
    .order_by(func.count(func.distinct(_with.c.order_no)).desc(), _with.c.sku)
    .limit(bindparam("most"))
)
_BOUGHT = (
    select(order_lines.c.sku, func.max(orders.c.ordered_at).label("last"))
    .join(orders, orders.c.order_no == order_lines.c.order_no)
    .where(
        orders.c.customer_id == bindparam("customer_id"),
        orders.c.status.not_in(ENDED),
        order_lines.c.quantity > 0,
    )
    .group_by(order_lines.c.sku)
    .order_by(func.max(orders.c.ordered_at).desc(), order_lines.c.sku)
    .limit(bindparam("most"))
)
_BEST = (
    select(order_lines.c.sku, func.count(func.distinct(order_lines.c.order_no)).label("times"))
    .join(orders, orders.c.order_no == order_lines.c.order_no)
    .where(
        orders.c.ordered_at >= bindparam("since"),
        orders.c.status.not_in(ENDED),
        order_lines.c.quantity > 0,
    )
    .group_by(order_lines.c.sku)
    .order_by(func.count(func.distinct(order_lines.c.order_no)).desc(), order_lines.c.sku)
    .limit(bindparam("most"))
)


def bought_with(conn: Connection, sku: str, *, least: int = AT_LEAST, most: int = 10) -> list[tuple[str, int]]:
    """Return what stands with ``sku`` in at least ``least`` orders, and in how many, most often first."""
    found = conn.execute(_TOGETHER, {"which": sku, "least": least, "most": most})
    return [(row.sku, int(row.times)) for row in found]


def bought_by(conn: Connection, customer_id: str, *, most: int = 50) -> list[str]:
    """Return the SKUs that a customer has bought and kept, what was bought last first."""
    return [row.sku for row in conn.execute(_BOUGHT, {"customer_id": customer_id, "most": most})]


def best_sellers(conn: Connection, *, since: datetime, most: int = 20) -> dict[str, int]:
    """Return in how many orders since then products stand, for those that stand in most."""
    return {row.sku: int(row.times) for row in conn.execute(_BEST, {"since": since, "most": most})}
