"""By whose clock a lease is over: on PostgreSQL by the database's, which all machines share.

    .where(table.c.lease_until < moment()).values(lease_until=lease_end())

Both take the parameters ``now`` and ``until`` of the caller. On SQLite, where there
is one process, and in a world whose clock is virtual, they mean what they say. On
PostgreSQL only the span between them counts: a machine whose clock is wrong then
neither takes what others are working on nor holds its own for ever. All business
times stay the caller's.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from crm_store.base import UtcDateTime
from crm_store.engines import GIVEN_TIME


class moment(FunctionElement[Any]):  # noqa: N801 - reads as the SQL function that it stands for
    """The moment at which leases are judged; parameter ``now``."""

    type = UtcDateTime()
    inherit_cache = True

    def __init__(self) -> None:
        super().__init__(bindparam("now", type_=UtcDateTime()))


class lease_end(FunctionElement[Any]):  # noqa: N801
    """When a lease that is taken now is over; parameters ``now`` and ``until``."""

    type = UtcDateTime()
    inherit_cache = True

    def __init__(self) -> None:
        super().__init__(bindparam("now", type_=UtcDateTime()), bindparam("until", type_=UtcDateTime()))


@compiles(moment)
def _given_moment(element: moment, compiler: SQLCompiler, **more: Any) -> str:
    (now,) = element.clauses
    return compiler.process(now, **more)


@compiles(moment, "postgresql")
def _databases_moment(element: moment, compiler: SQLCompiler, **more: Any) -> str:
    if _by_given_time(compiler):
        return _given_moment(element, compiler, **more)
    return "clock_timestamp()"


@compiles(lease_end)
def _given_end(element: lease_end, compiler: SQLCompiler, **more: Any) -> str:
    _, until = element.clauses
    return compiler.process(until, **more)


@compiles(lease_end, "postgresql")
def _end_by_the_database(element: lease_end, compiler: SQLCompiler, **more: Any) -> str:
    if _by_given_time(compiler):
        return _given_end(element, compiler, **more)
    now, until = (compiler.process(clause, **more) for clause in element.clauses)
    return f"(clock_timestamp() + ({until} - {now}))"


def _by_given_time(compiler: SQLCompiler) -> bool:
    return bool(getattr(compiler.dialect, GIVEN_TIME, False))
