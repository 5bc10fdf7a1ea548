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

from sqlalchemy import Connection, Select, and_, bindparam, exists, func, or_, select, text

from bot.channels.webchat.send import CHANNEL
from crm_store import outbox as outbox_store
from crm_store.agents import agents
from crm_store.conversations import agent_owner, conversations
from crm_store.history import history
from crm_store.identities import identities
from crm_store.inbox import inbox
from crm_store.outbox import outbox

OVERLAP = timedelta(minutes=10)
MOST = 100
"""The lines that are shown at once, of each side where somebody goes on at a cursor."""
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_END = datetime(9999, 1, 1, tzinfo=UTC)
_ANY = 2**62
"""More than any number of a line."""
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
_ALL_IN = select(inbox.c.id, inbox.c.external_id, inbox.c.body, inbox.c.received_at).where(
    inbox.c.identity_id == bindparam("identity_id")
)
_ALL_OUT = (
    select(
        outbox.c.id, outbox.c.ref, outbox.c.kind, outbox.c.body, outbox.c.sent_at, history.c.by, agents.c.display_name
    )
    .outerjoin(history, history.c.ref == outbox.c.ref)
    .outerjoin(agents, agents.c.name == func.substr(history.c.by, len(agent_owner("")) + 1))
    .where(outbox.c.identity_id == bindparam("identity_id"), outbox.c.status == "sent")
)
_IN = _ALL_IN.where(inbox.c.received_at >= bindparam("since")).order_by(inbox.c.id.desc()).limit(MOST)
_OUT = _ALL_OUT.where(outbox.c.sent_at >= bindparam("since")).order_by(outbox.c.id.desc()).limit(MOST)


def _back_from(lines: Select[Any], at: Any, number: Any, side: str) -> Select[Any]:
    """Return the latest of one side's lines before a key; one more than is shown tells whether there are more."""
    before = or_(at < bindparam("at"), and_(at == bindparam("at"), number < bindparam(side)))
    return lines.where(before).order_by(at.desc(), number.desc()).limit(MOST + 1)


_EARLIER_IN = _back_from(_ALL_IN, inbox.c.received_at, inbox.c.id, "in_before")
_EARLIER_OUT = _back_from(_ALL_OUT, outbox.c.sent_at, outbox.c.id, "out_before")
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
    earlier: bool | None = None
    """Whether there is more before them; None where that was not asked."""

    @property
    def newest(self) -> str | None:
        return self.lines[-1]["key"] if self.lines else None


EMPTY = Look(None, (), False, False)


def look(conn: Connection, user_id: str, cursor: str | None, *, before: str | None = None) -> Look:
    """Return a visitor's lines from shortly before ``cursor`` on, at most `MOST` of each side.

    Without a cursor: the latest `MOST` lines before the key ``before``, or of all. A line is ``key``, ``id``, ``by``
    (``visitor``, ``bot`` or ``agent``), ``name`` (an agent's, as they let customers read it), ``text``, ``at`` (ISO
    8601, UTC) and ``buttons`` (``title``, ``payload``).
    """
    who = conn.execute(_WHO, {"user_id": user_id}).one_or_none()
    if who is None:
        return EMPTY
    asked = {"identity_id": who.id} | (_before(before) if cursor is None else {"since": _since(cursor)})
    theirs, ours = (_EARLIER_IN, _EARLIER_OUT) if cursor is None else (_IN, _OUT)
    said, answered = conn.execute(theirs, asked).all(), conn.execute(ours, asked).all()
    lines = [_said(row, user_id) for row in said if row.body["kind"] in ("text", "payload")]
    lines += map(_answered, answered)
    lines.sort(key=lambda line: line["key"])
    earlier = None
    if cursor is None:
        earlier, lines = len(said) + len(answered) > MOST, lines[-MOST:]
    return Look(who.conversation_id, tuple(lines), bool(who.answer_waits or who.unhandled), earlier)


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
        name = row.display_name or (row.by or "").removeprefix(agent_owner("")) or None
    return _line(
        row.sent_at, 1, row.id, id=row.ref, by=by, name=name, text=row.body["text"],
        buttons=row.body.get("buttons", []),
    )  # fmt: skip


def _line(at: datetime, side: int, number: int, **more: Any) -> dict[str, Any]:
    key = f"{(at - _BEGINNING) // _MICROSECOND:016d}.{side}.{number:012d}"
    return {"key": key, "at": at.isoformat(timespec="milliseconds"), "name": None, "buttons": [], **more}


def _since(cursor: str) -> datetime:
    return max(_BEGINNING, _moment(cursor) - OVERLAP)


def _before(key: str | None) -> dict[str, Any]:
    """Return from where on to go back: a moment, and which line of each side is the first not meant any more."""
    if key is None:
        return {"at": _END, "in_before": 0, "out_before": 0}
    side, number = int(key[17]), int(key[19:])
    return {"at": _moment(key), "in_before": _ANY if side else number, "out_before": number if side else 0}


def _moment(key: str) -> datetime:
    return _BEGINNING + int(key[:16]) * _MICROSECOND
