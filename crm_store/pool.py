"""Units of work on PostgreSQL: a few threads, each with a connection of its own, a commit a unit.

Many transactions run at the same time here, in this process and in others. What must
not run beside another holds the rows that it is about (`customers.hold`). Where two
meet all the same, in a deadlock, at a unique key or over a row that changed in
between, the unit is run again: nothing of its first run was kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from crm_store.errors import ChangedMeanwhile, StoreBusy, StoreClosed

THREADS = 8
MOST_RUNS = 5
REST = 0.01
"""Seconds before another run: whoever went first has to come through, or both would meet again at the same place."""
_MET_ANOTHER = frozenset({"40001", "40P01", "23505"})
"""SQLSTATE of a serialization failure, a deadlock, and a key that somebody else has just written."""

Unit = Callable[[Connection], Any]


class Pool:
    """Runs units on the connections of ``engine``, as many at a time as it has."""

    def __init__(self, engine: Engine, *, threads: int, most_waiting: int, name: str) -> None:
        self._engine = engine
        self._threads = ThreadPoolExecutor(threads, name)
        self._most_waiting = most_waiting
        self._room = threading.Semaphore(most_waiting + threads)
        self._mine = threading.local()
        self._opened: list[Connection] = []
        self._changing = threading.Lock()
        self._closed = False
        self.commits = 0
        """How many transactions have been committed."""
        self.units_waiting = 0
        """How many units wait for a thread, or are at work."""

    def submit(self, unit: Unit, home: asyncio.AbstractEventLoop | None = None) -> Future[Any]:
        """Let a unit wait for a thread; the future is done when its effects are committed.

        Raises:
            StoreBusy: too many units are waiting.
            StoreClosed: the pool has been closed.
            RuntimeError: called by a unit; all threads could come to wait for each other.
        """
        del home  # it waits for the network in between, so it must not run on the loop's thread
        if getattr(self._mine, "at_work", False):
            raise RuntimeError("a unit of work cannot wait for another one; call its function with the connection")
        with self._changing:
            if self._closed:
                raise StoreClosed("the store has been closed")
            if not self._room.acquire(blocking=False):
                raise StoreBusy(f"{self._most_waiting} units are waiting for the database")
            self.units_waiting += 1
            done = self._threads.submit(self._run, unit)
        done.add_done_callback(self._left)
        return done

    def close(self) -> None:
        """Finish what is waiting, then close the connections; may be called twice."""
        with self._changing:
            self._closed = True
        self._threads.shutdown()
        for conn in self._opened:
            # Nobody waits for it any more; a connection that is broken cannot be closed better.
            with contextlib.suppress(SQLAlchemyError):
                conn.close()
        self._opened.clear()

    def _left(self, done: Future[Any]) -> None:
        self._room.release()
        with self._changing:
            self.units_waiting -= 1
            if not done.cancelled() and done.exception() is None:
                self.commits += 1

    def _run(self, unit: Unit) -> Any:
        conn = self._connection()
        self._mine.at_work = True
        try:
            return in_transaction(conn, unit)
        finally:
            self._mine.at_work = False

    def _connection(self) -> Connection:
        conn: Connection | None = getattr(self._mine, "conn", None)
        if conn is None:
            conn = self._mine.conn = self._engine.connect()
            with self._changing:
                self._opened.append(conn)
        return conn


def in_transaction(conn: Connection, unit: Unit) -> Any:
    """Run a unit in a transaction, again where it met another one or the connection proved dead before the commit."""
    runs = 0
    while True:
        runs += 1
        ended = False
        try:
            with conn.begin():
                result = unit(conn)
                ended = True
            return result
        except (DBAPIError, ChangedMeanwhile) as exc:
            # What fails at the commit may have been committed: to run it again would be to do it twice.
            if ended or runs == MOST_RUNS or not _helps_to_run_again(exc, runs):
                raise
        time.sleep(REST * runs)


def _helps_to_run_again(error: DBAPIError | ChangedMeanwhile, runs: int) -> bool:
    if isinstance(error, ChangedMeanwhile):
        return True
    if error.connection_invalidated:
        return runs == 1  # one that died while it lay idle, as all do when the server is restarted
    return getattr(error.orig, "sqlstate", None) in _MET_ANOTHER
