"""Who may sign in at the desk: an agent with a password. Their role says what they may do there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, bindparam, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from crm_store import agents, sign_ins
from crm_store.base import Base, UtcDateTime, table_of
from crm_store.errors import NotAllowed

LAST_TO_GO = "admin"
"""The role that somebody has to have."""


class Account(Base):
    """An agent's way into the desk; ``disabled_at`` closes it and keeps what they did under their name."""

    __tablename__ = "accounts"

    name: Mapped[str] = mapped_column(ForeignKey("agents.name"), primary_key=True)
    password_hash: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    password_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When the password was set last."""
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


accounts = table_of(Account)

_SEEN = select(accounts, agents.agents.c.role, agents.agents.c.display_name).join(
    agents.agents, agents.agents.c.name == accounts.c.name
)
_OF = _SEEN.where(accounts.c.name == bindparam("key"))
_ALL = _SEEN.order_by(accounts.c.name)
_ADMINS = (
    select(accounts.c.name)
    .join(agents.agents, agents.agents.c.name == accounts.c.name)
    .where(agents.agents.c.role == bindparam("role"), accounts.c.disabled_at.is_(None))
    .order_by(accounts.c.name)
    .with_for_update()
)
_ADD = insert(accounts)
_SET_PASSWORD = (
    update(accounts)
    .where(accounts.c.name == bindparam("key"))
    .values(password_hash=bindparam("hash"), password_at=bindparam("now"))
)
_REHASH = update(accounts).where(accounts.c.name == bindparam("key")).values(password_hash=bindparam("hash"))
_DISABLE = update(accounts).where(accounts.c.name == bindparam("key")).values(disabled_at=bindparam("now"))


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account as others see it."""

    name: str
    role: str
    password_hash: str
    created_at: datetime
    disabled_at: datetime | None
    display_name: str | None
    """What customers read instead of the name, if anything."""


def add(conn: Connection, name: str, *, role: str, password_hash: str, now: datetime) -> None:
    """Give an agent an account and a role; the agent is added where they are not known.

    Raises:
        NotAllowed: they have an account.
    """
    if of(conn, name) is not None:
        raise NotAllowed(f"{name} has an account already; change it with shuke user passwd {name}")
    agents.ensure(conn, name, now=now, role=role)
    agents.set_role(conn, name, role)
    conn.execute(
        _ADD, {"name": name, "password_hash": password_hash, "created_at": now, "password_at": now, "disabled_at": None}
    )


def of(conn: Connection, name: str) -> AccountView | None:
    """Return the account of this name, or None."""
    row = conn.execute(_OF, {"key": name}).one_or_none()
    return None if row is None else _view(row)


def everyone(conn: Connection) -> list[AccountView]:
    """Return all accounts by name, those that are disabled too."""
    return [_view(row) for row in conn.execute(_ALL)]


def set_password(conn: Connection, name: str, password_hash: str, *, now: datetime) -> None:
    """Set another password; whoever is signed in under this name is signed out everywhere.

    Raises:
        NotAllowed: there is no such account.
    """
    _known(conn, name)
    conn.execute(_SET_PASSWORD, {"key": name, "hash": password_hash, "now": now})
    sign_ins.end_all(conn, name)


def rehash(conn: Connection, name: str, password_hash: str) -> None:
    """Keep the same password under a newer hash."""
    conn.execute(_REHASH, {"key": name, "hash": password_hash})


def set_role(conn: Connection, name: str, role: str) -> None:
    """Give an account another role; it counts from the next click on, also where somebody is signed in.

    Raises:
        NotAllowed: there is no such account, or nobody would be left who may do everything.
    """
    _known(conn, name)
    if role != LAST_TO_GO:
        _not_the_last(conn, name)
    agents.set_role(conn, name, role)


def disable(conn: Connection, name: str, *, now: datetime) -> None:
    """Close an account; whoever is signed in under this name is signed out everywhere.

    Raises:
        NotAllowed: there is no such account, or nobody would be left who may do everything.
    """
    _known(conn, name)
    _not_the_last(conn, name)
    conn.execute(_DISABLE, {"key": name, "now": now})
    sign_ins.end_all(conn, name)


def _known(conn: Connection, name: str) -> None:
    if of(conn, name) is None:
        raise NotAllowed(f"{name} has no account; shuke user list shows who has one")


def _not_the_last(conn: Connection, name: str) -> None:
    # Held in one order by whoever comes here, so that of two admins who close each other's account one stays.
    left = [row.name for row in conn.execute(_ADMINS, {"role": LAST_TO_GO})]
    if left == [name]:
        raise NotAllowed(
            f"{name} is the last {LAST_TO_GO}; give somebody else that role first: shuke user role NAME {LAST_TO_GO}"
        )


def _view(row: Any) -> AccountView:
    return AccountView(row.name, row.role, row.password_hash, row.created_at, row.disabled_at, row.display_name)
