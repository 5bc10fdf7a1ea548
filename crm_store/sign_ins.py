"""Who is signed in at the desk, and who has tried to: sessions, and the wait after wrong passwords."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, ForeignKey, Index, bindparam, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.agents import agents
from crm_store.base import Base, UtcDateTime, table_of

FREE_TRIES = 5
"""So many wrong passwords in a row cost nothing."""
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(days=1)
"""When the last try is so long ago, there were none."""
_SEEN_EVERY = timedelta(minutes=1)  # a page view more often than this is not worth a write


class Session(Base):
    """One browser that is signed in. The token itself is in its cookie alone."""

    __tablename__ = "desk_sessions"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(ForeignKey("agents.name"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_desk_sessions_name", "name"), Index("ix_desk_sessions_seen_at", "seen_at"))


class SignInTries(Base):
    """Tries since the last right password, for a name that may not even exist (``who`` is its hash)."""

    __tablename__ = "sign_in_tries"

    who: Mapped[str] = mapped_column(primary_key=True)
    tries: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_sign_in_tries_last_at", "last_at"),)


sessions = table_of(Session)
tries = table_of(SignInTries)

_BEGIN = insert(sessions)
_FIND = (
    select(sessions, agents.c.role)
    .join(agents, agents.c.name == sessions.c.name)
    .where(
        sessions.c.token_hash == bindparam("token_hash"),
        sessions.c.seen_at > bindparam("idle_since"),
        sessions.c.created_at > bindparam("oldest"),
    )
)
_SEEN = update(sessions).where(sessions.c.token_hash == bindparam("key")).values(seen_at=bindparam("now"))
_END = delete(sessions).where(sessions.c.token_hash == bindparam("token_hash"))
_END_ALL = delete(sessions).where(sessions.c.name == bindparam("of"))
_END_OLD = delete(sessions).where(sessions.c.seen_at <= bindparam("idle_since"))
_TRIES = select(tries).where(tries.c.who == bindparam("who")).with_for_update()
_TRY = upsert(tries).values(tries=1)
_TRY = _TRY.on_conflict_do_update(
    index_elements=["who"], set_={"tries": tries.c.tries + 1, "last_at": _TRY.excluded.last_at}
)
_FORGIVE = delete(tries).where(tries.c.who == bindparam("of"))
_FORGET = delete(tries).where(tries.c.last_at <= bindparam("before"))


@dataclass(frozen=True, slots=True)
class Limits:
    """How long somebody stays signed in: without doing anything, and in all."""

    idle: timedelta
    at_most: timedelta


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who sits in front of a browser. ``stale`` says that `seen` is worth a write."""

    name: str
    role: str
    stale: bool


def begin(conn: Connection, token: str, name: str, *, now: datetime, limits: Limits) -> None:
    """Sign somebody in; the browser is known by ``token`` from now on. Sessions that are over are taken away."""
    conn.execute(_END_OLD, {"idle_since": now - limits.idle})
    conn.execute(_BEGIN, {"token_hash": _hash(token), "name": name, "created_at": now, "seen_at": now})


def find(conn: Connection, token: str, *, now: datetime, limits: Limits) -> SignedIn | None:
    """Return whose browser this is; None where it is not, or no longer, signed in."""
    row = conn.execute(
        _FIND, {"token_hash": _hash(token), "idle_since": now - limits.idle, "oldest": now - limits.at_most}
    ).one_or_none()
    return None if row is None else SignedIn(row.name, row.role, now - row.seen_at >= _SEEN_EVERY)


def seen(conn: Connection, token: str, *, now: datetime) -> None:
    """Somebody did something: the idle time begins anew."""
    conn.execute(_SEEN, {"key": _hash(token), "now": now})


def end(conn: Connection, token: str) -> None:
    """Sign one browser out."""
    conn.execute(_END, {"token_hash": _hash(token)})


def end_all(conn: Connection, name: str) -> None:
    """Sign somebody out everywhere."""
    conn.execute(_END_ALL, {"of": name})


def try_to(conn: Connection, name: str, *, now: datetime) -> timedelta:
    """Count a try to sign in before its password is looked at, so that many at once are counted too.

    Returns zero where it may go on, or else how long ``name`` still has to wait; then nothing
    was counted. Whether there is such an account makes no difference.
    """
    who = _hash(name)
    conn.execute(_FORGET, {"before": now - FORGOTTEN_AFTER})
    before = conn.execute(_TRIES, {"who": who}).one_or_none()
    left = timedelta(0) if before is None else _left(before.tries, before.last_at, now)
    if left > timedelta(0):
        return left
    conn.execute(_TRY, {"who": who, "last_at": now})
    return timedelta(0)


def forgive(conn: Connection, name: str) -> None:
    """The password was right: the tries before it are forgotten."""
    conn.execute(_FORGIVE, {"of": _hash(name)})


def _left(tries: int, last_at: datetime, now: datetime) -> timedelta:
    if tries < FREE_TRIES:
        return timedelta(0)
    doublings = min(tries - FREE_TRIES, 10)
    return last_at + min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT) - now


def _hash(secret: str) -> str:
    # A token has 256 bits of its own, so that a slow hash would add nothing.
    return hashlib.sha256(secret.encode()).hexdigest()
