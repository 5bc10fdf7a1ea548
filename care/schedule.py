"""The clock: every half minute it asks what has become due, and fires each occasion as a unit of its own.

How far it has come is kept in the store, so what fell due while nobody ran is
found afterwards; and every occasion is claimed there, so two clocks do no harm.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from care.due import PAUSED, SWEEP, Fired, fire
from care.keeping import keep_watch
from care.occasions import Occasion, occasions
from care.policy import Policy
from care.wishes import keep_wishes
from crm_store import schedule, switches
from crm_store.desk_hours import DeskHours
from crm_store.ports import Clock, Ids
from crm_store.unit_of_work import Store

log = structlog.get_logger(__name__)


async def sweep(store: Store, now: datetime, *, policy: Policy, ids: Ids) -> list[Fired]:
    """Fire what has become due since the last sweep, up to ``now``, in order.

    The first sweep ever only marks where time begins: nobody is congratulated for
    last week. While care is paused nothing is fired and the mark stays.
    """
    plan = await store.read(_plan, now, policy)
    if plan is None:
        return []
    if not plan:
        await store.run(schedule.advance, SWEEP, now)
        return []
    fired: list[Fired] = []
    for number, occasion in enumerate(plan, start=1):
        swept = now if number == len(plan) else None
        fired.append(await store.run(fire, occasion, policy, ref=ids.new(), now=now, swept=swept))
        if fired[-1].outcome == PAUSED:
            break
    return fired


def _plan(conn: Connection, now: datetime, policy: Policy) -> list[Occasion] | None:
    """Return what is due, or None where the mark is to stay where it is."""
    since = schedule.swept_until(conn, SWEEP)
    if since is None:
        return []
    if since >= now or "care" in switches.paused(conn):
        return None
    return occasions(conn, policy.rules, since=since, until=now, settings=policy.settings)


class CareClock:
    """Sweeps at the start and then regularly, until it is stopped.

    ``queued`` is called after a sweep that put messages into the outbox, so that
    delivery need not wait for its own next look; ``count`` with the outcome of each
    occasion and the reason why it was skipped.
    """

    def __init__(
        self,
        store: Store,
        policy: Policy,
        desk: DeskHours,
        *,
        clock: Clock,
        ids: Ids,
        queued: Callable[[], None],
        count: Callable[[str, str | None], None],
    ) -> None:
        self._store = store
        self._policy = policy
        self._desk = desk
        self._clock = clock
        self._ids = ids
        self._queued = queued
        self._count = count
        self._sweeping = asyncio.Lock()
        # APScheduler is the clock only: its jobs live in memory and mean nothing but "look now".
        self._scheduler = AsyncIOScheduler(timezone=UTC)

    async def start(self) -> None:
        """Sweep once, then go on regularly on the running event loop."""
        await self.look()
        every = self._policy.settings.sweep_every.total_seconds()
        self._scheduler.add_job(
            self.look, "interval", seconds=every, max_instances=1, coalesce=True, misfire_grace_time=None
        )
        self._scheduler.start()

    async def look(self) -> None:
        """Sweep once; where the database does not answer, the next look makes up for it."""
        async with self._sweeping:
            now = self._clock.now()
            try:
                fired = await sweep(self._store, now, policy=self._policy, ids=self._ids)
                kept = await keep_watch(self._store, now, policy=self._policy, desk=self._desk, ids=self._ids)
                told = await keep_wishes(self._store, now, policy=self._policy, ids=self._ids)
            except DBAPIError as exc:
                log.warning("care.not_swept", error=type(exc).__name__)
                return
        for one in fired:
            self._count(one.outcome, one.reason)
        outcomes = [one.outcome for one in fired]
        if outcomes:
            log.info("care.swept", occasions=len(outcomes), queued=outcomes.count("queued"))
        if kept:
            log.info("promises.attended", promises=len(kept), late=sum("escalated" in one.steps for one in kept))
        if told:
            log.info("wishes.attended", wishes=len(told), queued=sum(one.ref is not None for one in told))
        if "queued" in outcomes or any(
            ref is not None for ref in (*(one.ref for one in kept), *(one.ref for one in told))
        ):
            self._queued()

    async def stop(self) -> None:
        """End, after the sweep that is under way."""
        self._scheduler.pause()
        async with self._sweeping:
            self._scheduler.shutdown(wait=False)
