"""Parts of a process that run beside each other: started in order, stopped last first."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import structlog

from bot import logs
from bot.errors import SettingsError

log = structlog.get_logger(__name__)

Say = Callable[[str], None]
Stop = Callable[[], Coroutine[Any, Any, None]]


class PartBroke(Exception):
    """A part that should run until it is stopped has ended; the text names it and the kind of its error alone."""


class StoppedAtStart(Exception):
    """Raised by a start that was asked to stop while it waited for something."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What runs in this process; ``stack`` closes it, ``stopping`` says that it is time."""

    stack: AsyncExitStack
    stopping: asyncio.Event

    async def beside(self, name: str, work: Coroutine[Any, Any, None], stop: Stop | None = None) -> None:
        """Run ``work`` beside the others; in its turn ``stop`` ends it, or without one it is cancelled."""
        await self.stack.enter_async_context(_background(name, work, stop, self.stopping))


async def run_until_stopped(
    start: Callable[[Parts], Awaitable[None]], *, say: Say, stop: asyncio.Event | None = None
) -> None:
    """Start parts and run them until SIGINT, SIGTERM or ``stop``; then close them, last first.

    A second signal ends the process at once.

    Raises:
        PartBroke: a part ended by itself; the others have been closed.
        Whatever ``start`` raises.
    """
    stopping = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    logs.report_lost_tasks(loop)

    def asked_to_stop() -> None:
        stopping.set()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked_to_stop)
    async with AsyncExitStack() as stack:
        with suppress(StoppedAtStart):
            await start(Parts(stack, stopping))
            await stopping.wait()
        say("stopping: finishing the turns in flight")


@contextmanager
def port_of(section: str, host: str, port: int) -> Iterator[None]:
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
