"""The people behind the desk."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base, UtcDateTime, table_of


class Agent(Base):
    """Somebody who may take conversations over."""

    __tablename__ = "agents"

    name: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


agents = table_of(Agent)

_ADD = insert(agents).on_conflict_do_nothing(index_elements=["name"])
_SET_ROLE = update(agents).where(agents.c.name == bindparam("key")).values(role=bindparam("new"))
_KNOWN = select(agents.c.name).where(agents.c.name == bindparam("key"))


def ensure(conn: Connection, name: str, *, now: datetime, role: str = "agent") -> None:
    """Add an agent, unless they are known."""
    conn.execute(_ADD, {"name": name, "role": role, "created_at": now})


def is_known(conn: Connection, name: str) -> bool:
    """Return whether there is an agent of this name."""
    return conn.execute(_KNOWN, {"key": name}).first() is not None


def set_role(conn: Connection, name: str, role: str) -> None:
    """Let an agent have another role."""
    conn.execute(_SET_ROLE, {"key": name, "new": role})
