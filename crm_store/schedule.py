"""What the clock has done: each occasion is claimed once, whatever fires and however often."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base, UtcDateTime, table_of


class Claim(Base):
    """An occasion of a job that somebody has taken: (job, occasion) exists once."""

    __tablename__ = "schedule_claims"

    job: Mapped[str] = mapped_column(primary_key=True)
    occasion: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[str]


class Watermark(Base):
    """How far a sweep over time has come, so that nothing is left out while we were away."""

    __tablename__ = "watermarks"

    job: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[datetime] = mapped_column(UtcDateTime)


claims = table_of(Claim)
watermarks = table_of(Watermark)

# Returning, since PostgreSQL's driver does not count the rows of an insert.
_CLAIM = insert(claims).on_conflict_do_nothing(index_elements=["job", "occasion"]).returning(claims.c.job)
_GIVE_UP = delete(claims).where(claims.c.job == bindparam("name"), claims.c.occasion == bindparam("key"))
_UNTIL = select(watermarks.c.until).where(watermarks.c.job == bindparam("name"))
_TAKEN = select(claims.c.occasion).where(claims.c.job == bindparam("name"), claims.c.occasion == bindparam("key"))
_ADVANCE = insert(watermarks)
_ADVANCE = _ADVANCE.on_conflict_do_update(
    index_elements=["job"],
    set_={"until": _ADVANCE.excluded.until},
    where=watermarks.c.until < _ADVANCE.excluded.until,  # a slower sweep does not take a faster one back
)


def claim(conn: Connection, job: str, occasion: str, *, now: datetime, outcome: str) -> bool:
    """Take an occasion; False where it is taken already, and then nothing may be done for it."""
    claim = {"job": job, "occasion": occasion, "at": now, "outcome": outcome}
    return conn.execute(_CLAIM, claim).first() is not None


def give_up(conn: Connection, job: str, occasion: str) -> None:
    """Let an occasion be free again, for which nothing was done."""
    conn.execute(_GIVE_UP, {"name": job, "key": occasion})


def is_taken(conn: Connection, job: str, occasion: str) -> bool:
    """Return whether an occasion has been taken."""
    return conn.execute(_TAKEN, {"name": job, "key": occasion}).first() is not None


def swept_until(conn: Connection, job: str) -> datetime | None:
    """Return how far a sweep has come, or None before its first."""
    until: datetime | None = conn.execute(_UNTIL, {"name": job}).scalar_one_or_none()
    return until


def advance(conn: Connection, job: str, until: datetime) -> None:
    """Keep how far a sweep has come."""
    conn.execute(_ADVANCE, {"job": job, "until": until})
