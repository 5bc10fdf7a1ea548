"""Who is a member of the shop's club: joining, leaving, and how far people come who begin to join."""

from __future__ import annotations

from sqlalchemy import Connection

from crm_store import history

JOINED = "member.joined"
LEFT = "member.left"


def has_left(conn: Connection, customer_id: str) -> bool:
    """Return whether the customer was a member by their own word and left, and has not joined again."""
    return any(entry.kind == LEFT for entry in history.newest(conn, customer_id, (JOINED, LEFT), most=1))
