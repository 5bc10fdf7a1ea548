"""Looking again and again for what there is to do: regularly, and at once when a wake comes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import structlog

from crm_store.unit_of_work import Store

log = structlog.get_logger(__name__)


class Sweeps:
    """Calls ``sweep`` regularly and at each wake of ``topics``, one call at a time.

    ``pause`` is asked after each how long to wait for the next.
    """

    def __init__(
        self,
        store: Store,
        sweep: Callable[[], Awaitable[object]],
        *,
        topics: Sequence[str],
        pause: Callable[[], timedelta],
    ) -> None:
        self._store = store
        self._sweep = sweep
        self._topics = topics
        self._pause = pause
        self._stopping = False
        self._awake = asyncio.Event()

    async def run(self) -> None:
        """Sweep until `stop` is called; one that fails is followed by the next."""
        unlisten = [self._store.wakes.listen(topic, lambda _key: self.wake()) for topic in self._topics]
        try:
            while not self._stopping:
                self._awake.clear()
                try:
                    await self._sweep()
                except Exception as exc:  # noqa: BLE001 - whatever it is, the next sweep must come
                    log.error("worker.sweep_failed", error=type(exc).__name__)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._pause().total_seconds()):
                        await self._awake.wait()
        finally:
            for end in unlisten:
                end()

    def wake(self) -> None:
        """Sweep now: something was queued."""
        self._awake.set()

    async def stop(self) -> None:
        """Let `run` end after the sweep that is under way."""
        self._stopping = True
        self._awake.set()
