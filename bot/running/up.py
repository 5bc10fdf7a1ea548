"""`shuke up`: everything that config.yml asks for, in one process and its Rasa child.

Starting brings up what can answer first; stopping goes the other way round: nothing
new is taken in, the turns in flight are finished, then everything is closed.
"""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import SettingsError
from bot.running.channels import open_channels
from bot.running.clock import start_clock
from bot.running.nlu import announce, open_understanding, start_rasa
from bot.running.parts import Parts, Say, run_until_stopped
from bot.running.poll import start_polling
from bot.running.process import open_process
from bot.running.routers import open_routers
from bot.running.web import start_http, start_terminals
from bot.running.worker import start_worker
from bot.settings import Settings
from bot.worker import take_over


class AlreadyRunning(SettingsError):
    """Another `shuke up` works on this database."""


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Hold the database for this process; SQLite takes one `shuke up` at a time, PostgreSQL any number.

    Raises:
        AlreadyRunning: somebody else holds it.
    """
    if settings.store.is_shared:
        yield
        return
    path = Path(settings.store.url.removeprefix("sqlite:///")).with_suffix(".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(f"another shuke up works on {path.with_suffix('.db')}; stop that one first") from None
        yield


async def up(settings: Settings, *, model: Path | None, say: Say, stop: asyncio.Event | None = None) -> None:
    """Run until SIGINT, SIGTERM or ``stop``; ``model`` None answers by keyword rules alone."""

    async def start(parts: Parts) -> None:
        await _start(parts, settings, model, say)

    await run_until_stopped(start, say=say, stop=stop)


async def _start(parts: Parts, settings: Settings, model: Path | None, say: Say) -> None:
    process = await open_process(settings, parts)
    rasa = await start_rasa(settings, parts, model) if model is not None else None
    understand = open_understanding(process, by_rasa=rasa is not None)
    channels = await open_channels(process)

    if not process.store.is_shared:
        # This process holds the database alone, so whoever has a lease on anything is dead.
        await process.store.run(take_over, now=process.clock.now())

    # From here on in the order of stopping, last first: what takes messages in stops
    # before what works on them.
    house = await start_worker(process, channels, understand)
    await start_clock(process, house.policy, queued=house.worker.wake)
    await start_terminals(process, channels, house.intake)
    await start_polling(process, channels, house.intake)
    routers = await open_routers(process, channels, house.intake)
    address = await start_http(process, routers, nlu_ready=lambda: rasa is not None and rasa.ready)

    say("Shuke is up 熟客已就绪")
    say("  talk to it:  ./shuke chat --as wang   (or --as ana, in English)")
    if settings.webchat.enabled:
        say(f"  web chat:    {address}/chat")
    say(f"  the desk:    {address}/desk   (shuke user add NAME opens an account)")
    say(f"  health:      {address}/readyz")
    if settings.telegram is not None:
        say(f"  telegram:    {settings.telegram.mode}")
    if settings.wechat is not None:
        say(f"  wechat:      {address}/hooks/wechat, mode {settings.wechat.mode}")
    if rasa is not None:
        say("  understanding: keyword rules until Rasa is up (some seconds)")
        await announce(rasa, parts, say)
