"""Forget a customer: what is left is a tombstone with amounts, counts and times.

One transaction, so that an erasure that is broken off has not begun.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    Table,
    and_,
    cast,
    delete,
    exists,
    func,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.types import JSON, Boolean, TypeEngine

from crm_store import audit, conversations, customers, identities, merges, tickets
from crm_store.guarding import opened
from crm_store.history import history
from crm_store.leases import moment
from crm_store.models import metadata
from crm_store.orders import order_lines, orders
from crm_store.outbox import outbox
from crm_store.points import entries
from crm_store.privacy import erasures
from crm_store.privacy.erasures import Hashes
from crm_store.privacy.fates import Belonging, Deleted, Scrubbed
from crm_store.privacy.reducing import REMOVED, reduced
from crm_store.privacy.registry import REGISTRY

_talks = conversations.conversations
_AT_WORK = (
    select(_talks.c.id).where(_talks.c.customer_id == text(":who"), _talks.c.lease_owner.is_not(None),
                              _talks.c.lease_until >= moment()),
    select(outbox.c.id).where(outbox.c.customer_id == text(":who"), text("outbox.status = 'sending'"),
                              outbox.c.lease_until >= moment()),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done. ``refs`` are the customer's messages, by which files beside the database may name them."""

    id: str
    customer: str
    conversations: tuple[str, ...]
    refs: frozenset[str]
    proof: Mapping[str, Any]


def erase(
    conn: Connection, customer: str, *, by: str, hashes: Hashes, now: datetime, wait: bool = True
) -> Erased | None:
    """Erase the customer with this internal id.

    None, with nothing done, while a turn or a message of theirs is under way.

    Without ``wait`` what is under way is not waited for: where nobody can be at work.
    Who was erased before gets the proof of then.

    Raises:
        LookupError: there is no such customer.
    """
    customers.hold(conn, customer)
    row = customers.by_id(conn, customer)
    if row is None:
        raise LookupError("there is no such customer")
    talk = conversations.of_customer(conn, customer)
    if talk is not None:
        conversations.hold(conn, talk.id)
    key = hashes.of(customer)
    if row.erased_at is not None:
        done = erasures.find(conn, key)
        return _told(conn, key, customer, (done.proof if done else None) or {})
    if wait and any(conn.execute(busy, {"who": customer, "now": now}).first() for busy in _AT_WORK):
        return None
    absorbed = (one.absorbed_id for one in merges.standing(conn, customer))
    theirs = (one.id for one in identities.of_customer(conn, customer))
    names = [hashes.of(name) for name in (customer, *absorbed, *theirs)]
    kept = _sums(conn, customer)
    for ticket in tickets.of_customer(conn, customer):
        if ticket.status == "open":
            tickets.move(conn, ticket.number, "closed", now=now, by=by)
    done_to = _scrub(conn, customer, now, by)
    _bury(conn, customer, now)
    if (left := _sums(conn, customer)) != kept:
        raise RuntimeError(f"an erasure changed sums: {sorted(name for name in kept if kept[name] != left[name])}")
    proof = _proof(customer, now, by, done_to, kept)
    erasures.add(
        conn,
        [{"id": key, "names": names, "key": hashes.name, "at": now, "by": by, "proof": proof, "finished_at": None}],
    )
    audit.record(conn, at=now, by=by, action="erase_customer", customer_id=customer)
    return _told(conn, key, customer, proof)


def again(conn: Connection, row: Any) -> Erased:
    """Return what an erasure (a row of the ledger, with its proof) has done."""
    return _told(conn, row.id, row.proof["customer"], row.proof)


def _told(conn: Connection, key: str, customer: str, proof: Mapping[str, Any]) -> Erased:
    talk = conversations.of_customer(conn, customer)
    named = select(history.c.ref).where(history.c.customer_id == customer, history.c.ref.is_not(None))
    refs = frozenset(map(str, conn.execute(named).scalars()))
    return Erased(key, customer, (str(talk.id),) if talk is not None else (), refs, proof)


def _scrub(conn: Connection, customer: str, now: datetime, by: str) -> dict[str, dict[str, int]]:
    done: dict[str, dict[str, int]] = {"deleted": {}, "scrubbed": {}}
    with opened(conn, "erasure"):
        # What points to others first: whose it is, is found through them.
        for table in reversed(metadata.sorted_tables):
            belonging: Belonging = REGISTRY[table.name]
            if isinstance(belonging, Deleted):
                whose = belonging.whose(table, customer)
                # Counted before: SQLite's driver counts no deletion that begins with WITH.
                _count(done["deleted"], table, _how_many(conn, table, whose))
                conn.execute(delete(table).where(whose))
            elif isinstance(belonging, Scrubbed):
                _count(done["scrubbed"], table, _scrub_rows(conn, table, belonging, customer, now, by))
    return done


def _count(counted: dict[str, int], table: Table, rows: int) -> None:
    if rows:
        counted[str(table.name)] = rows


def _scrub_rows(conn: Connection, table: Table, belonging: Scrubbed, customer: str, now: datetime, by: str) -> int:
    whose = belonging.whose(table, customer)
    if (stop := belonging.stop) is not None:
        marks = {stop.column: stop.ended} | ({stop.at: now} if stop.at else {}) | ({stop.by: by} if stop.by else {})
        conn.execute(update(table).where(whose, table.c[stop.column].in_(stop.running)).values(marks))
    if table is history:
        conn.execute(delete(table).where(whose, table.c.kind.in_(REMOVED)))
        for row in conn.execute(select(table.c.id, table.c.kind, table.c.data).where(whose)).all():
            if row.data is not None and (left := reduced(row.kind, row.data)) != row.data:
                conn.execute(update(table).where(table.c.id == row.id).values(data=left))
    values: dict[str, Any] = dict(belonging.ends)
    key = cast(next(iter(table.primary_key)), String)
    for name, fate in belonging.columns.items():
        if fate == "cleared":
            values[name] = None
        elif fate == "emptied":
            values[name] = _empty(table.c[name].type)
        elif fate == "renamed":
            values[name] = literal(identities.ERASED) + key
    wanted = update(table).where(whose)
    if not values:
        return _how_many(conn, table, whose)
    return conn.execute(wanted.values(**values)).rowcount


def _how_many(conn: Connection, table: Table, whose: ColumnElement[bool]) -> int:
    return int(conn.execute(select(func.count()).select_from(table).where(whose)).scalar_one())


def _empty(kind: TypeEngine[Any]) -> Any:
    if isinstance(kind, Boolean):
        return False
    return {"text": ""} if isinstance(kind, JSON) else ""


def _bury(conn: Connection, customer: str, now: datetime) -> None:
    conn.execute(update(customers.customers).where(customers.customers.c.id == customer).values(erased_at=now))
    theirs = identities.identities.c.customer_id == customer
    conn.execute(update(identities.identities).where(theirs).values(unreachable_since=now))
    conn.execute(update(_talks).where(_talks.c.customer_id == customer).values(closed_at=now))


def _sums(conn: Connection, customer: str) -> dict[str, Any]:
    """Return what the books add up to, before and after."""
    lines = list(
        conn.execute(
            select(order_lines.c.quantity, order_lines.c.unit_price, order_lines.c.currency)
            .join(orders, orders.c.order_no == order_lines.c.order_no)
            .where(orders.c.customer_id == customer)
        )
    )
    spent: dict[str, Any] = {}
    for line in lines:
        if line.unit_price is not None:
            spent[line.currency] = spent.get(line.currency, 0) + line.quantity * line.unit_price

    def counted(table: Table) -> int:
        return _how_many(conn, table, table.c.customer_id == customer)

    moved = select(func.coalesce(func.sum(entries.c.points), 0)).where(entries.c.customer_id == customer)
    messages = and_(history.c.customer_id == customer, history.c.kind.in_(("message.in", "message.out")))
    return {
        "orders": counted(orders),
        "order_lines": len(lines),
        "spent": {currency: str(amount) for currency, amount in sorted(spent.items())},
        "points": int(conn.execute(moved).scalar_one()),
        "tickets": counted(tickets.tickets),
        "messages": int(conn.execute(select(func.count()).select_from(history).where(messages)).scalar_one()),
    }


def _proof(
    customer: str, now: datetime, by: str, done: Mapping[str, Mapping[str, int]], kept: Mapping[str, Any]
) -> dict[str, Any]:
    told: dict[str, Any] = {"customer": customer, "erased_at": now.isoformat(), "by": by, **done, "kept": dict(kept)}
    return told | {"sha256": hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()}


def is_erased(conn: Connection, customer: str) -> bool:
    """Return whether this customer was erased."""
    gone = exists().where(customers.customers.c.id == customer, customers.customers.c.erased_at.is_not(None))
    return bool(conn.execute(select(gone)).scalar_one())
