"""Statements of a turn, compiled once and handed straight to the driver.

SQLAlchemy's own way through a statement costs more than the driver and the database
take for it together. What it does there is the same each time, so for the statements
that every message needs it is done once:

    _SAVE = Prepared(update(conversations).where(…).values(…))
    _SAVE.run(conn, {"key": id, "state": state})

Everything else stays SQLAlchemy's: the connection and its transaction, the types, the
errors. Where somebody listens to the engine, its ordinary way is taken, so that they
miss nothing. Parameters are named as the statement names them; lists of any length
(``expanding``) and defaults that Python computes are not for this.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

_COMPILED = "_shuke_compiled"
"""Set on a dialect, of which every engine has its own: what was compiled for it, by statement and parameters."""

type Params = Mapping[str, Any]
type _Process = Callable[[Any], Any] | None


class Prepared:
    """A statement that is compiled once for an engine; safe for many threads."""

    def __init__(self, statement: Any) -> None:
        """``statement`` selects, inserts, updates or deletes."""
        self.statement: Executable = statement
        self._columns = tuple(getattr(statement, "exported_columns", ()))
        self._row = _row_of(self._columns)

    def run(self, conn: Connection, params: Params) -> int:
        """Run it once; return how many rows it met."""
        if _is_watched(conn):
            return conn.execute(self.statement, dict(params)).rowcount
        cursor = self._cursor(conn, (params,))
        met: int = cursor.rowcount
        cursor.close()
        return met

    def run_each(self, conn: Connection, rows: Sequence[Params]) -> None:
        """Run it for each of ``rows``, which name the same parameters, in their order."""
        if _is_watched(conn):
            conn.execute(self.statement, [dict(row) for row in rows])
        else:
            self._cursor(conn, rows).close()

    def all(self, conn: Connection, params: Params) -> list[Any]:
        """Return the rows that it finds, or gives back; their columns are attributes."""
        if _is_watched(conn):
            return [self._row._make(row) for row in conn.execute(self.statement, dict(params))]
        cursor = self._cursor(conn, (params,))
        found = cursor.fetchall()
        readers = self._compiled(conn.dialect, (params,)).readers(cursor.description) if found else ()
        cursor.close()
        return [
            self._row._make([read(value) if read else value for read, value in zip(readers, row, strict=True)])
            for row in found
        ]

    def one_or_none(self, conn: Connection, params: Params) -> Any | None:
        """Return the only row, or None; what is found is never more than one."""
        found = self.all(conn, params)
        assert len(found) < 2, "a statement that finds one row at most"
        return found[0] if found else None

    def _cursor(self, conn: Connection, rows: Sequence[Params]) -> Any:
        """Return the driver's cursor after running for ``rows``."""
        compiled = self._compiled(conn.dialect, rows)
        values = [compiled.values(row) for row in rows]
        driver: Any = conn.connection.dbapi_connection
        cursor = driver.cursor()
        try:
            if len(values) == 1:
                cursor.execute(compiled.sql, values[0])
            else:
                cursor.executemany(compiled.sql, values)
        except conn.dialect.loaded_dbapi.Error as exc:
            raise _told(conn, compiled.sql, exc, cursor, driver) from exc
        return cursor

    def _compiled(self, dialect: Dialect, rows: Sequence[Params]) -> _Compiled:
        names = tuple(rows[0])
        known: dict[Any, _Compiled] | None = getattr(dialect, _COMPILED, None)
        if known is None:
            known = {}
            setattr(dialect, _COMPILED, known)
        compiled = known.get((self, names))
        if compiled is None:
            compiled = known[self, names] = _Compiled(self.statement, self._columns, dialect, names)
        return compiled


class _Compiled:
    """What one dialect makes of a statement with parameters of these names."""

    def __init__(self, statement: Any, columns: Sequence[Any], dialect: Dialect, names: Sequence[str]) -> None:
        # As for many rows: SQLAlchemy would ask for the key of a single new one.
        made: SQLCompiler = statement.compile(dialect=dialect, column_keys=list(names), for_executemany=True)
        if made.prefetch or any(bind.expanding for bind in made.binds.values()):
            raise ValueError(f"not to be prepared, since its text or its values are not the same each time: {made}")
        self.sql = str(made)
        self._order = made.positiontup
        self._constants = {name: bind.effective_value for bind, name in made.bind_names.items() if not bind.required}
        self._writers = [
            (name, write)
            for bind, name in made.bind_names.items()
            if (write := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
        ]
        self._columns = columns
        self._dialect = dialect
        self._readers: Sequence[_Process] | None = None

    def values(self, params: Params) -> Any:
        """Return parameters as the driver takes them."""
        given = {**self._constants, **params}
        for name, write in self._writers:
            given[name] = write(given[name])
        return given if self._order is None else [given[name] for name in self._order]

    def readers(self, description: Sequence[Sequence[Any]]) -> Sequence[_Process]:
        """Return what makes our values of the driver's, column by column."""
        if self._readers is None:
            self._readers = [
                column.type.dialect_impl(self._dialect).result_processor(self._dialect, about[1])
                for column, about in zip(self._columns, description, strict=True)
            ]
        return self._readers


def _row_of(columns: Sequence[Any]) -> Any:
    return namedtuple("Row", [column.key for column in columns])


def _is_watched(conn: Connection) -> bool:
    """Whether SQLAlchemy's own way is to be taken, which also begins a transaction where there is none."""
    return conn._has_events or conn.engine._has_events or conn.invalidated or not conn.in_transaction()


def _told(conn: Connection, sql: str, error: Exception, cursor: Any, driver: Any) -> BaseException:
    """Return the error as SQLAlchemy tells it; a connection that is lost is not used again."""
    lost = conn.dialect.is_disconnect(error, driver, cursor)  # type: ignore[arg-type]
    told = DBAPIError.instance(
        sql, None, error, conn.dialect.loaded_dbapi.Error, hide_parameters=conn.engine.hide_parameters,
        connection_invalidated=lost, dialect=conn.dialect,
    )  # fmt: skip
    if lost:
        conn.invalidate(error)
    else:
        cursor.close()
    return told
