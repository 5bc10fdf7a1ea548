"""Keys of the HTTP API: who may call it, and for what. The key itself is known to its holder alone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base, Json, UtcDateTime, table_of
from crm_store.errors import NotAllowed

_USED_EVERY = timedelta(minutes=1)  # a call more often than this is not worth a write


class ApiKey(Base):
    """One key, by the hash of it; ``revoked_at`` ends it."""

    __tablename__ = "api_keys"

    name: Mapped[str] = mapped_column(primary_key=True)
    key_hash: Mapped[str] = mapped_column(unique=True)
    scopes: Mapped[list[str]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


api_keys = table_of(ApiKey)

_ADD = insert(api_keys)
_NAMED = select(api_keys).where(api_keys.c.name == bindparam("key"))
_BY_HASH = select(api_keys).where(api_keys.c.key_hash == bindparam("hash"), api_keys.c.revoked_at.is_(None))
_ALL = select(api_keys).order_by(api_keys.c.name)
_USED = update(api_keys).where(api_keys.c.name == bindparam("key")).values(used_at=bindparam("now"))
_REVOKE = (
    update(api_keys)
    .where(api_keys.c.name == bindparam("key"), api_keys.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"))
)


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key as others see it."""

    name: str
    scopes: frozenset[str]
    created_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


def hashed(key: str) -> str:
    """Return what is kept of a key. It is long and random, so a plain hash is enough."""
    return hashlib.sha256(key.encode()).hexdigest()


def add(conn: Connection, name: str, key: str, *, scopes: list[str], now: datetime) -> None:
    """Keep a new key.

    Raises:
        NotAllowed: there is, or was, one of this name: what it did stands under that name.
    """
    if conn.execute(_NAMED, {"key": name}).first() is not None:
        raise NotAllowed(f"there is a key {name} already, or was one; choose another name")
    row = {"name": name, "key_hash": hashed(key), "scopes": sorted(scopes), "created_at": now}
    conn.execute(_ADD, {**row, "used_at": None, "revoked_at": None})


def holder_of(conn: Connection, key: str) -> KeyView | None:
    """Return the key's record, or None where there is none or it was revoked."""
    row = conn.execute(_BY_HASH, {"hash": hashed(key)}).one_or_none()
    return None if row is None else _view(row)


def everyone(conn: Connection) -> list[KeyView]:
    """Return all keys by name, those that are revoked too."""
    return [_view(row) for row in conn.execute(_ALL)]


def is_worth_noting(key: KeyView, now: datetime) -> bool:
    """Return whether it is a while since this use of the key was noted."""
    return key.used_at is None or now - key.used_at > _USED_EVERY


def used(conn: Connection, name: str, *, now: datetime) -> None:
    """Note that a key is in use."""
    conn.execute(_USED, {"key": name, "now": now})


def revoke(conn: Connection, name: str, *, now: datetime) -> None:
    """End a key at once.

    Raises:
        NotAllowed: there is none of this name that works.
    """
    if conn.execute(_REVOKE, {"key": name, "now": now}).rowcount != 1:
        raise NotAllowed(f"there is no key {name} that works; shuke api-key list shows them")


def _view(row: Any) -> KeyView:
    return KeyView(row.name, frozenset(row.scopes), row.created_at, row.used_at, row.revoked_at)
