"""`shuke up`: everything that config.yml asks for, in one process and its Rasa child.

Starting brings up what can answer first; stopping goes the other way round: nothing
new is taken in, the turns in flight are finished, then everything is closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Protocol

import structlog
import uvicorn
from fastapi import APIRouter

from bot import logs
from bot.channels.telegram.client import build_bot
from bot.channels.telegram.receive import Poller, register_webhook, webhook_router
from bot.channels.telegram.send import TelegramChannel
from bot.channels.telegram.settings import TelegramSettings
from bot.channels.terminal.receive import TerminalServer
from bot.channels.terminal.send import TerminalChannel
from bot.channels.terminal.sessions import Sessions
from bot.errors import SettingsError
from bot.listening import Listening
from bot.ports import Channel
from bot.settings import Settings
from bot.web import build_app
from bot.wiring import House, build_classifier, build_house, build_understander
from bot.worker import take_over
from care.schedule import CareClock
from crm_store.ports import SystemClock, Ulids
from crm_store.unit_of_work import Store
from nlu.rasa_process import RasaProcess

log = structlog.get_logger(__name__)

Say = Callable[[str], None]
Stop = Callable[[], Coroutine[Any, Any, None]]


class Beside(Protocol):
    """Runs a part beside the others until everything stops."""

    async def __call__(self, name: str, work: Coroutine[Any, Any, None], stop: Stop | None = None) -> None: ...


class AlreadyRunning(SettingsError):
    """Another `shuke up` works on this database."""


class PartBroke(Exception):
    """A part that should run until it is stopped has ended; the text names it and the kind of its error alone."""


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Hold the database for this process; SQLite takes one `shuke up` at a time.

    Raises:
        AlreadyRunning: somebody else holds it.
    """
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
    stopping = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    logs.report_lost_tasks(loop)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    async with AsyncExitStack() as stack:
        await _start(stack, settings, model, say, stopping)
        await stopping.wait()
        say("stopping: finishing the turns in flight")


async def _start(
    stack: AsyncExitStack, settings: Settings, model: Path | None, say: Say, stopping: asyncio.Event
) -> None:
    async def beside(name: str, work: Coroutine[Any, Any, None], stop: Stop | None = None) -> None:
        await stack.enter_async_context(_background(name, work, stop, stopping))

    clock = SystemClock()
    ids = Ulids(clock)
    store = Store(settings.store.url)
    stack.callback(store.close)

    rasa = RasaProcess(settings.nlu, model, publish_in=settings.var) if model else None
    classifier = build_classifier(settings, lambda: rasa.address) if rasa else None
    if classifier is not None:
        stack.push_async_callback(classifier.aclose)
    channels: dict[str, Channel] = {}
    house = build_house(
        settings,
        store=store,
        clock=clock,
        ids=ids,
        channels=channels,
        understand=Listening(build_understander(settings, classifier), store, clock),
        worker=f"{socket.gethostname()}:{os.getpid()}",
    )
    if rasa is not None:
        await beside("Rasa", rasa.run(), rasa.stop)

    sessions = Sessions()
    channels["terminal"] = TerminalChannel(sessions, absent_retry=settings.terminal.absent_retry)
    telegram = await _telegram(stack, settings.telegram, channels) if settings.telegram else None

    # This process holds the database alone, so whoever has a lease on anything is dead.
    await store.run(take_over, now=clock.now())

    # From here on in the order of stopping, last first: what takes messages in stops
    # before what works on them.
    await beside("the worker", house.worker.run(), house.worker.stop)
    care = CareClock(store, house.policy, clock=clock, ids=ids, queued=house.worker.wake)
    await care.start()
    stack.push_async_callback(care.stop)

    server = TerminalServer(settings.terminal, sessions, house.intake, clock=clock, ids=ids)
    with _port_of("terminal", settings.terminal.host, settings.terminal.port):
        await server.start()
    stack.push_async_callback(server.stop)
    routers = [] if telegram is None else await _receive_telegram(beside, telegram, house)
    address = await _serve(beside, settings, house, rasa, routers)

    say("Shuke is up 熟客已就绪")
    say("  talk to it:  ./shuke chat --as wang   (or --as ana, in English)")
    say(f"  health:      {address}/readyz")
    if settings.telegram is not None:
        say(f"  telegram:    {settings.telegram.mode}")
    if rasa is not None:
        say("  understanding: keyword rules until Rasa is up (some seconds)")
        await beside("the announcement", _announce(rasa, say))


async def _announce(rasa: RasaProcess, say: Say) -> None:
    await rasa.until_ready()
    say("  understanding: Rasa is up")


async def _telegram(
    stack: AsyncExitStack, settings: TelegramSettings, channels: dict[str, Channel]
) -> tuple[TelegramSettings, Any]:
    bot = build_bot(settings)
    channel = TelegramChannel(bot, contact_button=settings.contact_button)
    stack.push_async_callback(channel.stop)  # its connections are open also where the start fails
    await channel.start()
    channels["telegram"] = channel
    return settings, bot


async def _receive_telegram(beside: Beside, telegram: tuple[TelegramSettings, Any], house: House) -> list[APIRouter]:
    settings, bot = telegram
    if settings.mode == "polling":
        poller = Poller(bot, house.intake, account=settings.account, poll_timeout=settings.poll_timeout)
        await beside("Telegram's polling", poller.run())
        return []
    assert settings.webhook_secret is not None, "the settings refuse a webhook without its secret"
    await beside("Telegram's webhook", register_webhook(bot, settings))
    return [
        webhook_router(bot, house.intake, account=settings.account, secret=settings.webhook_secret.get_secret_value())
    ]


async def _serve(
    beside: Beside, settings: Settings, house: House, rasa: RasaProcess | None, routers: list[APIRouter]
) -> str:
    app = build_app(house.store, nlu_ready=lambda: rasa is not None and rasa.ready, routers=routers)
    with _port_of("web", settings.web.host, settings.web.port):
        listening = socket.create_server((settings.web.host, settings.web.port))
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
    server = _Server(config)

    async def stop() -> None:
        server.should_exit = True

    await beside("the HTTP server", server.serve(sockets=[listening]), stop)
    host, port = listening.getsockname()[:2]
    return f"http://{host}:{port}"


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: Ctrl-C is ours, and stops it in its turn."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextmanager
def _port_of(section: str, host: str, port: int) -> Iterator[None]:
    """Name the setting where an address cannot be had."""
    try:
        yield
    except OSError as exc:
        raise SettingsError(f"{section}.port: {host}:{port} cannot be had ({exc.strerror}); set another one") from None


@asynccontextmanager
async def _background(
    name: str, work: Coroutine[Any, Any, None], stop: Stop | None, stopping: asyncio.Event
) -> AsyncIterator[None]:
    """Run beside everything else; on leaving, ask it to stop (or cancel it) and wait for its end.

    Where it breaks before, everything stops: half of us would look alive and be deaf.

    Raises:
        PartBroke: on leaving, where it has broken.
    """
    task = asyncio.create_task(work)

    def ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            stopping.set()

    task.add_done_callback(ended)
    try:
        yield
    finally:
        if stop is None:
            task.cancel()
        else:
            await stop()
        await asyncio.wait([task])
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("part.broke", part=name, error=type(error).__name__)
            raise PartBroke(f"{name} broke: {type(error).__name__}") from None
