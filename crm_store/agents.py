"""The people behind the desk."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base, UtcDateTime, table_of
from crm_store.errors import NotAllowed


class Agent(Base):
    """Somebody who may take conversations over."""

    __tablename__ = "agents"

    name: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    display_name: Mapped[str | None]
    """What customers read instead of ``name``, by which an agent signs in."""


agents = table_of(Agent)

LONGEST_DISPLAY_NAME = 40

_ADD = insert(agents).on_conflict_do_nothing(index_elements=["name"])
_SET_ROLE = update(agents).where(agents.c.name == bindparam("key")).values(role=bindparam("new"))
_SET_DISPLAY_NAME = (
    update(agents).where(agents.c.name == bindparam("key")).values(display_name=bindparam("display_name"))
)
_DISPLAYED = select(agents.c.display_name).where(agents.c.name == bindparam("key"))
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


def display_name(conn: Connection, name: str) -> str | None:
    """Return what customers read instead of an agent's name, or None where they read that."""
    found: str | None = conn.execute(_DISPLAYED, {"key": name}).scalar_one_or_none()
    return found


def set_display_name(conn: Connection, name: str, shown: str) -> str | None:
    """Let customers read ``shown`` instead of an agent's name, or the name where it is empty; return what is kept.

    Raises:
        NotAllowed: it is too long, or has characters that cannot be seen.
    """
    kept = " ".join(shown.split())
    if len(kept) > LONGEST_DISPLAY_NAME or not kept.isprintable():
        raise NotAllowed(
            f"a name that customers read has up to {LONGEST_DISPLAY_NAME} characters that can be seen",
            code="display_name", most=LONGEST_DISPLAY_NAME,
        )  # fmt: skip
    conn.execute(_SET_DISPLAY_NAME, {"key": name, "display_name": kept or None})
    return kept or None
