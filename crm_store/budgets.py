"""Budgets: how often something may happen, kept in the database, so that all processes share one.

A budget is full at first, gains one unit ``every`` so long, and holds at most
``burst`` of them. In no span of time is more taken than ``burst + span / every``,
by however many processes. It is the generic cell rate algorithm (ITU-T I.371): of
each budget only the moment is kept at which it will be full again.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Connection, bindparam, case, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base, table_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
NO_WAIT = timedelta(0)


class Budget(Base):
    """What has been taken of a budget; a full one needs no row."""

    __tablename__ = "budgets"

    name: Mapped[str] = mapped_column(primary_key=True)
    tat: Mapped[int] = mapped_column(BigInteger)
    """The "theoretical arrival time", when it is full again: microseconds since 1970, UTC.

    A number, since the statement below counts with it, and no index: every use changes it.
    """


budgets = table_of(Budget)


_present = bindparam("present", type_=BigInteger)
_price = bindparam("price", type_=BigInteger)
_TAKE = (
    insert(budgets)
    .values(name=bindparam("key"), tat=_present + _price)
    .on_conflict_do_update(
        index_elements=["name"],
        set_={"tat": case((budgets.c.tat > _present, budgets.c.tat), else_=_present) + _price},
        where=budgets.c.tat <= bindparam("latest", type_=BigInteger),
    )
    .returning(budgets.c.tat)
)
_FULL_AT = select(budgets.c.tat).where(budgets.c.name == bindparam("key"))
_GIVE_BACK = update(budgets).where(budgets.c.name == bindparam("key")).values(tat=budgets.c.tat - _price)
_FORGET = delete(budgets).where(budgets.c.tat <= _present)


def take(conn: Connection, name: str, *, now: datetime, every: timedelta, burst: int, cost: int = 1) -> timedelta:
    """Take ``cost`` units of a budget, in one statement; a second one looks how long to wait where there are too few.

    Who passes a smaller ``burst`` than others leaves them the difference.

    Returns:
        Zero where they were taken, else how long until they are there; then nothing was taken.

    Raises:
        ValueError: ``cost`` is more than ``burst``, and would never be there, or less than 1.
    """
    if not 1 <= cost <= burst:
        raise ValueError(f"{cost} of a budget that holds {burst}")
    unit = every // _MICROSECOND
    present = (now - _EPOCH) // _MICROSECOND
    latest = present + (burst - cost) * unit
    taken = conn.execute(_TAKE, {"key": name, "present": present, "price": cost * unit, "latest": latest})
    if taken.scalar_one_or_none() is not None:
        return NO_WAIT
    # On PostgreSQL somebody may have given back in between; then it is there in a moment.
    full_at: int = conn.execute(_FULL_AT, {"key": name}).scalar_one_or_none() or 0
    return max(full_at - latest, 1) * _MICROSECOND


def give_back(conn: Connection, name: str, *, every: timedelta, cost: int = 1) -> None:
    """Undo a `take` whose purpose came to nothing."""
    conn.execute(_GIVE_BACK, {"key": name, "price": cost * (every // _MICROSECOND)})


def forget_full(conn: Connection, *, now: datetime) -> int:
    """Delete the rows that say nothing any more; return how many."""
    return conn.execute(_FORGET, {"present": (now - _EPOCH) // _MICROSECOND}).rowcount
