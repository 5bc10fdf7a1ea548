"""Turns at work: one at a time for a conversation, many conversations at once; and the sweep behind them.

A message normally starts its own turn the moment it is stored. The sweep finds what
nobody is working on: messages of a worker that died, turns that failed and rest
before they are tried again, and outbox messages that are due.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Container
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from bot.delivery import Delivery
from bot.holding import AtWork, hold
from bot.intake import Claimed, load_claimed
from bot.sweeps import Sweeps
from crm_store import conversations, inbox, outbox
from crm_store.ports import Clock
from crm_store.unit_of_work import Store
from crm_store.wakes import INBOX, OUTBOX

log = structlog.get_logger(__name__)

MOST_AT_ONCE = 64
SWEEP_TAKES = 50
WHILE_CROWDED = timedelta(milliseconds=200)
"""How soon to sweep again while messages wait for their platform's rate."""

TakeTurn = Callable[[Claimed], Awaitable[Claimed | None]]
"""Handles a claimed message; returns the conversation's next one, claimed, or None when it is free again."""


class Worker:
    """Runs the turns of one process."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        take_turn: TakeTurn,
        delivery: Delivery,
        *,
        name: str,
        lease: timedelta,
        sweep_every: timedelta,
        drain: timedelta,
    ) -> None:
        self._store = store
        self._clock = clock
        self._take_turn = take_turn
        self._delivery = delivery
        self._name = name
        self._lease = lease
        self._drain = drain
        self._sweep_every = sweep_every
        self._sweeps = Sweeps(store, self.sweep, topics=(INBOX, OUTBOX), pause=self._pause)
        self._running: asyncio.Task[Any] | None = None
        self._places = asyncio.Semaphore(MOST_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._at_work: Counter[str] = Counter()

    def start(self, claimed: Claimed) -> None:
        """Begin the turn of a claimed message, and go on with the conversation's next ones."""
        conversation = claimed.conversation_id
        self._at_work[conversation] += 1
        task = asyncio.create_task(self._converse(claimed))
        self._tasks.add(task)
        task.add_done_callback(lambda ended: self._ended(ended, conversation))

    async def run(self) -> None:
        """Sweep until `stop` is called, regularly and whenever woken; then finish what the last sweep took up."""
        self._running = asyncio.current_task()
        keeping = asyncio.create_task(hold(self._store, self._clock, self._held, worker=self._name, lease=self._lease))
        try:
            await self._sweeps.run()
            await self._finish_turns()
        finally:
            keeping.cancel()

    def wake(self) -> None:
        """Sweep now: something was queued."""
        self._sweeps.wake()

    async def sweep(self) -> None:
        """Take up what nobody is working on."""
        now = self._clock.now()
        for claimed in await self._store.run(
            claim_waiting,
            worker=self._name,
            now=now,
            until=now + self._lease,
            most=SWEEP_TAKES,
            at_work=self._at_work,
        ):
            self.start(claimed)
        await self._delivery.sweep(self._at_work)

    async def stop(self) -> None:
        """Take nothing new up and finish the turns in flight; after ``drain`` leave them to others."""
        await self._sweeps.stop()
        under_way = [self._running] if self._running is not None else []
        try:
            async with asyncio.timeout(self._drain.total_seconds()):
                await asyncio.gather(*under_way, return_exceptions=True)
                await self._finish_turns()
        except TimeoutError:
            log.warning("worker.left_unfinished", turns=len(self._tasks), after_s=self._drain.total_seconds())
            for task in (*under_way, *self._tasks):
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)
            await self._finish_turns()
            await self._store.run(let_go, worker=self._name, now=self._clock.now())

    def _pause(self) -> timedelta:
        return min(self._sweep_every, WHILE_CROWDED) if self._delivery.crowded else self._sweep_every

    def _held(self) -> AtWork:
        return AtWork(tuple(self._at_work), self._delivery.under_way())

    async def _finish_turns(self) -> None:
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
            # Where all had ended, that took no turn of the loop, and they are still to be taken out.
            await asyncio.sleep(0)

    async def _converse(self, claimed: Claimed) -> None:
        async with self._places:
            following: Claimed | None = claimed
            while following is not None:
                following = await self._take_turn(following)

    def _ended(self, task: asyncio.Task[None], conversation: str) -> None:
        self._tasks.discard(task)
        self._at_work[conversation] -= 1
        if not self._at_work[conversation]:
            del self._at_work[conversation]
        if not task.cancelled() and (error := task.exception()) is not None:
            # Its lease runs out by itself, and the sweep takes the message up again.
            log.error("worker.turn_lost", error=type(error).__name__)


def let_go(conn: Connection, *, worker: str, now: datetime) -> None:
    """Let others take up at once whatever ``worker`` still has a lease on."""
    conversations.release_of(conn, worker)
    outbox.abandon_of(conn, worker, now=now)


def take_over(conn: Connection, *, now: datetime) -> None:
    """Take up at once what an earlier process left behind, which its leases would hold back for their whole length.

    Only where nobody else can be at work on this database.
    """
    conversations.release_all(conn)
    outbox.abandon_all(conn, now=now)


def claim_waiting(
    conn: Connection,
    *,
    worker: str,
    now: datetime,
    until: datetime,
    most: int,
    at_work: Container[str] = frozenset(),
) -> list[Claimed]:
    """Claim free conversations with a message to handle, and return the oldest message of each.

    ``at_work`` are conversations whose turn this process is taking: slow is not dead,
    though the lease is over.
    """
    claimed = []
    for conversation_id in inbox.waiting_conversations(conn, now=now, most=most):
        if conversation_id in at_work:
            continue
        row = inbox.oldest_open(conn, conversation_id)
        if row is not None and inbox.claim(conn, conversation_id, worker=worker, now=now, until=until, before=row.id):
            claimed.append(load_claimed(conn, row))
    return claimed
