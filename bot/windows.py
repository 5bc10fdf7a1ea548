"""Windows: channels that take so many messages for so long after a customer did something.

The customer's message opens the window in the transaction that answers it. What the
bot says there and what an agent writes is counted when it is written, so that whoever
writes knows at once; what nobody asked for, when it leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.messages import Inbound
from bot.ports import Capabilities
from crm_store import windows
from crm_store.windows import KEPT_FOR_ANSWERS, Shut
from flows.replies import Rendered

KEPT_FOR_A_PERSON = 1
"""The bot leaves so many, so that an agent can still answer."""
WHEN_WRITTEN = ("reply", "agent")
"""Counted when they are written; the other kinds when they leave."""
_OPENING_EVENTS = ("follow", "link", "clicked")


def opened_by(
    conn: Connection,
    able: Capabilities | None,
    inbound: Inbound,
    identity_id: str,
    *,
    received_at: datetime,
    now: datetime,
) -> None:
    """Open what ``inbound`` opens; receipts and goodbyes open nothing."""
    if able is None or able.window is None or (inbound.kind == "event" and inbound.event not in _OPENING_EVENTS):
        return
    lesser = inbound.kind in ("event", "payload") and able.event_window is not None
    window = able.event_window if lesser and able.event_window is not None else able.window
    since = min(inbound.sent_at or received_at, received_at)
    windows.open_for(
        conn, identity_id, until=since + window.lasts, messages=window.messages, now=now, only_if_more=lesser
    )


def count_answers(
    conn: Connection, able: Capabilities | None, identity_id: str, *, count: int, now: datetime
) -> tuple[Shut | None, bool]:
    """Count what the bot is about to answer.

    Returns why it can't be sent, or None; and whether it is the last that the bot may
    send before the customer writes again.
    """
    if able is None or able.window is None or not count:
        return None, False
    remaining = windows.take(conn, identity_id, now=now, cost=count, keep=KEPT_FOR_A_PERSON)
    if remaining is None:
        return _why(conn, identity_id, now=now, keep=KEPT_FOR_A_PERSON), False
    return None, remaining == KEPT_FOR_A_PERSON


def count_agents(conn: Connection, identity_id: str, *, count: int, now: datetime) -> Shut | None:
    """Count what an agent is about to write; return why it can't be sent. What never had a window has no bounds."""
    if windows.take(conn, identity_id, now=now, cost=count) is not None or windows.find(conn, identity_id) is None:
        return None
    return _why(conn, identity_id, now=now, keep=0)


def shut_for(conn: Connection, able: Capabilities | None, row: Any, *, now: datetime) -> Shut | None:
    """Look at an outbox row's window right before it leaves, and count it if it was not when it was written."""
    if able is None or able.window is None:
        return None
    if row.kind in WHEN_WRITTEN:
        window = windows.find(conn, row.identity_id)
        return "window_closed" if window is None or window.closes_at <= now else None
    if windows.take(conn, row.identity_id, now=now, keep=KEPT_FOR_ANSWERS) is not None:
        return None
    return _why(conn, row.identity_id, now=now, keep=KEPT_FOR_ANSWERS)


def joined(messages: Sequence[Rendered]) -> list[Rendered]:
    """Make one message of all, for channels that count them; the choices are the last ones, as a typed number means."""
    if len(messages) < 2:
        return list(messages)
    choices = next((each.buttons for each in reversed(messages) if each.buttons), ())
    asks = any(each.request_contact for each in messages)
    return [Rendered("\n\n".join(each.text for each in messages), choices, request_contact=asks)]


def _why(conn: Connection, identity_id: str, *, now: datetime, keep: int) -> Shut:
    window = windows.find(conn, identity_id)
    if window is None:
        return "window_closed"
    return windows.shut(window, now=now, keep=keep) or "budget"
