"""A customer on one page: everything that the shop knows, as `shuke customer show` prints it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from crm_store import (
    consents,
    conversations,
    coupons,
    customers,
    facets,
    history,
    identities,
    memory,
    merges,
    opportunities,
    orders,
    points,
    promises,
    related,
    tags,
    tickets,
    zones,
)
from crm_store.errors import NotOne

_AT_ONCE = 500
"""Customers that one statement asks for."""
SHORT_ID = 8
"""So many characters of a message's end name it among those of one shop."""


def find_customer(conn: Connection, id: str) -> str | None:
    """Return the internal id of whom ``id`` names: a customer_id, an internal id or ``CHANNEL:USER``.

    Who was merged into another customer is found as that one.
    """
    found = customers.by_number(conn, id) or customers.by_id(conn, merges.root(conn, id))
    if found is not None:
        return str(found.id)
    channel, separator, user_id = id.partition(":")
    identity = identities.find(conn, channel, user_id) if separator else None
    return str(identity.customer_id) if identity is not None else None


def find_message(conn: Connection, id: str) -> str | None:
    """Return the message that ``id`` names: its own id, the end of one (`SHORT_ID`), or whose last message it is.

    Raises:
        NotOne: more than one message ends so.
    """
    if history.by_ref(conn, id) is not None:
        return id
    customer = find_customer(conn, id)
    if customer is not None:
        for kinds in (("message.in",), ("message.out", "care.sent")):
            if last := next((one.ref for one in history.backwards(conn, customer, *kinds) if one.ref), None):
                return str(last)
        return None
    if len(id) < SHORT_ID or not id.isalnum():
        return None
    found = history.ending_with(conn, id.upper())
    if len(found) > 1:
        raise NotOne(f"{id}: more than one message ends so; give more of its id")
    return found[0] if found else None


def called(conn: Connection, key: str) -> str:
    """Return what people call the customer with the internal id ``key``: the shop's number, or ``CHANNEL:USER``."""
    row = customers.by_id(conn, key)
    if row is not None and row.customer_no:
        return str(row.customer_no)
    theirs = identities.of_customer(conn, key)
    return f"{theirs[0].channel}:{theirs[0].user_id}" if theirs else key


def calling(conn: Connection, keys: Iterable[str]) -> dict[str, tuple[str | None, str]]:
    """Do as `called` for many at once; return the name of each that there is, or None, and what people call them."""
    wanted = sorted(set(keys))
    found: dict[str, tuple[str | None, str]] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        ways: dict[str, str] = {}
        for one in identities.of_customers(conn, part):
            ways.setdefault(one.customer_id, f"{one.channel}:{one.user_id}")
        for row in customers.by_ids(conn, part):
            found[row.id] = (row.name, row.customer_no or ways.get(row.id, row.id))
    return found


def customer_json(conn: Connection, key: str, now: datetime) -> dict[str, Any]:
    """Return all that is known of the customer with the internal id ``key``, points as of ``now``.

    Moments are ISO 8601 in UTC; the timeline is in the order in which things happened, and
    its messages have the ``id`` that `shuke explain` takes.

    Raises:
        LookupError: there is no such customer.
    """
    row = customers.by_id(conn, key)
    if row is None:
        raise LookupError("there is no such customer")
    birthday = customers.birthday_of(row)
    conversation = conversations.of_customer(conn, key)
    return {
        "customer_id": row.customer_no,
        "id": row.id,
        "name": row.name,
        "language": row.language,
        "timezone": zones.of_row(row),
        "birthday": birthday.as_json() if birthday else None,
        "phone": row.phone,
        "email": row.email,
        "member": bool(row.member),
        "tier": row.tier,
        "stage": row.stage,
        "owner": conversation.owner if conversation else conversations.BOT,
        "consent": consents.of_customer(conn, key),
        "points": points.balance(conn, key, now),
        "lots": [
            {"points": lot.points, "expires_at": lot.expires_at.isoformat() if lot.expires_at else None}
            for lot in points.live_lots(conn, key, now)
        ],
        "identities": [
            {"channel": one.channel, "user_id": one.user_id, "verified": bool(one.verified)}
            for one in identities.of_customer(conn, key)
        ],
        "tickets": [ticket.as_json() for ticket in tickets.of_customer(conn, key)],
        "promises": [promises.as_json(one) for one in promises.of_customer(conn, key)],
        "memory": [fact.as_json() for fact in memory.known(conn, key, now)],
        "orders": [order.as_json() for order in orders.of_customer(conn, key)],
        "timeline": [
            _entry(entry) for entry in sorted(history.timeline(conn, key), key=lambda entry: (entry.at, entry.id))
        ],
        "timezone_from": zones.source_of(conn, row),
        "feb29": row.feb29,
        "account_owner": row.owner,
        "coupons": [coupons.as_json(one) for one in coupons.of_customer(conn, key)],
        "tags": tags.of_customer(conn, key),
        "attributes": row.attributes or {},
        "related": [person.as_json() for person in related.of_customer(conn, key)],
        "consent_words": consents.proofs(conn, key),
        "opportunities": [one.as_json() for one in opportunities.of_customer(conn, key)],
        "facets": facets.of_customer(conn, key, now=now),
    }


def _entry(entry: Any) -> dict[str, Any]:
    what: dict[str, Any] = {"text": entry.text} if entry.text is not None else {"data": entry.data or {}}
    if entry.ref is not None:
        what["id"] = entry.ref
    return {"at": entry.at.isoformat(), "kind": entry.kind, "channel": entry.channel, "by": entry.by, **what}
