"""The role that watches the time: care that falls due."""

from __future__ import annotations

from collections.abc import Callable

from bot.running.process import Process
from care.policy import Policy
from care.schedule import CareClock


async def start_clock(process: Process, policy: Policy, *, queued: Callable[[], None]) -> None:
    """Look at once for what is due, then regularly; ``queued`` is called where messages were put into the outbox."""
    clock = CareClock(
        process.store, policy, clock=process.clock, ids=process.ids, queued=queued, count=process.metrics.care
    )
    await clock.start()
    process.parts.stack.push_async_callback(clock.stop)
