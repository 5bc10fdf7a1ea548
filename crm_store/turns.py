"""Why the bot said that: for every inbound message what was understood, decided and answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base, Json, UtcDateTime, table_of


class Turn(Base):
    """One handled message; ``ref`` is the inbound message's reference."""

    __tablename__ = "turns"

    ref: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str]
    conversation_id: Mapped[str]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    understood: Mapped[dict[str, Any] | None] = mapped_column(Json)
    """The understanding with all its scores; None where there were no words to understand."""
    decided: Mapped[dict[str, Any]] = mapped_column(Json)
    """``owner``, ``flow``, ``asking``, ``facts``, ``trace``, ``actions`` and ``replies`` (references)."""


turns = table_of(Turn)

_ADD = insert(turns)
_BY_REF = select(turns).where(turns.c.ref == bindparam("ref"))


def add(conn: Connection, row: dict[str, Any]) -> None:
    """Keep one turn."""
    conn.execute(_ADD, row)


def by_ref(conn: Connection, ref: str) -> Any | None:
    """Return the turn that handled this inbound message, or None."""
    return conn.execute(_BY_REF, {"ref": ref}).one_or_none()
