"""How much waits, for monitoring: one statement each, none reads more than a few thousand rows of an index.

A count that has reached `MOST` means "so many or more": what waits by the ten
thousand needs no exact number.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, func, literal_column, select, text

from crm_store.conversations import conversations
from crm_store.inbox import inbox
from crm_store.outbox import outbox
from crm_store.switches import paused

MOST = 10_000

_open = select(inbox.c.received_at).where(text("inbox.status = 'open'")).limit(MOST).subquery()
_INBOX = select(func.count().label("waiting"), func.min(_open.c.received_at).label("since"))
_undelivered = (
    select(outbox.c.channel, outbox.c.created_at)
    .where(text("outbox.status IN ('queued', 'sending')"))
    .limit(MOST)
    .subquery()
)
_OUTBOX = (
    select(_undelivered.c.channel, func.count().label("waiting"), func.min(_undelivered.c.created_at).label("since"))
    .group_by(_undelivered.c.channel)
    .order_by(_undelivered.c.channel)
)
_earlier = outbox.alias("earlier")
# Care may wait for hours on purpose, and who stands behind a message that is tried again waits for that.
_OVERDUE = (
    select(outbox.c.due_at)
    .where(
        text("outbox.status IN ('queued', 'sending')"),
        text("outbox.status = 'queued'"),
        text("outbox.kind <> 'care'"),
        ~exists().where(
            _earlier.c.identity_id == outbox.c.identity_id,
            text("earlier.status IN ('queued', 'sending')"),
            text("(earlier.status = 'sending' OR earlier.kind <> 'care')"),
            _earlier.c.id < outbox.c.id,
        ),
    )
    .order_by(outbox.c.due_at)
    .limit(1)
)
_queued = (
    select(conversations.c.waiting_since)
    .where(text("conversations.owner = 'queue'"))
    .order_by(conversations.c.waiting_since)
    .limit(MOST)
    .subquery()
)
_QUEUE = select(func.count().label("waiting"), func.min(_queued.c.waiting_since).label("since"))
_DEAD = select(func.count(), func.max(inbox.c.received_at)).where(inbox.c.status == literal_column("'dead'"))


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many wait, and since when the longest of them; None where nobody does."""

    count: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Figures:
    """What waits in the tables."""

    inbox: Waiting
    """Messages that have come in and are not handled."""
    outbox: dict[str, Waiting]
    """Messages that have not left, by channel; since when they were written."""
    overdue: datetime | None
    """When the next answer should have left; in the future where delivery keeps up, None where none waits."""
    queue: Waiting
    """Conversations that wait for a person."""
    paused: frozenset[str]
    """Which emergency stops are on."""


def read(conn: Connection) -> Figures:
    """Return what waits now."""
    return Figures(
        _waiting(conn.execute(_INBOX).one()),
        {row.channel: _waiting(row) for row in conn.execute(_OUTBOX)},
        overdue(conn),
        _waiting(conn.execute(_QUEUE).one()),
        paused(conn),
    )


def inbox_waiting(conn: Connection) -> Waiting:
    """Return how many messages that came in are not handled."""
    return _waiting(conn.execute(_INBOX).one())


def overdue(conn: Connection) -> datetime | None:
    """Return when the answer that waits longest should have left, or None where none waits."""
    due: datetime | None = conn.execute(_OVERDUE).scalar_one_or_none()
    return due


def dead(conn: Connection) -> tuple[int, datetime | None]:
    """Return how many messages were given up after too many failed turns, and when the last of them came.

    Reads the whole inbox: for a person who asks, not for monitoring.
    """
    count, last = conn.execute(_DEAD).one()
    return count, last


def _waiting(row: Any) -> Waiting:
    return Waiting(row.waiting, row.since)
