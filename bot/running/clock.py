"""The role that watches the time: care that falls due, promises to be kept, points and tiers, what is too old."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from bot.keeping_house import KeepingHouse
from bot.running.parts import Parts, Say
from bot.running.process import Process, open_process
from bot.running.web import start_health
from bot.settings import Settings
from bot.sweeps import Sweeps
from bot.wiring import build_policy, places_of
from care.policy import Policy
from care.schedule import CareClock
from crm_store.ledgers import keep_ledgers
from crm_store.wakes import OUTBOX


async def start_clock(process: Process, policy: Policy, *, queued: Callable[[], None]) -> None:
    """Look at once for what is due, then regularly; ``queued`` is called where messages were put into the outbox."""
    clock = CareClock(
        process.store, policy, process.settings.desk_hours, clock=process.clock, ids=process.ids, queued=queued,
        count=process.metrics.care,
    )  # fmt: skip
    await clock.start()
    process.parts.stack.push_async_callback(clock.stop)
    ledgers = Sweeps(
        process.store, lambda: keep_ledgers(process.store, process.clock.now(), process.settings.loyalty), topics=(),
        pause=lambda: policy.settings.sweep_every,
    )  # fmt: skip
    await process.parts.beside("ledgers", ledgers.run(), ledgers.stop)
    settings = process.settings
    house = KeepingHouse(
        process.store, settings.privacy, places_of(settings), clock=process.clock, zone=ZoneInfo(settings.shop.zone)
    )
    await process.parts.beside("keeping house", house.run(), house.stop)


async def run_clock(settings: Settings, parts: Parts, say: Say) -> None:
    """Start the role; any number may run, since each occasion is claimed in the store."""
    process = await open_process(settings, parts)
    await start_clock(process, build_policy(settings), queued=lambda: process.store.wakes.post(OUTBOX))
    await start_health(process)
    say(f"a clock is up: {process.name}")
