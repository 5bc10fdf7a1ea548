"""Merges: two customers who proved to be one, with what is needed to make them two again.

Here is what a merge is and where a customer has gone; `merging` and `unmerging` do
it, `sides` keeps up how each of the two would stand alone.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, Index, bindparam, insert, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base, Counting, Json, UtcDateTime, table_of
from crm_store.sealing import SealedJson

STANDING = text("undone_at IS NULL")  # literal: a bound value would not match the partial indexes


class Merge(Base):
    """``absorbed_id`` has become ``survivor_id``; the row of the absorbed customer is here and nowhere else.

    ``by`` is ``system``, ``agent:NAME`` or ``user:NAME``. Neither id is a foreign key:
    the absorbed one is no customer while the merge stands, the survivor may be
    absorbed in turn. Undone, only who, whom and when is left of it.
    """

    __tablename__ = "merges"

    id: Mapped[int] = mapped_column(Counting, primary_key=True, autoincrement=True)
    survivor_id: Mapped[str]
    absorbed_id: Mapped[str]
    absorbed_no: Mapped[str | None]
    """The number that the shop has given the absorbed customer; it names the survivor now."""
    evidence: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    undone_by: Mapped[str | None]
    history_until: Mapped[int] = mapped_column(BigInteger)
    """The key of the newest entry in the history at the merge; what came since goes with its identity."""
    outbox_until: Mapped[int] = mapped_column(BigInteger)
    survivor: Mapped[dict[str, Any] | None] = mapped_column(SealedJson)
    """How the survivor would stand had there been no merge (see `sides`)."""
    absorbed: Mapped[dict[str, Any] | None] = mapped_column(SealedJson)
    joint: Mapped[dict[str, Any] | None] = mapped_column(SealedJson)
    """The profile of the two as it was last written."""
    marks: Mapped[dict[str, Any] | None] = mapped_column(Json)
    """What else was done, to be taken back: see `merging`."""

    __table_args__ = (
        Index("ix_merges_survivor_id", "survivor_id", sqlite_where=STANDING, postgresql_where=STANDING),
        Index("ix_merges_absorbed_id", "absorbed_id", unique=True, sqlite_where=STANDING, postgresql_where=STANDING),
        Index("ix_merges_absorbed_no", "absorbed_no", unique=True, sqlite_where=STANDING, postgresql_where=STANDING),
    )  # fmt: skip


merges = table_of(Merge)

_ADD = insert(merges)
_BY_ID = select(merges).where(merges.c.id == bindparam("id"))
_OF_SURVIVORS = select(merges).where(merges.c.survivor_id.in_(bindparam("who", expanding=True)), STANDING)
_GONE_TO = select(merges.c.survivor_id).where(merges.c.absorbed_id == bindparam("absorbed"), STANDING)
_NUMBERED = select(merges.c.absorbed_id).where(merges.c.absorbed_no == bindparam("number"), STANDING)
_KEEP = (
    update(merges)
    .where(merges.c.id == bindparam("key"))
    .values(survivor=bindparam("survivor"), absorbed=bindparam("absorbed"), joint=bindparam("joint"))
)
_MARK = update(merges).where(merges.c.id == bindparam("key")).values(marks=bindparam("marks"))
_END = (
    update(merges)
    .where(merges.c.id == bindparam("key"), STANDING)
    .values(
        undone_at=bindparam("now"), undone_by=bindparam("who"), survivor=None, absorbed=None, joint=None, marks=None
    )
)


def add(conn: Connection, **columns: Any) -> int:
    """Add a merge; returns its number."""
    key = conn.execute(_ADD, columns).inserted_primary_key
    assert key is not None, "one row has one key"
    return int(key[0])


def by_id(conn: Connection, id: int) -> Any | None:
    """Return the merge with this number, or None."""
    return conn.execute(_BY_ID, {"id": id}).one_or_none()


def root(conn: Connection, customer_id: str) -> str:
    """Return who has become of a customer (internal id): themselves, where they were not absorbed."""
    while (survivor := conn.execute(_GONE_TO, {"absorbed": customer_id}).scalar_one_or_none()) is not None:
        customer_id = survivor
    return customer_id


def numbered(conn: Connection, customer_no: str) -> str | None:
    """Return the internal id of the absorbed customer who had this number of the shop's, or None."""
    found: str | None = conn.execute(_NUMBERED, {"number": customer_no}).scalar_one_or_none()
    return found


def standing(conn: Connection, customer_id: str) -> list[Any]:
    """Return the merges that made a customer (internal id) who they are, the oldest first, with those within."""
    found: list[Any] = []
    ask: Collection[str] = (customer_id,)
    while ask:
        rows = conn.execute(_OF_SURVIVORS, {"who": list(ask)}).all()
        found += rows
        ask = [row.absorbed_id for row in rows]
    return sorted(found, key=lambda row: row.id)


def latest(conn: Connection, customer_id: str) -> list[Any]:
    """Return the standing merges whose survivor a customer is, the oldest first: the last can be undone."""
    return sorted(conn.execute(_OF_SURVIVORS, {"who": [customer_id]}), key=lambda row: row.id)


def leaves(standing: Collection[Any], customer_id: str, *, before: int | None = None) -> frozenset[str]:
    """Return who a customer is made of, themselves among them, by merges older than ``before`` alone."""
    found = {customer_id}
    for one in standing:
        if one.survivor_id == customer_id and (before is None or one.id < before):
            found |= leaves(standing, one.absorbed_id)
    return frozenset(found)


def keep(conn: Connection, id: int, *, survivor: Any, absorbed: Any, joint: Any) -> None:
    """Keep how the two of a merge would stand alone, and the profile that they have together."""
    conn.execute(_KEEP, {"key": id, "survivor": survivor, "absorbed": absorbed, "joint": joint})


def mark(conn: Connection, id: int, marks: Any) -> None:
    """Keep what else a merge has done."""
    conn.execute(_MARK, {"key": id, "marks": marks})


def end(conn: Connection, id: int, *, by: str, now: datetime) -> bool:
    """Write down that a merge has been undone; False where it was already."""
    return conn.execute(_END, {"key": id, "who": by, "now": now}).rowcount == 1
