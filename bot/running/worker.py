"""The role that answers: turns, and the delivery of what they say."""

from __future__ import annotations

from bot.running.channels import Channels
from bot.running.process import Process
from bot.turn import Understand
from bot.wiring import House, build_house


async def start_worker(process: Process, channels: Channels, understand: Understand) -> House:
    """Put the pipeline together and start its worker."""
    house = build_house(
        process.settings,
        store=process.store,
        clock=process.clock,
        ids=process.ids,
        channels=channels.sending,
        understand=understand,
        worker=process.name,
        metrics=process.metrics,
    )
    await process.parts.beside("the worker", house.worker.run(), house.worker.stop)
    return house
