"""Who was erased, by keyed hashes: so that it can be done again after an older backup was put back.

Of a customer stand here their internal id and those of their identities; whoever writes
again has new ones. The hashes tell nobody anything without the key.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base, Json, UtcDateTime, table_of


class Erasure(Base):
    """One erasure."""

    __tablename__ = "erasures"

    id: Mapped[str] = mapped_column(primary_key=True)
    """The hash of the customer's internal id."""
    names: Mapped[list[str]] = mapped_column(Json)
    """That one and those of their identities, and of whoever had become one with them."""
    key: Mapped[str]
    """Which key the hashes were made with, as `Hashes.name` tells it."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[str]
    proof: Mapped[dict[str, Any] | None] = mapped_column(Json)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the files beside the database were done too."""


erasures = table_of(Erasure)

_ADD = insert(erasures).on_conflict_do_nothing(index_elements=["id"])
_KEYS = select(erasures.c.key).distinct().order_by(erasures.c.key)
_FINISH = update(erasures).where(erasures.c.id == bindparam("key_of")).values(finished_at=bindparam("now"))
_ALL = select(erasures).order_by(erasures.c.at, erasures.c.id)
_UNFINISHED = _ALL.where(erasures.c.finished_at.is_(None), erasures.c.proof.is_not(None))
_ONE = select(erasures).where(erasures.c.id == bindparam("id"))


@dataclass(frozen=True, slots=True)
class Hashes:
    """Makes the hashes, by the installation's own key."""

    key: bytes

    @property
    def name(self) -> str:
        """What tells this key from another one."""
        return self.of("which key")[:8]

    def of(self, id: str) -> str:
        return hmac.new(self.key, id.encode(), hashlib.sha256).hexdigest()


def add(conn: Connection, rows: Iterable[dict[str, Any]]) -> None:
    """Note erasures; one that is noted already stays as it is."""
    if given := list(rows):
        conn.execute(_ADD, given)


def finish(conn: Connection, id: str, *, now: datetime) -> None:
    """Note that nothing of an erasure is left to do."""
    conn.execute(_FINISH, {"key_of": id, "now": now})


def every(conn: Connection) -> list[Any]:
    """Return all erasures, the first first."""
    return list(conn.execute(_ALL))


def unfinished(conn: Connection) -> list[Any]:
    """Return the erasures that still have to do something beside the database."""
    return list(conn.execute(_UNFINISHED))


def find(conn: Connection, id: str) -> Any | None:
    """Return the erasure with this hash, or None."""
    return conn.execute(_ONE, {"id": id}).one_or_none()


def keys(conn: Connection) -> list[str]:
    """Return which keys erasures were noted with, as `Hashes.name` tells them."""
    return list(conn.execute(_KEYS).scalars())
