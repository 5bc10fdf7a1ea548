"""Photos and files that customers send for a case: kept as steps of it, by the reference of their message.

What the platform gave us to fetch it by stays with the message in the history.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from crm_store import history, tickets

KINDS = ("photo", "file")
"""Kinds of attachments that show something."""
BEFORE = timedelta(hours=1)
"""What was sent so long before a case was opened, and after the one before it, belongs to it."""
MOST = 20
"""Of one case, when it is opened."""


def sent_before(conn: Connection, customer_id: str, *, now: datetime) -> list[dict[str, str]]:
    """Return what a customer has sent for the case that is opened now: ``kind`` and ``message``, oldest first."""
    found: list[dict[str, str]] = []
    for entry in history.backwards(conn, customer_id, "message.in", "ticket.opened"):
        if entry.kind == "ticket.opened" or entry.at < now - BEFORE or len(found) == MOST:
            break
        if (kind := (entry.data or {}).get("attachment")) in KINDS:
            found.append({"kind": kind, "message": entry.ref})
    return found[::-1]


def fresh_case(conn: Connection, customer_id: str, *, since: datetime) -> str | None:
    """Return the number of the customer's open case that was opened last, after ``since``; None where there is none."""
    opened = [one for one in tickets.of_customer(conn, customer_id) if one.status == "open" and one.opened_at >= since]
    return opened[-1].number if opened else None


def keep(conn: Connection, number: str, kind: str, message: str, *, now: datetime, channel: str | None) -> None:
    """Keep what came after a case was opened as a step of it."""
    shown: list[dict[str, Any]] = [{"kind": kind, "message": message}]
    tickets.add_step(conn, number, now=now, by="customer", channel=channel, said={"evidence": shown})
