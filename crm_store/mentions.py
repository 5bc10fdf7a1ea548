"""Colleagues who are named in a note, by themselves or by their team: it waits for them until they have seen it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, bindparam, func, insert, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from crm_store import teams
from crm_store.agents import agents
from crm_store.base import Base, Counting, UtcDateTime, table_of
from crm_store.history import history

_UNSEEN = text("seen_at IS NULL")
_AFTER_AT = re.compile(r"(?<![\w.@-])@([\w.-]+)")


class Mention(Base):
    """One colleague in one note."""

    __tablename__ = "mentions"

    id: Mapped[int] = mapped_column(Counting, primary_key=True, autoincrement=True)
    note_id: Mapped[int] = mapped_column(Counting, ForeignKey("history.id"))
    agent: Mapped[str] = mapped_column(ForeignKey("agents.name"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("ix_mentions_agent", "agent", "id"),
        Index("ix_mentions_note_id", "note_id"),
        Index("ix_mentions_unseen", "agent", sqlite_where=_UNSEEN, postgresql_where=_UNSEEN),
    )


mentions = table_of(Mention)

_NAMES = select(agents.c.name)
_ADD = insert(mentions)
_OF = (
    select(mentions.c.id, mentions.c.at, mentions.c.seen_at, history.c.customer_id, history.c.by, history.c.text)
    .join(history, history.c.id == mentions.c.note_id)
    .where(mentions.c.agent == bindparam("agent"))
    .order_by(mentions.c.id.desc())
    .limit(bindparam("most"))
)
_COUNT = select(func.count()).select_from(mentions).where(mentions.c.agent == bindparam("agent"), _UNSEEN)
_SEE = (
    update(mentions)
    .where(
        mentions.c.agent == bindparam("who"),
        _UNSEEN,
        mentions.c.note_id.in_(
            select(history.c.id).where(history.c.customer_id == bindparam("of"), history.c.kind == "note")
        ),
    )
    .values(seen_at=bindparam("now"))
)


def named_in(note: str, names: Iterable[str]) -> list[str]:
    """Return who of ``names`` is called by ``@NAME`` in a note, each once, in the order of the note.

    Chinese is written without spaces, so ``@小李请看`` calls 小李: the longest name that
    the word begins with counts. One in Latin letters has to be the whole word.
    """
    known = sorted(names, key=len, reverse=True)
    found: list[str] = []
    for word in _AFTER_AT.findall(note):
        called = next((name for name in known if _calls(word, name)), None)
        if called is not None and called not in found:
            found.append(called)
    return found


def _calls(word: str, name: str) -> bool:
    if not word.startswith(name):
        return False
    rest = word.removeprefix(name).rstrip(".-")
    return not rest or not (name[-1].isascii() and rest[0].isascii())


def note(conn: Connection, note_id: int, words: str, *, by: str, now: datetime) -> list[str]:
    """Let a note wait for the colleagues named in it, and for who is in a team named there; returns them.

    Nobody waits for their own.
    """
    called = _called(conn, words, by) if "@" in words else []
    if called:
        conn.execute(_ADD, [{"note_id": note_id, "agent": name, "at": now} for name in called])
    return called


def _called(conn: Connection, words: str, by: str) -> list[str]:
    people = {name: (name,) for name in conn.execute(_NAMES).scalars()}
    together = {word: one.members for one in teams.everyone(conn) for word in one.words}
    meant = together | people
    everybody = dict.fromkeys(name for called in named_in(words, meant) for name in meant[called])
    return [name for name in everybody if name != by]


def of_agent(conn: Connection, agent: str, *, most: int = 50) -> list[Any]:
    """Return the notes that name an agent, newest first: who wrote what about which customer."""
    return list(conn.execute(_OF, {"agent": agent, "most": most}))


def unseen(conn: Connection, agent: str) -> int:
    """Return how many notes wait for an agent."""
    return int(conn.execute(_COUNT, {"agent": agent}).scalar_one())


def see(conn: Connection, agent: str, customer_id: str, *, now: datetime) -> None:
    """An agent has opened the customer's conversation: the notes there wait for them no more."""
    conn.execute(_SEE, {"who": agent, "of": customer_id, "now": now})
