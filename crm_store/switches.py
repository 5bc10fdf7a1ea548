"""Emergency stops: the bot or the care messages, off at once and everywhere."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base, UtcDateTime, table_of


class Switch(Base):
    """What is paused, by whom and since when; no row means that it runs."""

    __tablename__ = "switches"

    name: Mapped[str] = mapped_column(primary_key=True)
    paused_at: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[str]


switches = table_of(Switch)

_PAUSED = select(switches.c.name)
_PAUSE = insert(switches).on_conflict_do_nothing(index_elements=["name"])


def paused(conn: Connection) -> frozenset[str]:
    """Return what is paused."""
    return frozenset(conn.execute(_PAUSED).scalars())


def pause(conn: Connection, name: str, *, now: datetime, by: str) -> None:
    """Stop the bot or the care messages until `resume`."""
    conn.execute(_PAUSE, {"name": name, "paused_at": now, "by": by})


def resume(conn: Connection, name: str) -> None:
    """Let it run again."""
    conn.execute(delete(switches).where(switches.c.name == name))
