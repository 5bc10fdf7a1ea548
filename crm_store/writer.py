"""The one thread that writes: it commits together whatever is waiting, and always answers.

The thread begins and commits, which waits for locks and for the disk. The units
themselves are computation, and run on the thread of the event loop that handed them
in: Python computes on one thread at a time, and two that want to, with the database
letting go of the interpreter at every statement, spend half of it on taking turns.

Whoever hands in a unit gets its result, its error or a refusal, whatever happens:
a unit that ends the thread's work, a transaction that cannot begin or commit, a
database that cannot be opened. After each of them the writer goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from crm_store.errors import StoreBusy, StoreClosed

BEGIN = "BEGIN IMMEDIATE"
"""How a transaction that writes begins: two deferred ones that both come to write fail as "locked"."""
MOST_IN_A_COMMIT = 32
MOST_WAITING = 10_000
LOOP_ANSWERS_WITHIN = 0.05
"""Seconds; a loop that is stopped, or blocked by a caller that waits for us, would keep its units for ever."""

Unit = Callable[[Connection], Any]


@dataclass(slots=True)
class _Waiting:
    unit: Unit
    done: Future[Any]
    home: asyncio.AbstractEventLoop | None
    """The loop whose thread runs the unit; None for a caller without one."""


@dataclass(slots=True)
class _Outcome:
    result: Any = None
    error: BaseException | None = None


class _TransactionLost(Exception):
    """The transaction did not come to its end, as on a full disk, where SQLite drops it; nothing of it was kept."""


class Writer:
    """Runs units on one connection of ``engine``, one after the other, in the order of their coming."""

    def __init__(self, engine: Engine, *, most_waiting: int = MOST_WAITING) -> None:
        self._engine = engine
        self._most_waiting = most_waiting
        self._waiting: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._conn: Connection | None = None
        self.commits = 0
        """Transactions committed since the start."""
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, unit: Unit, home: asyncio.AbstractEventLoop | None = None) -> Future[Any]:
        """Let a unit wait for its turn; the future is done when its effects are committed.

        The unit runs on the thread of ``home``, or on the writer's own.

        Raises:
            StoreBusy: too many units are waiting.
            StoreClosed: the writer has been closed.
            RuntimeError: called by a unit; it would wait for itself for ever.
        """
        if getattr(_at_work, "writer", None) is self:
            raise RuntimeError("a unit of work cannot wait for another one; call its function with the connection")
        waiting = _Waiting(unit, Future(), home)
        with self._changed:
            if self._closed:
                raise StoreClosed("the store has been closed")
            if len(self._waiting) >= self._most_waiting:
                raise StoreBusy(f"{self._most_waiting} units are waiting to be written")
            self._waiting.append(waiting)
            self._changed.notify()
        return waiting.done

    @property
    def units_waiting(self) -> int:
        """How many units wait for their turn."""
        return len(self._waiting)

    def close(self) -> None:
        """Finish what is waiting, then end; may be called twice."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        batch: list[_Waiting] = []
        try:
            while batch := self._next_batch():
                _tell_at_home(batch, self._outcomes(batch))
        finally:
            self._let_go()
            self._leave_nobody_waiting(batch)

    def _leave_nobody_waiting(self, batch: Sequence[_Waiting]) -> None:
        """The thread ends, by `close` or by what nobody thought of: whoever still waits is told, whoever comes too."""
        with self._changed:
            self._closed = True
            left = [waiting for waiting in self._waiting if waiting.done.set_running_or_notify_cancel()]
            self._waiting.clear()
        for waiting in (*batch, *left):
            if not waiting.done.done():
                waiting.done.set_exception(StoreClosed("the store's writer has ended"))

    def _next_batch(self) -> list[_Waiting]:
        """Wait for units and return as many as one commit takes; none when the writer is closed."""
        batch: list[_Waiting] = []
        while not batch:
            with self._changed:
                while not self._waiting and not self._closed:
                    self._changed.wait()
                if not self._waiting:
                    return []
                taken = [self._waiting.popleft()]
                while self._waiting and len(taken) < MOST_IN_A_COMMIT and self._waiting[0].home is taken[0].home:
                    taken.append(self._waiting.popleft())
            # A waiter that was cancelled before its unit began is left out.
            batch = [waiting for waiting in taken if waiting.done.set_running_or_notify_cancel()]
        return batch

    def _outcomes(self, batch: Sequence[_Waiting]) -> Sequence[_Outcome]:
        """Run a batch; where its transaction fails, everyone in it gets the error and the connection is renewed."""
        try:
            if self._conn is None:
                self._conn = self._engine.connect()
            return self._commit_together(self._conn, batch) or self._commit_apart(self._conn, batch)
        except BaseException as exc:  # noqa: BLE001 - whatever it was: those who wait have to be told
            self._let_go()
            return [_Outcome(error=exc)] * len(batch)

    def _let_go(self) -> None:
        conn, self._conn = self._conn, None
        if conn is not None:
            # What is wrong with it has been told already; a fresh one is taken for the next batch.
            with contextlib.suppress(SQLAlchemyError):
                conn.invalidate()
                conn.close()

    def _commit_together(self, conn: Connection, batch: Sequence[_Waiting]) -> list[_Outcome] | None:
        """Run all units in one transaction; return None, with nothing written, where one of several failed."""
        outcomes: list[_Outcome] = []
        failure: BaseException | None = None

        def run() -> None:
            nonlocal failure
            for waiting in batch:
                try:
                    outcomes.append(_Outcome(waiting.unit(conn)))
                    _still_open(conn)
                except BaseException as exc:  # noqa: BLE001 - raised again below, on the writer's thread
                    failure = exc
                    return

        try:
            with conn.begin():
                conn.exec_driver_sql(BEGIN)
                self._at_home(batch[0].home, run)
                if failure is not None:
                    raise failure
                _whole(outcomes, batch)
        except BaseException as exc:
            if exc is not failure:
                raise  # the transaction could not begin or commit: to run the units again would not help
            return [_Outcome(error=exc)] if len(batch) == 1 else None
        self.commits += 1
        return outcomes

    def _commit_apart(self, conn: Connection, batch: Sequence[_Waiting]) -> list[_Outcome]:
        """Run the units again, each in a savepoint, so that a failing one harms nobody else."""
        outcomes: list[_Outcome] = []
        lost: _TransactionLost | None = None

        def run() -> None:
            nonlocal lost
            for waiting in batch:
                try:
                    with conn.begin_nested():
                        result = waiting.unit(conn)
                    outcomes.append(_Outcome(result))
                except BaseException as exc:  # noqa: BLE001 - any unit's failure is its caller's to handle
                    outcomes.append(_Outcome(error=exc))
                try:
                    _still_open(conn)
                except _TransactionLost as exc:
                    lost = exc
                    return

        with conn.begin():
            conn.exec_driver_sql(BEGIN)
            self._at_home(batch[0].home, run)
            if lost is not None:
                raise lost
            _whole(outcomes, batch)
        self.commits += 1
        return outcomes

    def _at_home(self, home: asyncio.AbstractEventLoop | None, run: Callable[[], None]) -> None:
        """Have ``run``, which never raises, done on the loop's thread; here where the loop does not take it up."""
        job = _Job(self, run)
        if home is not None:
            # A loop that has been closed refuses.
            with contextlib.suppress(RuntimeError):
                home.call_soon_threadsafe(job.do)
                job.taken.wait(LOOP_ANSWERS_WITHIN)
        job.do()
        job.done.wait()


def _tell_at_home(batch: Sequence[_Waiting], outcomes: Sequence[_Outcome]) -> None:
    """Give everyone in a batch their outcome; a loop is woken once for all of them."""

    def tell() -> None:
        for waiting, outcome in zip(batch, outcomes, strict=True):
            if outcome.error is None:
                waiting.done.set_result(outcome.result)
            else:
                waiting.done.set_exception(outcome.error)

    home = batch[0].home
    if home is None:
        tell()
        return
    try:
        home.call_soon_threadsafe(tell)
    except RuntimeError:  # the loop has been closed
        tell()


class _Job:
    """Work that is done once, by whichever thread comes first."""

    def __init__(self, writer: Writer, run: Callable[[], None]) -> None:
        self._writer = writer
        self._run = run
        self._first = threading.Lock()
        self.taken = threading.Event()
        self.done = threading.Event()

    def do(self) -> None:
        """Do it, unless another thread has begun to."""
        if not self._first.acquire(blocking=False):
            return
        try:
            self.taken.set()
            _at_work.writer = self._writer
            self._run()
        finally:
            _at_work.writer = None
            self.done.set()


_at_work = threading.local()
"""Which writer's units this thread is running: they must not wait for another one of the same writer."""


def _whole(outcomes: Sequence[_Outcome], batch: Sequence[_Waiting]) -> None:
    # A loop's thread is also where Ctrl-C arrives, between any two units.
    if len(outcomes) != len(batch):
        raise _TransactionLost("the units were interrupted; nothing was written")


def _still_open(conn: Connection) -> None:
    # Otherwise what follows would be committed statement by statement, and what went
    # before would be reported as written while it is gone.
    if not conn.connection.in_transaction:
        raise _TransactionLost("the database has ended the transaction; nothing was written")
