"""What all the parts of one process share."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import structlog
from sqlalchemy.exc import OperationalError

from bot.intake import Intake
from bot.metrics import Metrics
from bot.running.parts import Parts, StoppedAtStart
from bot.settings import Settings
from crm_store import sealing, sealing_all
from crm_store.ports import Clock, Ids, SystemClock, Ulids
from crm_store.reaching import is_away
from crm_store.shared_clock import SharedClock
from crm_store.unit_of_work import Store

log = structlog.get_logger(__name__)

_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0
"""Seconds until PostgreSQL is looked for again."""


@dataclass(frozen=True, slots=True)
class Process:
    """One process at work on the store; ``name`` is the owner of its leases."""

    settings: Settings
    parts: Parts
    store: Store
    clock: Clock
    ids: Ids
    name: str
    metrics: Metrics


async def open_process(settings: Settings, parts: Parts) -> Process:
    """Open the store; it is closed after every part that is started from now on.

    Raises:
        StoppedAtStart: we were asked to stop while PostgreSQL was away.
        OperationalError: PostgreSQL is there and refuses us.
        SealError: the database has what is not sealed by the present key.
    """
    store = Store(settings.store.url)
    parts.stack.callback(store.close)
    clock: Clock = SystemClock()
    if store.is_shared:
        clock = shared = await once_it_answers(store.url, partial(SharedClock, store, clock), parts.stopping)
        await parts.beside("the shared clock", shared.keep())
    if sealing.present() is not None:
        await store.read(sealing_all.refuse_unsealed)
    return Process(settings, parts, store, clock, Ulids(clock), f"{socket.gethostname()}:{os.getpid()}", Metrics())


async def once_it_answers[T](url: str, ask: Callable[[], T], stopping: asyncio.Event) -> T:
    """Return what ``ask``, called in a thread, says of the PostgreSQL at ``url``; while that is away, wait for it.

    Raises:
        StoppedAtStart: ``stopping`` was set meanwhile.
        OperationalError: PostgreSQL is there and refuses us.
        Whatever ``ask`` raises.
    """
    wait = _FIRST_WAIT
    while not stopping.is_set():
        if not await asyncio.to_thread(is_away, url):
            try:
                return await asyncio.to_thread(ask)
            except OperationalError:
                if not await asyncio.to_thread(is_away, url):
                    raise
        log.warning("database.away", again_in_s=wait)
        with suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await stopping.wait()
        wait = min(wait * 2, _LONGEST_WAIT)
    raise StoppedAtStart


def build_intake(process: Process) -> Intake:
    """Return an intake that leaves the turns to the workers of other processes."""
    return Intake(
        process.store,
        process.clock,
        process.ids,
        worker=process.name,
        lease=process.settings.work.lease,
        start=None,
        metrics=process.metrics,
    )
