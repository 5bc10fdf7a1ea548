"""How the store is called: units of work, plain functions of a connection, run in transactions.

    receipt = await store.run(receive, inbound)      # writes: the unit's effects commit before this returns
    customer = await store.read(customer_page, id)   # reads: a snapshot, never waits for writers

On PostgreSQL a few threads run units side by side, a commit each (`crm_store.pool`).

On SQLite one thread writes. It takes whatever units are waiting, runs them in one
transaction and commits them together, so that the price of a commit (an fsync) is
shared by all who wait for it. When a unit fails, the transaction is rolled back and
its units run again, each in a savepoint of its own: a unit may therefore run twice.
So a unit has effects in the database alone, waits for nothing, and what it returns
is a business outcome. A caller that is cancelled while it waits knows nothing: its
unit may have been committed.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Concatenate

from sqlalchemy import Connection, Engine

from crm_store.engines import kind_of, open_engine
from crm_store.errors import StoreClosed
from crm_store.notify import SharedWakes
from crm_store.pool import THREADS, Pool, in_transaction
from crm_store.wakes import Wakes
from crm_store.watching import WatchedWakes
from crm_store.writer import MOST_WAITING, Writer

READERS = 4


class Store:
    """A database: one writer thread on SQLite, a pool of them on PostgreSQL, and a few readers.

    ``url`` is ``sqlite:///PATH`` or ``postgresql://USER@HOST/NAME``. The tables must
    exist (`crm_store.schema`). ``durable=False`` spares the disk for a world that is
    thrown away anyhow: what was committed still survives the process, but not the
    machine. ``given_time=True`` lets leases follow the caller's clock on PostgreSQL
    too, for a world whose clock is virtual.
    """

    def __init__(
        self, url: str, *, durable: bool = True, given_time: bool = False, most_waiting: int = MOST_WAITING
    ) -> None:
        self.url = url
        self._shared = kind_of(url) == "postgresql"
        writers = THREADS if self._shared else 1
        self._writing = open_engine(url, pool_size=writers, durable=durable, given_time=given_time)
        self._reading = open_engine(url, pool_size=READERS, durable=durable, read_only=True, given_time=given_time)
        self._readers = ThreadPoolExecutor(READERS, "store-reader")
        self._closing = threading.Lock()
        self._closed = False
        self.wakes: Wakes
        self._writer: Writer | Pool
        if self._shared:
            self.wakes = SharedWakes(url)
            self._writer = Pool(self._writing, threads=writers, most_waiting=most_waiting, name="store-writer")
        else:
            self._writer = Writer(self._writing, most_waiting=most_waiting)
            self.wakes = WatchedWakes(self._writer.submit)

    @property
    def is_shared(self) -> bool:
        """Whether other processes may work on the database at the same time, as on PostgreSQL."""
        return self._shared

    async def run[**P, T](self, unit: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit that writes; when this returns, its effects are committed.

        Raises:
            StoreBusy: too many units are waiting; nothing was written.
            StoreClosed: the store has been closed.
            Whatever the unit raises; then it has written nothing.
        """
        home = asyncio.get_running_loop()
        return await _carried(self._writer.submit(_bound(unit, *args, **kwargs), home), home)

    def run_now[**P, T](self, unit: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do as `run`, for callers without an event loop."""
        result: T = self._writer.submit(_bound(unit, *args, **kwargs)).result()
        return result

    async def read[**P, T](
        self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a query on a snapshot.

        Raises:
            StoreClosed: the store has been closed.
            OperationalError: the query writes; it has written nothing.
            Whatever the query raises.
        """
        with self._closing:
            if self._closed:
                raise StoreClosed("the store has been closed")
            reading = self._readers.submit(self._read, _bound(query, *args, **kwargs))
        return await asyncio.wrap_future(reading)

    def read_now[**P, T](self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do as `read`, in the calling thread."""
        if self._closed:
            raise StoreClosed("the store has been closed")
        return self._read(_bound(query, *args, **kwargs))

    @property
    def writing_engine(self) -> Engine:
        """The engine that units run on; for listeners that count or break what it does."""
        return self._writing

    @property
    def commits(self) -> int:
        """Transactions committed since the start."""
        return self._writer.commits

    @property
    def units_waiting(self) -> int:
        """How many units of work wait to be written."""
        return self._writer.units_waiting

    def close(self) -> None:
        """Finish what is waiting, then close; may be called twice."""
        with self._closing:
            self._closed = True
        self._writer.close()
        self.wakes.close()
        self._readers.shutdown()
        self._writing.dispose()
        self._reading.dispose()

    def _read[T](self, query: Callable[[Connection], T]) -> T:
        with self._reading.connect() as conn:
            if self._shared:
                result: T = in_transaction(conn, query)
                return result
            conn.exec_driver_sql("BEGIN")
            return query(conn)


def _carried[T](done: Future[T], home: asyncio.AbstractEventLoop) -> asyncio.Future[T]:
    """Do as `asyncio.wrap_future`, but wake no loop where ``done`` is told on that loop's own thread."""
    carried: asyncio.Future[T] = home.create_future()
    thread = threading.get_ident()

    def carry() -> None:
        if carried.done():
            return
        if done.cancelled():
            carried.cancel()
        elif (error := done.exception()) is not None:
            carried.set_exception(error)
        else:
            carried.set_result(done.result())

    def told(_done: Future[T]) -> None:
        if threading.get_ident() == thread:
            carry()
        else:
            with contextlib.suppress(RuntimeError):  # the loop has been closed: nobody waits any more
                home.call_soon_threadsafe(carry)

    def gone(future: asyncio.Future[T]) -> None:
        if future.cancelled():
            done.cancel()

    carried.add_done_callback(gone)
    done.add_done_callback(told)
    return carried


def _bound[**P, T](
    unit: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
) -> Callable[[Connection], T]:
    def bound(conn: Connection) -> T:
        try:
            return unit(conn, *args, **kwargs)
        except StopIteration as exc:
            # asyncio cannot carry it, and would leave the caller waiting for ever.
            raise RuntimeError("a unit of work took from an iterator that had no more") from exc

    return bound
