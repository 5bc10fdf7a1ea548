"""What all the parts of one process share."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass

from bot.intake import Intake
from bot.metrics import Metrics
from bot.running.parts import Parts
from bot.settings import Settings
from crm_store.ports import Clock, Ids, SystemClock, Ulids
from crm_store.shared_clock import SharedClock
from crm_store.unit_of_work import Store


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
    """Open the store; it is closed after every part that is started from now on."""
    store = Store(settings.store.url)
    parts.stack.callback(store.close)
    clock: Clock = SystemClock()
    if store.is_shared:
        clock = shared = SharedClock(store, clock)
        await parts.beside("the shared clock", shared.keep())
    return Process(settings, parts, store, clock, Ulids(clock), f"{socket.gethostname()}:{os.getpid()}", Metrics())


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
