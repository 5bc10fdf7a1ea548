"""Rasa as a watched child process: started, known to be ready, started again when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import socket
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import BinaryIO

import structlog

from nlu.breaker import Breaker
from nlu.chosen_model import version
from nlu.client import RasaAddress, RasaClient
from nlu.errors import NluUnavailable
from nlu.loopback import LoopbackTransport
from nlu.rasa_address import publish
from nlu.rasa_environment import command, environment
from nlu.settings import NluSettings

log = structlog.get_logger(__name__)

_A_GREETING = "你好"
_HOPELESS = 3  # starts in a row that came to nothing
_LARGEST_LOG = 5_000_000  # bytes; then it becomes rasa.log.1


@dataclass(frozen=True, slots=True)
class Patience:
    """How long Rasa may take for what, and how often it is looked at.

    ``farewell`` is how long one that retires goes on answering: until nobody has its
    address any more (`nlu.rasa_pool.LOOK_EVERY`) and what it was sent is answered.
    """

    first_answer: timedelta = timedelta(minutes=3)
    look_while_starting: timedelta = timedelta(milliseconds=250)
    look_while_serving: timedelta = timedelta(seconds=10)
    probe: timedelta = timedelta(seconds=5)
    last_breath: timedelta = timedelta(seconds=5)
    farewell: timedelta = timedelta(seconds=3)
    shortest_pause: timedelta = timedelta(seconds=1)
    longest_pause: timedelta = timedelta(minutes=1)


class RasaProcess:
    """Keeps one `rasa run` of ``model`` alive while `run` is awaited.

    It listens on loopback with a token made anew for each start, and is killed when
    this process dies (on Linux; elsewhere when `run` ends). Its log holds warnings
    only, none of which repeat a customer's words. Into ``publish_in`` it writes where
    it listens while it is ready, for other commands of the same user. Without a
    ``port`` it takes that of the settings, or a free one.
    """

    def __init__(
        self,
        settings: NluSettings,
        model: Path,
        *,
        port: int | None = None,
        patience: Patience | None = None,
        publish_in: Path | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._model = model.absolute()
        self.port = port or settings.port
        self._patience = patience or Patience()
        self._publish_in = publish_in
        self._sleep = sleep
        self._child: asyncio.subprocess.Process | None = None
        self._candidate: RasaAddress | None = None
        self._ready = asyncio.Event()
        self._retires = asyncio.Event()
        self._hopeless = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    @property
    def ready(self) -> bool:
        """Whether Rasa answered a real message and has not died since."""
        return self._ready.is_set()

    @property
    def address(self) -> RasaAddress | None:
        """Where to ask and with which token; None while Rasa is not ready."""
        return self._candidate if self.ready else None

    @property
    def pid(self) -> int | None:
        """The process id of the present Rasa, ready or not."""
        return self._child.pid if self._child is not None else None

    async def until_ready(self) -> None:
        """Wait for the first answer; for ever where there is none, so mind a deadline."""
        await self._ready.wait()

    async def comes_up(self) -> bool:
        """Wait for the first answer; return whether it came, False also once three starts in a row have failed."""
        first = [asyncio.create_task(event.wait()) for event in (self._ready, self._hopeless)]
        try:
            await asyncio.wait(
                first, timeout=self._patience.first_answer.total_seconds(), return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            for waiting in first:
                waiting.cancel()
        return self.ready

    async def run(self) -> None:
        """Start Rasa and keep it alive; returns after `stop` or `retire`, and never by itself."""
        self._running = asyncio.current_task()
        pause = self._patience.shortest_pause
        in_vain = 0
        try:
            while True:
                was_ready = await self._live_once()
                if self._retires.is_set():
                    return
                in_vain = 0 if was_ready else in_vain + 1
                if in_vain == _HOPELESS:
                    self._hopeless.set()
                # Once it has served, its death is news and not the next of a series.
                pause = self._patience.shortest_pause if was_ready else min(pause * 2, self._patience.longest_pause)
                log.warning("nlu.rasa_ended", was_ready=was_ready, again_in_s=pause.total_seconds())
                await self._sleep(pause.total_seconds())
        finally:
            self._running = None

    async def stop(self) -> None:
        """End `run`; Rasa is gone when this returns. Does nothing where it is not running."""
        if (running := self._running) is not None:
            running.cancel()
            await asyncio.wait([running])

    async def retire(self) -> None:
        """End `run` once Rasa has answered what was sent to it; nobody who looks for a Rasa finds it meanwhile."""
        if not self.ready:
            await self.stop()
        elif (running := self._running) is not None:
            self._retires.set()
            await asyncio.wait([running])

    async def _live_once(self) -> bool:
        """Start Rasa and return, once it has died or hung, whether it was ever ready."""
        started = monotonic()
        try:
            child = await self._start()
            ended = asyncio.create_task(child.wait())
            async with RasaClient(
                lambda: self._candidate,
                deadline=self._patience.probe,
                # A breaker would hide the very answers that are waited for.
                breaker=Breaker(failures=2**31, pause=self._patience.probe, now=monotonic),
                transport=LoopbackTransport(),
            ) as probe:
                if not await self._becomes_ready(probe, ended):
                    return False
                self._ready.set()
                with self._published():
                    log.info("nlu.rasa_ready", after_s=round(monotonic() - started, 1))
                    await self._serves(probe, ended)
                if self._retires.is_set():
                    await asyncio.wait([ended], timeout=self._patience.farewell.total_seconds())
                return True
        except OSError as exc:
            python, model = str(self._settings.rasa_python), self._model.name
            log.error("nlu.rasa_cannot_start", python=python, model=model, error=exc.strerror)
            return False
        finally:
            self._ready.clear()
            self._candidate = None
            await self._end()

    def _published(self) -> AbstractContextManager[None]:
        if self._publish_in is None or self._candidate is None:
            return contextlib.nullcontext()
        return publish(self._publish_in, self._candidate, self._model)

    async def _start(self) -> asyncio.subprocess.Process:
        # Before Rasa reads it: one that is replaced meanwhile counts as another.
        serves = version(self._model)
        port, token = self.port or _free_port(), secrets.token_urlsafe(32)
        scratch = self._settings.models.absolute() / ".rasa"
        scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        arguments = ["run", "--enable-api", "-i", "127.0.0.1", "-p", str(port), "-m", str(self._model)]
        credentials = self._settings.rasa_folder.absolute() / "credentials.yml"
        with _log_file(self._settings.logs) as rasa_log:
            self._child = await asyncio.create_subprocess_exec(
                *command(self._settings, *arguments, "--credentials", str(credentials)),
                cwd=scratch,
                env=environment(self._settings, scratch, log_level="WARNING", extra={"SHUKE_NLU_TOKEN": token}),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=rasa_log,
                stderr=asyncio.subprocess.STDOUT,
                # Ctrl-C reaches a whole group: turns in flight still need their answers.
                start_new_session=True,
            )
        self._candidate = RasaAddress(f"http://127.0.0.1:{port}", token, serves)
        return self._child

    async def _becomes_ready(self, probe: RasaClient, ended: asyncio.Task[int]) -> bool:
        latest = monotonic() + self._patience.first_answer.total_seconds()
        while monotonic() < latest and not ended.done():
            if await _answers(probe):
                return True
            await asyncio.wait([ended], timeout=self._patience.look_while_starting.total_seconds())
        return False

    async def _serves(self, probe: RasaClient, ended: asyncio.Task[int]) -> None:
        """Return when Rasa retires, has died, or has hung: two probes in a row without an answer."""
        unanswered = 0
        retires = asyncio.create_task(self._retires.wait())
        try:
            while not ended.done() and unanswered < 2:
                await asyncio.wait(
                    [ended, retires],
                    timeout=self._patience.look_while_serving.total_seconds(),
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if retires.done():
                    return
                unanswered = 0 if await _answers(probe) else unanswered + 1
        finally:
            retires.cancel()

    async def _end(self) -> None:
        child, self._child = self._child, None
        if child is None or child.returncode is not None:
            return
        _signal_group(child, signal.SIGTERM)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._patience.last_breath.total_seconds()):
                    await child.wait()
        finally:
            # Also where we are asked to stop while it takes its time: nothing may be left behind.
            if child.returncode is None:
                _signal_group(child, signal.SIGKILL)
                await child.wait()


async def _answers(probe: RasaClient) -> bool:
    try:
        return bool(await probe.classify(_A_GREETING))
    except NluUnavailable:
        return False


def _signal_group(child: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, number)


def _free_port() -> int:
    with socket.socket() as loopback:
        loopback.bind(("127.0.0.1", 0))
        port: int = loopback.getsockname()[1]
        return port


def _log_file(folder: Path) -> BinaryIO:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "rasa.log"
    if path.exists() and path.stat().st_size > _LARGEST_LOG:
        path.replace(path.with_name("rasa.log.1"))
    return path.open("ab")
