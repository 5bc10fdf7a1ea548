"""The role that answers: turns, and the delivery of what they say."""

from __future__ import annotations

from bot.indexing import Indexing
from bot.running.api import start_webhooks
from bot.running.channels import CONNECTED_TO_WEB, Channels, open_channels
from bot.running.nlu import open_understanding
from bot.running.parts import Parts, Say
from bot.running.process import Process, open_process
from bot.running.web import start_health
from bot.settings import Settings
from bot.sweeps import Sweeps
from bot.turn import Understand
from bot.wiring import House, build_house


async def start_worker(process: Process, channels: Channels, understand: Understand) -> House:
    """Put the pipeline together and start its worker, what takes its history into the search index, and what looks
    after who does not answer."""
    house = build_house(
        process.settings,
        store=process.store,
        clock=process.clock,
        ids=process.ids,
        channels=channels.sending,
        understand=understand,
        worker=process.name,
        metrics=process.metrics,
        elsewhere=channels.elsewhere,
    )
    indexing = Indexing(process.store)
    await start_webhooks(process)
    await process.parts.beside("the search index", indexing.run(), indexing.stop)
    silence = Sweeps(
        process.store, lambda: house.silence.sweep(process.clock.now()), topics=(),
        pause=lambda: house.policy.settings.sweep_every,
    )  # fmt: skip
    await process.parts.beside("silence", silence.run(), silence.stop)
    await process.parts.beside("the worker", house.worker.run(), house.worker.stop)
    return house


async def run_worker(settings: Settings, parts: Parts, say: Say) -> None:
    """Start the role: answer whoever wrote to whichever process."""
    process = await open_process(settings, parts)
    understand = open_understanding(process)
    channels = (await open_channels(process)).without(CONNECTED_TO_WEB)
    await start_worker(process, channels, understand)
    await start_health(process)
    say(f"a worker is up: {process.name}")
