"""Whom a transaction of an import is about, held before anything is written, in one order for all.

Rows come in any order, and what they write locks customers, orders and rules of coupons:
two imports at once that met the same ones in another order would each wait for what the
other holds. So the customers of all rows are held first, in the order of their ids, then
the rules. What is not there yet cannot be held: of those who add something that no
customer stands for, one comes after the other. SQLite has one writer and needs none of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, func, select, tuple_, union

from crm_store.coupons import coupon_rules, coupons
from crm_store.customers import customers
from crm_store.identities import identities
from crm_store.merges import STANDING, merges
from crm_store.orders import orders
from crm_store.points import lots

_NEW_ONES = 0x5368756B65
"""The key of the lock that lets one transaction after the other add what nobody can hold."""


@dataclass(frozen=True, slots=True)
class Touched:
    """What rows write about, by the names that the shop has for it."""

    customers: frozenset[str] = frozenset()
    orders: frozenset[str] = frozenset()
    """Those whose rows do not say whose they are…"""
    owned_orders: frozenset[str] = frozenset()
    """…and those whose rows do."""
    rules: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    ways: frozenset[tuple[str, str]] = frozenset()
    """Channel and user id."""
    adds_customers: bool = False
    adds_products: bool = False


def _any_of(name: str) -> BindParameter[Any]:
    return bindparam(name, expanding=True)


_GONE = merges.c.absorbed_no.in_(_any_of("customers")), STANDING
_GONE_TO = select(merges.c.survivor_id).where(*_GONE).cte("gone_to", recursive=True)
_GONE_TO = _GONE_TO.union(
    select(merges.c.survivor_id).join(_GONE_TO, merges.c.absorbed_id == _GONE_TO.c.survivor_id).where(STANDING)
)
"""Of the numbers of those who were merged, whom they were merged into, and whom these were."""
_WHOSE = union(
    select(customers.c.id).where(customers.c.customer_no.in_(_any_of("customers"))),
    select(_GONE_TO.c.survivor_id),
    select(customers.c.id).where(customers.c.phone.in_(_any_of("phones"))),
    select(identities.c.customer_id).where(tuple_(identities.c.channel, identities.c.user_id).in_(_any_of("ways"))),
    *(
        select(table.c.customer_id).where(table.c.order_no.in_(_any_of("orders")), table.c.order_no.is_not(None))
        for table in (orders, lots, coupons)
    ),
)
_HOLD = (
    select(customers.c.id)
    .where(customers.c.id.in_(_WHOSE))
    .order_by(customers.c.id.collate("C"))  # as Python sorts, and so as `customers.hold` does
    .with_for_update(key_share=True, of=customers)
)
_HOLD_RULES = (
    select(coupon_rules.c.name)
    .where(coupon_rules.c.name.in_(_any_of("rules")))
    .order_by(coupon_rules.c.name.collate("C"))
    .with_for_update(key_share=True)
)
_OWNED = select(func.count()).where(orders.c.order_no.in_(_any_of("orders")), orders.c.customer_id.is_not(None))
_NUMBERS = union(
    select(customers.c.customer_no).where(customers.c.customer_no.in_(_any_of("customers"))),
    select(merges.c.absorbed_no).where(*_GONE),
)
_KNOWN = select(func.count()).select_from(_NUMBERS.subquery())
_ONE_AT_A_TIME = select(func.pg_advisory_xact_lock(_NEW_ONES))


def hold_all(conn: Connection, rows: Iterable[Touched]) -> None:
    """Let nobody else write about what these rows write about, until this transaction ends."""
    if conn.dialect.name != "postgresql":
        return
    about = _together(rows)
    if _adds_what_nobody_holds(conn, about):
        conn.execute(_ONE_AT_A_TIME)
    named = {
        "customers": sorted(about.customers), "phones": sorted(about.phones), "ways": sorted(about.ways),
        "orders": sorted(about.orders | about.owned_orders),
    }  # fmt: skip
    if any(named.values()):
        conn.execute(_HOLD, named)
    if about.rules:
        conn.execute(_HOLD_RULES, {"rules": sorted(about.rules)})


def _together(rows: Iterable[Touched]) -> Touched:
    found: dict[str, set[Any]] = {}
    adds_customers = adds_products = False
    for row in rows:
        adds_customers |= row.adds_customers
        adds_products |= row.adds_products
        for one in fields(row):
            value = getattr(row, one.name)
            if isinstance(value, frozenset):
                found.setdefault(one.name, set()).update(value)
    sets: dict[str, Any] = {name: frozenset(values) for name, values in found.items()}
    return Touched(**sets, adds_customers=adds_customers, adds_products=adds_products)


def _adds_what_nobody_holds(conn: Connection, about: Touched) -> bool:
    if about.adds_products:
        return True
    if about.adds_customers:
        return bool(conn.execute(_KNOWN, {"customers": sorted(about.customers)}).scalar_one() < len(about.customers))
    nobodys = about.orders - about.owned_orders
    return bool(nobodys) and conn.execute(_OWNED, {"orders": sorted(nobodys)}).scalar_one() < len(nobodys)
