"""What a platform lends us to call it by: one token for all processes, renewed by one of them at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base, UtcDateTime, table_of


class AccessToken(Base):
    """The token of an account on a channel; ``asked_by`` is who is asking for the next one."""

    __tablename__ = "access_tokens"

    channel: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(primary_key=True)
    token: Mapped[str | None]
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    asked_by: Mapped[str | None]
    asked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


access_tokens = table_of(AccessToken)


@dataclass(frozen=True, slots=True)
class Held:
    """The token there is, None where there is none, and whether it is the caller's to ask for the next."""

    token: str | None
    expires_at: datetime | None
    to_renew: bool


_THIS = (access_tokens.c.channel == bindparam("of_channel"), access_tokens.c.account == bindparam("of_account"))
_ENTER = insert(access_tokens).on_conflict_do_nothing(index_elements=["channel", "account"])
_CLAIM = (
    update(access_tokens)
    .where(
        *_THIS,
        or_(access_tokens.c.asked_until.is_(None), access_tokens.c.asked_until <= bindparam("now")),
        or_(
            access_tokens.c.token.is_(None),
            access_tokens.c.expires_at <= bindparam("needed_until"),
            access_tokens.c.token == bindparam("rejected"),
        ),
    )
    .values(asked_by=bindparam("by"), asked_until=bindparam("until"))
)
_CURRENT = select(access_tokens.c.token, access_tokens.c.expires_at).where(*_THIS)
_KEEP = (
    update(access_tokens)
    .where(*_THIS, access_tokens.c.asked_by == bindparam("by"))
    .values(token=bindparam("lent"), expires_at=bindparam("until"), asked_by=None, asked_until=None)
)
_GIVE_UP = (
    update(access_tokens)
    .where(*_THIS, access_tokens.c.asked_by == bindparam("by"))
    .values(asked_by=None, asked_until=None)
)


def hold(
    conn: Connection,
    channel: str,
    account: str,
    *,
    by: str,
    now: datetime,
    until: datetime,
    needed_until: datetime,
    rejected: str = "",
) -> Held:
    """Return the token. Where it ends by ``needed_until`` or is the ``rejected`` one, renewing it falls to one caller.

    That one has until ``until`` to `keep` a new one; then it falls to somebody else.
    """
    this = {"of_channel": channel, "of_account": account}
    conn.execute(_ENTER, {"channel": channel, "account": account})
    mine = conn.execute(
        _CLAIM, {**this, "by": by, "now": now, "until": until, "needed_until": needed_until, "rejected": rejected}
    )
    row = conn.execute(_CURRENT, this).one()
    return Held(row.token, row.expires_at, mine.rowcount == 1)


def keep(conn: Connection, channel: str, account: str, *, by: str, token: str, expires_at: datetime) -> None:
    """Keep the token that ``by`` was given, unless somebody else has been asked to renew it meanwhile."""
    this = {"of_channel": channel, "of_account": account}
    conn.execute(_KEEP, {**this, "by": by, "lent": token, "until": expires_at})


def give_up(conn: Connection, channel: str, account: str, *, by: str) -> None:
    """Let somebody else ask: ``by`` was given none."""
    conn.execute(_GIVE_UP, {"of_channel": channel, "of_account": account, "by": by})
