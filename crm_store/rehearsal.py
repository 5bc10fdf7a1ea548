"""Try what would happen: units of work whose effects nobody sees, and nobody keeps."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Concatenate, Protocol

from sqlalchemy import Connection
from sqlalchemy.engine import make_url

from crm_store.engines import open_engine
from crm_store.unit_of_work import Store


class RunsUnits(Protocol):
    """What a caller needs of a store to write without an event loop."""

    def run_now[**P, T](
        self, unit: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T: ...


@contextmanager
def rehearsal(store: Store) -> Iterator[RunsUnits]:
    """Yield a stage on which units find the store as it is now, and each what those before it did.

    On SQLite that is a copy, which keeps no customer's message waiting. On PostgreSQL
    it is one transaction that is rolled back: until then whoever writes about the
    same customers waits.
    """
    stage = _transaction(store.url) if store.is_shared else _copy(store.url)
    with stage as found:
        yield found


@contextmanager
def _copy(url: str) -> Iterator[RunsUnits]:
    present = make_url(url).database or ""
    with TemporaryDirectory(dir=Path(present).parent, prefix="dry-run-") as folder:
        copied = Path(folder) / "copy.db"
        with closing(sqlite3.connect(present)) as source, closing(sqlite3.connect(copied)) as target:
            source.backup(target)
        copy = Store(f"sqlite:///{copied}", durable=False)
        try:
            yield copy
        finally:
            copy.close()


@contextmanager
def _transaction(url: str) -> Iterator[RunsUnits]:
    engine = open_engine(url)
    try:
        with engine.connect() as conn:
            yield _OneTransaction(conn)
            conn.rollback()
    finally:
        engine.dispose()


class _OneTransaction:
    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def run_now(self, unit: Any, *args: Any, **kwargs: Any) -> Any:
        with self._conn.begin_nested():
            return unit(self._conn, *args, **kwargs)
