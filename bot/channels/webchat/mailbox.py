"""What a visitor sees: their own messages and ours to them, read from the inbox and the outbox.

A cursor is the key of a line. Keys sort as the lines do, but a line may become visible
after a later one: two processes' commits pass each other, and care that waited leaves
before or after what was queued behind it. So whoever continues at a cursor is given
the `OVERLAP` before it once more, and keeps each line once by its id.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, exists, select, text

from bot.channels.webchat.send import CHANNEL
from crm_store import outbox as outbox_store
from crm_store.conversations import conversations
from crm_store.history import history
from crm_store.identities import identities
from crm_store.inbox import inbox
from crm_store.outbox import outbox

OVERLAP = timedelta(minutes=10)
MOST = 100
"""The lines of each side that are shown at once."""
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_WHO = (
    select(
        identities.c.id,
        conversations.c.id.label("conversation_id"),
        outbox_store.undelivered_to(identities.c.id).label("answer_waits"),
        exists().where(inbox.c.conversation_id == conversations.c.id, text("inbox.status = 'open'")).label("unhandled"),
    )
    .outerjoin(conversations, conversations.c.customer_id == identities.c.customer_id)
    .where(identities.c.channel == CHANNEL, identities.c.user_id == bindparam("user_id"))
)
_IN = (
    select(inbox.c.id, inbox.c.external_id, inbox.c.body, inbox.c.received_at)
    .where(inbox.c.identity_id == bindparam("identity_id"), inbox.c.received_at >= bindparam("since"))
    .order_by(inbox.c.id.desc())
    .limit(MOST)
)
_OUT = (
    select(outbox.c.id, outbox.c.ref, outbox.c.kind, outbox.c.body, outbox.c.sent_at, history.c.by)
    .outerjoin(history, history.c.ref == outbox.c.ref)
    .where(
        outbox.c.identity_id == bindparam("identity_id"),
        outbox.c.status == "sent",
        outbox.c.sent_at >= bindparam("since"),
    )
    .order_by(outbox.c.id.desc())
    .limit(MOST)
)
_OFFERED = (
    select(outbox.c.body)
    .join(identities, identities.c.id == outbox.c.identity_id)
    .where(identities.c.channel == CHANNEL, identities.c.user_id == bindparam("user_id"))
    .order_by(outbox.c.id.desc())
    .limit(MOST)
)


@dataclass(frozen=True, slots=True)
class Look:
    """What stands in a visitor's mailbox: ``lines`` in their order, and whether an answer is being made."""

    conversation_id: str | None
    lines: tuple[dict[str, Any], ...]
    waiting: bool

    @property
    def newest(self) -> str | None:
        return self.lines[-1]["key"] if self.lines else None


EMPTY = Look(None, (), False)


def look(conn: Connection, user_id: str, cursor: str | None) -> Look:
    """Return a visitor's lines from shortly before ``cursor`` on, at most `MOST` of each side; None: the latest.

    A line is ``key``, ``id``, ``by`` (``visitor``, ``bot`` or ``agent``), ``name`` (an agent's), ``text``, ``at``
    (ISO 8601, UTC) and ``buttons`` (``title``, ``payload``).
    """
    who = conn.execute(_WHO, {"user_id": user_id}).one_or_none()
    if who is None:
        return EMPTY
    asked = {"identity_id": who.id, "since": _since(cursor)}
    lines = [_said(row, user_id) for row in conn.execute(_IN, asked) if row.body["kind"] in ("text", "payload")]
    lines += [_answered(row) for row in conn.execute(_OUT, asked)]
    lines.sort(key=lambda line: line["key"])
    return Look(who.conversation_id, tuple(lines), bool(who.answer_waits or who.unhandled))


def offered(conn: Connection, user_id: str) -> dict[str, str]:
    """Return the titles of the buttons under a visitor's latest messages, by their payloads."""
    titles: dict[str, str] = {}
    for body in conn.execute(_OFFERED, {"user_id": user_id}).scalars():
        for button in body.get("buttons", ()):
            titles.setdefault(button["payload"], button["title"])
    return titles


def external_id(user_id: str, id: str) -> str:
    """Return the name of a message in the inbox: a browser's own id of it counts for its visitor alone."""
    return f"{user_id}:{id}"


def _said(row: Any, user_id: str) -> dict[str, Any]:
    words = row.body.get("text") or row.body.get("data", {}).get("title") or ""
    id = row.external_id.removeprefix(external_id(user_id, ""))
    return _line(row.received_at, 0, row.id, id=id, by="visitor", text=words)


def _answered(row: Any) -> dict[str, Any]:
    by, name = "bot", None
    if row.kind == "agent":
        by = "agent"
        name = (row.by or "").removeprefix("agent:") or None
    return _line(
        row.sent_at, 1, row.id, id=row.ref, by=by, name=name, text=row.body["text"],
        buttons=row.body.get("buttons", []),
    )  # fmt: skip


def _line(at: datetime, side: int, number: int, **more: Any) -> dict[str, Any]:
    key = f"{(at - _BEGINNING) // _MICROSECOND:016d}.{side}.{number:012d}"
    return {"key": key, "at": at.isoformat(timespec="milliseconds"), "name": None, "buttons": [], **more}


def _since(cursor: str | None) -> datetime:
    if cursor is None:
        return _BEGINNING
    return max(_BEGINNING, _BEGINNING + int(cursor[:16]) * _MICROSECOND - OVERLAP)
