"""The Rasas that one process keeps: as many as are asked for, of the model that was chosen last.

When another model is chosen, its Rasas come up beside the present ones, one after the
other; each has to answer a sentence before an old one is let go, which first finishes
what it has. So there is one Rasa more than usual for a while, and never one less.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import structlog

from nlu.chosen_model import chosen_model, version
from nlu.rasa_process import Patience, RasaProcess
from nlu.settings import NluSettings

log = structlog.get_logger(__name__)

LOOK_FOR_A_MODEL_EVERY = timedelta(seconds=1)


class RasaFleet:
    """Keeps ``settings.processes`` Rasas alive while `run` is awaited, of ``model`` until another is chosen.

    Into ``publish_in`` they write where they listen; that is how they are found.
    """

    def __init__(
        self,
        settings: NluSettings,
        model: Path,
        *,
        publish_in: Path,
        patience: Patience | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._model = model.absolute()
        self._publish_in = publish_in
        self._patience = patience or Patience()
        self._sleep = sleep
        self._serving: list[RasaProcess] = []
        self._alive: list[RasaProcess] = []
        self._tasks: asyncio.TaskGroup
        self._serves = ""
        self._up = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._stopped = False

    @property
    def ready(self) -> bool:
        """Whether one of them answered a real message and has not died since."""
        return any(rasa.ready for rasa in self._serving)

    @property
    def pids(self) -> tuple[int, ...]:
        """The process ids of the Rasas that there are, ready or not."""
        return tuple(rasa.pid for rasa in self._alive if rasa.pid is not None)

    async def until_ready(self) -> None:
        """Wait for the first answer of any of them; for ever where there is none, so mind a deadline."""
        await self._up.wait()

    async def run(self) -> None:
        """Start them and keep them alive; returns after `stop`, and never by itself."""
        if self._stopped:
            return
        self._running = asyncio.current_task()
        # What was chosen before we came is no news: whoever started us knows better.
        seen, self._serves = self._chosen(), _version(self._model)
        try:
            async with asyncio.TaskGroup() as self._tasks:
                self._serving = [self._start(self._model) for _ in range(self._settings.processes)]
                while True:
                    await self._sleep(LOOK_FOR_A_MODEL_EVERY.total_seconds())
                    if (now := self._chosen()) != seen and now is not None:
                        seen = now
                        if now[1] != self._serves:
                            await self._take_over(*now)
        finally:
            self._running = None

    async def stop(self) -> None:
        """End `run`; every Rasa is gone when this returns. A `run` that has not begun yet will not."""
        self._stopped = True
        if (running := self._running) is not None:
            running.cancel()
            await asyncio.wait([running])

    def _chosen(self) -> tuple[Path, str] | None:
        model = chosen_model(self._settings.models.absolute())
        return (model, _version(model)) if model is not None else None

    async def _take_over(self, model: Path, of_version: str) -> None:
        log.info("nlu.model_chosen", model=model.name)
        proven = False
        for place, old in enumerate(self._serving):
            new = self._start(model)
            if not await new.comes_up() and not proven:
                # Customers keep the model that they have.
                log.error("nlu.model_refused", model=model.name, see=str(self._settings.logs / "rasa.log"))
                await new.stop()
                return
            proven, self._serves = True, of_version
            self._serving[place] = new
            await old.retire()
        log.info("nlu.model_serves", model=model.name)

    async def _tell_when_up(self, rasa: RasaProcess) -> None:
        await rasa.until_ready()
        self._up.set()

    def _start(self, model: Path) -> RasaProcess:
        rasa = RasaProcess(
            self._settings, model, port=self._port(), patience=self._patience, publish_in=self._publish_in
        )
        self._alive.append(rasa)
        self._tasks.create_task(self._keep(rasa))
        self._tasks.create_task(self._tell_when_up(rasa))
        return rasa

    async def _keep(self, rasa: RasaProcess) -> None:
        try:
            await rasa.run()
        finally:
            self._alive.remove(rasa)

    def _port(self) -> int | None:
        if (first := self._settings.port) is None:
            return None
        taken: Collection[int | None] = {rasa.port for rasa in self._alive}
        return next(port for port in range(first, first + self._settings.processes + 1) if port not in taken)


def _version(model: Path) -> str:
    # It may be deleted while we look.
    with suppress(FileNotFoundError):
        return version(model)
    return ""
