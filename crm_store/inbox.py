"""Messages that came in: stored once, handled once, in their order.

The row is written before the channel is told that the message has arrived, and
marked done in the same transaction as everything that the message caused.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Index, UniqueConstraint, bindparam, exists, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base, Counting, UtcDateTime, table_of
from crm_store.conversations import conversations
from crm_store.identities import identities
from crm_store.leases import lease_end, moment
from crm_store.prepared import Prepared
from crm_store.sealing import SealedInPassing
from crm_store.switches import switches

OPEN = text("status = 'open'")  # literal: a bound value would not match the partial index


class InboxMessage(Base):
    """One inbound message; ``status`` is ``open``, ``done`` or ``dead`` (failed too often)."""

    __tablename__ = "inbox"

    id: Mapped[int] = mapped_column(Counting, primary_key=True, autoincrement=True)
    """Counts up: the order in which a conversation's messages are handled."""
    ref: Mapped[str] = mapped_column(unique=True)
    channel: Mapped[str]
    account: Mapped[str]
    external_id: Mapped[str]
    conversation_id: Mapped[str]
    identity_id: Mapped[str]
    body: Mapped[dict[str, Any]] = mapped_column(SealedInPassing)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        UniqueConstraint("channel", "account", "external_id"),
        Index("ix_inbox_open", "conversation_id", "id", sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_inbox_identity_id", "identity_id", "id"),
    )


inbox = table_of(InboxMessage)

_STORE = Prepared(
    insert(inbox)
    .values(status="open", attempts=0)
    .on_conflict_do_nothing(index_elements=["channel", "account", "external_id"])
    .returning(inbox.c.id)
)
_older = inbox.alias("older")
_FREE = or_(conversations.c.lease_until.is_(None), conversations.c.lease_until < moment())
_CLAIM = Prepared(
    update(conversations)
    .where(
        conversations.c.id == bindparam("key"),
        _FREE,
        ~exists().where(
            _older.c.conversation_id == bindparam("key"),
            text("older.status = 'open'"),
            _older.c.id < bindparam("before"),
        ),
    )
    .values(lease_owner=bindparam("worker"), lease_until=lease_end())
)
_SET_FREE = Prepared(
    update(conversations)
    .where(
        conversations.c.id == bindparam("key"),
        conversations.c.lease_owner == bindparam("worker"),
        ~exists().where(_older.c.conversation_id == bindparam("key"), text("older.status = 'open'")),
    )
    .values(lease_owner=None, lease_until=None)
)
_DONE = update(inbox).where(inbox.c.id == bindparam("key"), inbox.c.status == "open").values(status="done")
_DONE_AS_LOADED = Prepared(
    _DONE.where(
        exists().where(
            conversations.c.id == bindparam("talk_id"),
            conversations.c.owner == bindparam("talk_owner"),
            conversations.c.turns == bindparam("talk_turns"),
            conversations.c.customer_id == identities.c.customer_id,
            identities.c.id == bindparam("talk_identity"),
        ),
        ~exists().where(switches.c.name == text("'bot'")),
    )
)
_OLDEST = (
    select(inbox).where(inbox.c.conversation_id == bindparam("conversation_id"), OPEN).order_by(inbox.c.id).limit(1)
)
_FIRST_IN = (
    select(inbox)
    .where(
        inbox.c.identity_id.in_(bindparam("ways", expanding=True)),
        inbox.c.conversation_id == bindparam("conversation_id"),
    )
    .order_by(inbox.c.id)
    .limit(1)
)
_WAITING = (
    select(inbox.c.conversation_id)
    .join(conversations, conversations.c.id == inbox.c.conversation_id)
    .where(text("inbox.status = 'open'"), _FREE)
    .group_by(inbox.c.conversation_id)
    .order_by(inbox.c.conversation_id)
    .limit(bindparam("most"))
)
_NEXT_FREE = (
    select(func.min(func.coalesce(conversations.c.lease_until, inbox.c.received_at)))
    .select_from(inbox)
    .join(conversations, conversations.c.id == inbox.c.conversation_id)
    .where(text("inbox.status = 'open'"))
)
_FAILED = (
    update(inbox)
    .where(inbox.c.id == bindparam("key"), inbox.c.status == "open")
    .values(attempts=inbox.c.attempts + 1)
    .returning(inbox.c.attempts)
)
_DEAD = update(inbox).where(inbox.c.id == bindparam("key")).values(status="dead")


def store(conn: Connection, row: dict[str, Any]) -> int | None:
    """Store a message once; return its key, or None where it was here already."""
    stored = _STORE.one_or_none(conn, row)
    return None if stored is None else int(stored.id)


def claim(conn: Connection, conversation_id: str, *, worker: str, now: datetime, until: datetime, before: int) -> bool:
    """Lease a free conversation for the message with key ``before``; False where it is taken or older ones wait."""
    claim = {"key": conversation_id, "worker": worker, "now": now, "until": until, "before": before}
    return _CLAIM.run(conn, claim) == 1


def set_free(conn: Connection, conversation_id: str, worker: str) -> bool:
    """End the worker's lease unless another message waits; False where one does, or the lease is not theirs."""
    return _SET_FREE.run(conn, {"key": conversation_id, "worker": worker}) == 1


def oldest_open(conn: Connection, conversation_id: str) -> Any | None:
    """Return the message that this conversation has to handle next, or None."""
    return conn.execute(_OLDEST, {"conversation_id": conversation_id}).one_or_none()


def first_in(conn: Connection, conversation_id: str, ways: Sequence[str]) -> Any | None:
    """Return the first message of these identities in a conversation, or None."""
    wanted = {"conversation_id": conversation_id, "ways": list(ways)}
    return conn.execute(_FIRST_IN, wanted).one_or_none()


def waiting_conversations(conn: Connection, *, now: datetime, most: int) -> list[str]:
    """Return free conversations that have a message to handle: left by a worker that died, or never taken."""
    return list(conn.execute(_WAITING, {"now": now, "most": most}).scalars())


def next_free(conn: Connection) -> datetime | None:
    """Return when the next conversation with a message to handle is free to be taken, or None where none waits."""
    free: datetime | None = conn.execute(_NEXT_FREE).scalar_one()
    return free


def finish(conn: Connection, key: int) -> bool:
    """Mark a message handled; False where somebody else has done it, and then nothing else may be written."""
    return conn.execute(_DONE, {"key": key}).rowcount == 1


def finish_as_loaded(conn: Connection, key: int, *, who: Any) -> bool:
    """Do as `finish`, if all is as it was when ``who`` was loaded and the bot is not paused; else nothing is done.

    ``who`` is a conversation's row with the ``identity_id`` of who speaks; it still has to
    be that customer's, since customers are merged and taken apart.
    """
    loaded = {"talk_id": who.id, "talk_owner": who.owner, "talk_turns": who.turns, "talk_identity": who.identity_id}
    return _DONE_AS_LOADED.run(conn, {"key": key, **loaded}) == 1


def failed(conn: Connection, key: int) -> int:
    """Count a failed attempt at a message; return how many there were."""
    return conn.execute(_FAILED, {"key": key}).scalar_one_or_none() or 0


def bury(conn: Connection, key: int) -> None:
    """Give up on a message, so that those behind it are handled; a person is told by the caller."""
    conn.execute(_DEAD, {"key": key})
