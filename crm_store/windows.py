"""Windows: until when, and how many messages, a platform still takes for a customer who has written.

A row is there where the customer's channel has such a window and they have used it.
It counts down in one statement, so that two processes never take the same message.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base, UtcDateTime, table_of

Shut = Literal["window_closed", "budget"]
"""Why nothing more may be sent: too long ago, or too many since. Both end when the customer writes again."""
KEPT_FOR_ANSWERS = 2
"""What nobody asked for, such as care, leaves a message of the bot's and one of a person's."""


class ReplyWindow(Base):
    """What one identity has opened last."""

    __tablename__ = "reply_windows"

    identity_id: Mapped[str] = mapped_column(primary_key=True)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    remaining: Mapped[int]
    """Messages that the platform will still take until then."""


windows = table_of(ReplyWindow)

_NEW = insert(windows)
_RENEWED = {"closes_at": _NEW.excluded.closes_at, "remaining": _NEW.excluded.remaining}
_OPEN = _NEW.on_conflict_do_update(index_elements=["identity_id"], set_=_RENEWED)
_OPEN_IF_MORE = _NEW.on_conflict_do_update(
    index_elements=["identity_id"],
    set_=_RENEWED,
    where=or_(windows.c.closes_at <= bindparam("now"), windows.c.remaining < _NEW.excluded.remaining),
)
_TAKE = (
    update(windows)
    .where(
        windows.c.identity_id == bindparam("key"),
        windows.c.closes_at > bindparam("now"),
        windows.c.remaining >= bindparam("least"),
    )
    .values(remaining=windows.c.remaining - bindparam("cost"))
    .returning(windows.c.remaining)
)
_FIND = select(windows).where(windows.c.identity_id == bindparam("key"))


def open_for(
    conn: Connection, identity_id: str, *, until: datetime, messages: int, now: datetime, only_if_more: bool = False
) -> None:
    """The customer did something: ``messages`` may be sent until ``until``.

    ``only_if_more`` leaves a window alone that is open and allows as many: pressing a
    menu opens less than a message has opened.
    """
    row = {"identity_id": identity_id, "closes_at": until, "remaining": messages}
    if only_if_more:
        conn.execute(_OPEN_IF_MORE, {**row, "now": now})
    else:
        conn.execute(_OPEN, row)


def take(conn: Connection, identity_id: str, *, now: datetime, cost: int = 1, keep: int = 0) -> int | None:
    """Count messages that are about to be sent, in one statement; return how many remain.

    None where that would leave fewer than ``keep``, the window is closed, or there is
    none; then nothing was counted (`shut` says which).
    """
    taken = {"key": identity_id, "now": now, "cost": cost, "least": cost + keep}
    remaining: int | None = conn.execute(_TAKE, taken).scalar_one_or_none()
    return remaining


def find(conn: Connection, identity_id: str) -> Any | None:
    """Return the window's row, or None where this identity never opened one."""
    return conn.execute(_FIND, {"key": identity_id}).one_or_none()


def shut(window: Any, *, now: datetime, keep: int = 0) -> Shut | None:
    """Say why a window (a row of `find`) takes no further message, if ``keep`` have to remain; None where it does."""
    if window.closes_at <= now:
        return "window_closed"
    return "budget" if window.remaining <= keep else None
