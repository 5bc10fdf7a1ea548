"""A customer on one page: everything that the shop knows, as `shuke customer show` prints it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from crm_store import consents, conversations, customers, history, identities, orders, points, tickets


def find_customer(conn: Connection, id: str) -> str | None:
    """Return the internal id of whom ``id`` names: a customer_id, an internal id or ``CHANNEL:USER``."""
    found = customers.by_number(conn, id) or customers.by_id(conn, id)
    if found is not None:
        return str(found.id)
    channel, separator, user_id = id.partition(":")
    identity = identities.find(conn, channel, user_id) if separator else None
    return str(identity.customer_id) if identity is not None else None


def customer_json(conn: Connection, key: str, now: datetime) -> dict[str, Any]:
    """Return all that is known of the customer with the internal id ``key``, points as of ``now``.

    Moments are ISO 8601 in UTC; the timeline is in the order in which things happened.

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
        "timezone": row.timezone,
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
        "promises": [],
        "memory": [],
        "orders": [order.as_json() for order in orders.of_customer(conn, key)],
        "timeline": [
            _entry(entry) for entry in sorted(history.timeline(conn, key), key=lambda entry: (entry.at, entry.id))
        ],
    }


def _entry(entry: Any) -> dict[str, Any]:
    what = {"text": entry.text} if entry.text is not None else {"data": entry.data or {}}
    return {"at": entry.at.isoformat(), "kind": entry.kind, "channel": entry.channel, "by": entry.by, **what}
