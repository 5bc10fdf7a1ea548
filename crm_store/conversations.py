"""The running talk with a customer: who speaks for the shop, and where the dialogue stands.

A customer has one conversation, whichever channels they write on. `owner` is
``bot``, ``queue`` (waiting for a person) or ``agent:NAME``; while it is not
``bot``, the bot says nothing of its own (see `handoffs.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, bindparam, func, insert, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base, Counting, UtcDateTime, table_of
from crm_store.leases import lease_end
from crm_store.prepared import Prepared
from crm_store.sealing import SealedInPassing

BOT = "bot"
QUEUE = "queue"


def agent_owner(name: str) -> str:
    """Return how a conversation's owner is written when an agent has it."""
    return f"agent:{name}"


class Conversation(Base):
    """The state of the talk; the words are in the history."""

    __tablename__ = "conversations"

    id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), unique=True)
    identity_id: Mapped[str] = mapped_column(ForeignKey("identities.id"))
    """The identity that spoke last: an answer leaves by it."""
    owner: Mapped[str] = mapped_column(default=BOT)
    state: Mapped[dict[str, Any] | None] = mapped_column(SealedInPassing)
    """The dialogue's own state; only the flow engine reads it."""
    turns: Mapped[int] = mapped_column(default=0)
    waiting_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when the customer has waited in the queue."""
    team: Mapped[int | None] = mapped_column(Counting)
    """The team that the customer waits for in the queue; None where everybody is meant."""
    snoozed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    silence_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When something is to be done about a customer who has not answered: the bot's question is open since their
    last message."""
    lease_owner: Mapped[str | None]
    """The worker that takes this conversation's turn now."""
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("ix_conversations_leased", "lease_until", sqlite_where=text("lease_until IS NOT NULL"),
              postgresql_where=text("lease_until IS NOT NULL")),
        Index("ix_conversations_queue", "waiting_since", sqlite_where=text("owner = 'queue'"),
              postgresql_where=text("owner = 'queue'")),
        Index("ix_conversations_silence_at", "silence_at", sqlite_where=text("silence_at IS NOT NULL"),
              postgresql_where=text("silence_at IS NOT NULL")),
        Index("ix_conversations_with_people", "owner", sqlite_where=text("owner <> 'bot'"),
              postgresql_where=text("owner <> 'bot'")),
    )  # fmt: skip


conversations = table_of(Conversation)

_ADD = insert(conversations)
_BY_ID = select(conversations).where(conversations.c.id == bindparam("id"))
_HOLD = _BY_ID.with_for_update(key_share=True)
_WAITING = select(func.count()).select_from(conversations).where(text("owner = 'queue'"))
_WAITING_FOR = (
    select(conversations.c.team, func.count().label("n")).where(text("owner = 'queue'")).group_by(conversations.c.team)
)
_OF = select(conversations).where(conversations.c.customer_id == bindparam("customer_id"))
_SAVE = Prepared(
    update(conversations)
    .where(conversations.c.id == bindparam("key"))
    .values(
        state=bindparam("state"),
        identity_id=bindparam("identity_id"),
        turns=conversations.c.turns + 1,
        last_in_at=bindparam("now"),
        silence_at=bindparam("silence_at"),
        closed_at=None,
    )
)
_IS_SILENT = text("silence_at IS NOT NULL")  # literal, as the partial index has it
_SILENT = (
    select(conversations)
    .where(_IS_SILENT, conversations.c.silence_at <= bindparam("now"))
    .order_by(conversations.c.silence_at, conversations.c.id)
    .limit(bindparam("most"))
)
_NEXT_SILENCE = select(conversations.c.silence_at).where(_IS_SILENT).order_by(conversations.c.silence_at).limit(1)
_BREAK_SILENCE = (
    update(conversations)
    .where(conversations.c.id == bindparam("key"), conversations.c.silence_at == bindparam("seen"))
    .values(silence_at=bindparam("then"))
)
_LET_GO = update(conversations).where(conversations.c.id == bindparam("key")).values(state=bindparam("state"))
_KEEP = (
    update(conversations)
    .where(conversations.c.id == bindparam("key"), conversations.c.lease_owner == bindparam("worker"))
    .values(lease_until=lease_end())
)
_EXTEND = (
    update(conversations)
    .where(conversations.c.id.in_(bindparam("ids", expanding=True)), conversations.c.lease_owner == bindparam("worker"))
    .values(lease_until=lease_end())
)
_REST = (
    update(conversations)
    .where(conversations.c.id == bindparam("key"))
    .values(lease_owner=None, lease_until=lease_end())
)
_RELEASE_ALL = (
    update(conversations).where(conversations.c.lease_owner.is_not(None)).values(lease_owner=None, lease_until=None)
)
_RELEASE_OF = (
    update(conversations)
    .where(conversations.c.lease_owner == bindparam("worker"))
    .values(lease_owner=None, lease_until=None)
)
_RELEASE = (
    update(conversations)
    .where(conversations.c.id == bindparam("key"), conversations.c.lease_owner == bindparam("worker"))
    .values(lease_owner=None, lease_until=None)
)


def add(conn: Connection, *, id: str, customer_id: str, identity_id: str, now: datetime) -> None:
    """Begin the conversation of a customer."""
    row = {"id": id, "customer_id": customer_id, "identity_id": identity_id, "created_at": now}
    conn.execute(_ADD, {**row, "owner": BOT, "turns": 0})


def by_id(conn: Connection, id: str) -> Any | None:
    """Return the conversation's row, or None."""
    return conn.execute(_BY_ID, {"id": id}).one_or_none()


def hold(conn: Connection, id: str) -> Any | None:
    """Do as `by_id`, and let nobody else change the row until this transaction ends."""
    return conn.execute(_HOLD, {"id": id}).one_or_none()


def of_customer(conn: Connection, customer_id: str) -> Any | None:
    """Return the customer's conversation, or None where they never wrote."""
    return conn.execute(_OF, {"customer_id": customer_id}).one_or_none()


def waiting(conn: Connection) -> int:
    """Return how many customers wait for a person."""
    return int(conn.execute(_WAITING).scalar_one())


def waiting_for(conn: Connection) -> dict[int | None, int]:
    """Return how many customers wait for each team (its id), and for whoever comes (None)."""
    return {row.team: row.n for row in conn.execute(_WAITING_FOR)}


def save_turn(
    conn: Connection, id: str, *, state: dict[str, Any] | None, identity_id: str, now: datetime,
    silence_at: datetime | None = None,
) -> None:  # fmt: skip
    """Keep where the dialogue stands after a turn; ownership is not touched (`handoffs.py` does that).

    ``silence_at`` is when something is to be done if the customer does not answer.
    """
    turn = {"key": id, "state": state, "identity_id": identity_id, "now": now, "silence_at": silence_at}
    _SAVE.run(conn, turn)


def silent(conn: Connection, now: datetime, *, most: int) -> list[Any]:
    """Return conversations about whose silence something is to be done, longest due first."""
    return list(conn.execute(_SILENT, {"now": now, "most": most}))


def next_silence(conn: Connection) -> datetime | None:
    """Return when the next silence is due, or None."""
    at: datetime | None = conn.execute(_NEXT_SILENCE).scalar_one_or_none()
    return at


def break_silence(conn: Connection, id: str, *, seen: datetime, then: datetime | None) -> bool:
    """Take up the silence that was due at ``seen``; False where somebody else has, or the customer has spoken."""
    return conn.execute(_BREAK_SILENCE, {"key": id, "seen": seen, "then": then}).rowcount == 1


def let_go(conn: Connection, id: str, *, state: dict[str, Any]) -> None:
    """Keep that what was under way is no longer."""
    conn.execute(_LET_GO, {"key": id, "state": state})


def release(conn: Connection, id: str, worker: str) -> None:
    """Give the conversation free for the next turn, if this worker still has it."""
    conn.execute(_RELEASE, {"key": id, "worker": worker})


def release_all(conn: Connection) -> None:
    """Give every conversation free that a worker had; one that rests after a failed turn goes on resting."""
    conn.execute(_RELEASE_ALL)


def release_of(conn: Connection, worker: str) -> None:
    """Give every conversation free that this worker has."""
    conn.execute(_RELEASE_OF, {"worker": worker})


def keep(conn: Connection, id: str, *, worker: str, now: datetime, until: datetime) -> bool:
    """Go on with the conversation, under a fresh lease; False where the lease has been lost."""
    return conn.execute(_KEEP, {"key": id, "worker": worker, "now": now, "until": until}).rowcount == 1


def extend(conn: Connection, ids: Sequence[str], *, worker: str, now: datetime, until: datetime) -> None:
    """Go on with what ``worker`` is taking the turn of, under a fresh lease."""
    conn.execute(_EXTEND, {"ids": ids, "worker": worker, "now": now, "until": until})


def rest(conn: Connection, id: str, *, now: datetime, until: datetime) -> None:
    """Let nobody take the conversation up before ``until``."""
    conn.execute(_REST, {"key": id, "now": now, "until": until})
