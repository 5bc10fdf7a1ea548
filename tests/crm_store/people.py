"""Customers on channels, as the way of a message makes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from crm_store import conversations, customers, identities
from crm_store.desk_hours import DeskHours

NOW = datetime(2026, 11, 22, 1, tzinfo=UTC)
DESK = DeskHours(ZoneInfo("Asia/Shanghai"), time(9), time(21), frozenset(range(7)))
"""Open as `NOW` begins, and for twelve hours every day."""


def a_customer(conn: Connection, id: str, *, number: str | None = None, talks: bool = True, **fields: Any) -> None:
    """A customer ``id`` with the identity ``telegram:id``, verified where the shop has a number for them."""
    customers.add(conn, id=id, created_at=NOW, customer_no=number, **fields)
    identities.add(
        conn, id=f"i-{id}", channel="telegram", user_id=id, customer_id=id, now=NOW,
        verified=number is not None, evidence="import" if number else None,
    )  # fmt: skip
    if talks:
        conversations.add(conn, id=f"t-{id}", customer_id=id, identity_id=f"i-{id}", now=NOW)


def an_inbound(external_id: str, who: str = "ana", **columns: Any) -> dict[str, Any]:
    return {
        "ref": f"in-{who}-{external_id}", "channel": "telegram", "account": "shop", "external_id": external_id,
        "conversation_id": f"t-{who}", "identity_id": f"i-{who}", "body": {"text": "你好"}, "received_at": NOW,
    } | columns  # fmt: skip


def an_outbound(key: str, who: str = "ana", **columns: Any) -> dict[str, Any]:
    return {
        "ref": f"out-{key}", "dedupe_key": key, "customer_id": who, "conversation_id": f"t-{who}",
        "identity_id": f"i-{who}", "channel": "telegram", "recipient": who, "kind": "reply", "body": {"text": "您好"},
        "status": "queued", "due_at": NOW, "created_at": NOW,
    } | columns  # fmt: skip


@contextmanager
def nothing_kept(conn: Connection) -> Iterator[None]:
    """Undo what is done within, so that one database serves many examples."""
    attempt = conn.begin_nested()
    try:
        yield
    finally:
        attempt.rollback()
