"""Numbers that people read out: they count up without gaps, one row a series."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base, table_of


class Counter(Base):
    """The last number given in a series."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]


counters = table_of(Counter)

_NEXT = (
    insert(counters)
    .values(name=bindparam("series"), value=bindparam("first"))
    .on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + 1})
    .returning(counters.c.value)
)


def next_value(conn: Connection, series: str, *, first: int) -> int:
    """Return the next number of a series; a new series begins at ``first``."""
    value: int = conn.execute(_NEXT, {"series": series, "first": first}).scalar_one()
    return value
