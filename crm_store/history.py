"""The relationship history: every exchange and event as action + actor + data, append-only.

Customers' words live here and in the queues of the messages' way, nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import batched
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, bindparam, func, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base, Counting, Json, UtcDateTime, table_of
from crm_store.origins import side, side_column
from crm_store.prepared import Prepared


class HistoryEntry(Base):
    """One thing that happened between a customer and the shop.

    ``kind`` is ``message.in``, ``message.out`` or an event's name such as
    ``ticket.opened``; ``by`` is ``customer``, ``bot``, ``care``, ``system``,
    ``import`` or ``agent:NAME``. ``ref`` names a message for `shuke explain`.
    """

    __tablename__ = "history"

    id: Mapped[int] = mapped_column(Counting, primary_key=True, autoincrement=True)
    ref: Mapped[str | None] = mapped_column(unique=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"))
    conversation_id: Mapped[str | None]
    identity_id: Mapped[str | None]
    channel: Mapped[str | None]
    kind: Mapped[str]
    by: Mapped[str]
    text: Mapped[str | None]
    data: Mapped[dict[str, Any] | None] = mapped_column(Json)
    why: Mapped[dict[str, Any] | None] = mapped_column(Json)
    """Of an inbound message: ``understood``, with all its scores (None where there were no words), and
    ``decided``: ``at``, ``owner``, ``flow``, ``asking``, ``facts``, ``trace``, ``actions``, ``replies`` and
    ``sent`` (references)."""
    side: Mapped[str | None] = side_column()

    __table_args__ = (
        Index("ix_history_customer_id", "customer_id", "id"),
        Index("ix_history_timeline", "customer_id", "at", "id"),
        Index("ix_history_kind", "kind", "at"),
    )


history = table_of(HistoryEntry)

ADD = insert(history)
"""Takes the columns of a row, or a list of them; `entry` fills what is left out."""

_NEWEST = 2**62  # beyond every key
_EXPLAIN = Prepared(update(history).where(history.c.ref == bindparam("key")).values(why=bindparam("why")))
_COLUMNS = tuple(column for column in history.c if not column.primary_key)
_AT_ONCE = 4
"""A turn seldom has more entries."""


def _append(count: int) -> Prepared:
    # In a list of rows the first alone would take its types from the columns.
    rows = [{each.name: bindparam(f"{each.name}_{n}", type_=each.type) for each in _COLUMNS} for n in range(count)]
    return Prepared(insert(history).values(rows))


_APPEND = {count: _append(count) for count in range(1, _AT_ONCE + 1)}
_TIMELINE = select(history).where(history.c.customer_id == bindparam("customer_id")).order_by(history.c.id)
_SINCE = select(history).where(history.c.id > bindparam("after")).order_by(history.c.id)
_LAST_ID = select(func.coalesce(func.max(history.c.id), 0))
_BY_REF = select(history).where(history.c.ref == bindparam("ref"))
_BY_END_OF_REF = select(history.c.ref).where(history.c.ref.endswith(bindparam("end"))).limit(2)
_PAGE = (
    select(history)
    .where(
        history.c.customer_id == bindparam("customer_id"),
        history.c.id > bindparam("after"),
        history.c.id < bindparam("before"),
    )
    .order_by(history.c.id.desc())
    .limit(bindparam("most"))
)
_NEWEST_OF = (
    select(history)
    .where(history.c.customer_id == bindparam("customer_id"), history.c.kind.in_(bindparam("kinds", expanding=True)))
    .order_by(history.c.id.desc())
    .limit(bindparam("most"))
)
_BACKWARDS = (
    select(history)
    .where(history.c.customer_id == bindparam("customer_id"), history.c.kind.in_(bindparam("kinds", expanding=True)))
    .order_by(history.c.id.desc())
)


def entry(
    *,
    at: datetime,
    kind: str,
    by: str,
    customer_id: str | None = None,
    conversation_id: str | None = None,
    identity_id: str | None = None,
    channel: str | None = None,
    ref: str | None = None,
    text: str | None = None,
    data: Mapping[str, Any] | None = None,
    why: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a whole row for `ADD`."""
    return {
        "ref": ref,
        "at": at,
        "customer_id": customer_id,
        "conversation_id": conversation_id,
        "identity_id": identity_id,
        "channel": channel,
        "kind": kind,
        "by": by,
        "text": text,
        "data": data,
        "why": why,
        "side": side(),
    }


def append(conn: Connection, entries: Sequence[Mapping[str, Any]]) -> None:
    """Append entries, made by `entry`, in their order."""
    for some in batched(entries, _AT_ONCE):
        values = {f"{name}_{n}": value for n, each in enumerate(some) for name, value in each.items()}
        _APPEND[len(some)].run(conn, values)


def record(conn: Connection, *, at: datetime, kind: str, by: str, **columns: Any) -> int:
    """Append one entry, ``columns`` as in `entry`; returns its key."""
    key = conn.execute(ADD, entry(at=at, kind=kind, by=by, **columns)).inserted_primary_key
    assert key is not None, "one row has one key"
    return int(key[0])


def explain(conn: Connection, ref: str, why: Mapping[str, Any]) -> None:
    """Add to a message why it was answered so: the one thing that is ever added to an entry."""
    _EXPLAIN.run(conn, {"key": ref, "why": why})


def timeline(conn: Connection, customer_id: str) -> list[Any]:
    """Return everything of one customer, in the order it happened."""
    return list(conn.execute(_TIMELINE, {"customer_id": customer_id}))


def page(conn: Connection, customer_id: str, *, before: int | None = None, after: int = 0, most: int = 30) -> list[Any]:
    """Return the newest ``most`` entries of a customer between two keys, in the order they were written."""
    key = {"customer_id": customer_id, "after": after, "before": before or _NEWEST, "most": most}
    return list(conn.execute(_PAGE, key))[::-1]


def newest(conn: Connection, customer_id: str, kinds: Sequence[str], *, most: int) -> list[Any]:
    """Return the customer's newest ``most`` entries of these kinds, the newest first."""
    return list(conn.execute(_NEWEST_OF, {"customer_id": customer_id, "kinds": kinds, "most": most}))


def since(conn: Connection, after: int) -> list[Any]:
    """Return the entries after the one with the given key, in order."""
    return list(conn.execute(_SINCE, {"after": after}))


def last_id(conn: Connection) -> int:
    """Return the key of the newest entry, 0 where there is none."""
    return int(conn.execute(_LAST_ID).scalar_one())


def by_ref(conn: Connection, ref: str) -> Any | None:
    """Return the message with this reference, or None."""
    return conn.execute(_BY_REF, {"ref": ref}).one_or_none()


def backwards(conn: Connection, customer_id: str, *kinds: str) -> Iterator[Any]:
    """Yield the customer's entries of these kinds, the newest first."""
    with conn.execute(_BACKWARDS, {"customer_id": customer_id, "kinds": kinds}) as rows:
        yield from rows


def ending_with(conn: Connection, end: str) -> list[str]:
    """Return the references of messages that end so, two at most; for a person at a keyboard, since all are read."""
    return list(conn.execute(_BY_END_OF_REF, {"end": end}).scalars())
