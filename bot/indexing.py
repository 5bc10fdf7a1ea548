"""Takes what was written down into the search index, behind the turns that wrote it."""

from __future__ import annotations

from datetime import timedelta

from bot.sweeps import Sweeps
from crm_store import search_index
from crm_store.unit_of_work import Store

LOOK_EVERY = timedelta(seconds=1)
"""How long an entry waits at most; a search looks for itself what has come since."""
BETWEEN_BATCHES = timedelta(milliseconds=20)
"""As long as a batch takes: of many entries, as after an import, turns then wait for every second batch at the most."""


class Indexing:
    """Does so until it is stopped; any number of processes may, since each entry is taken by one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._was_full = False
        self._sweeps = Sweeps(store, self.sweep, topics=(), pause=self._pause)

    async def run(self) -> None:
        """Look regularly until `stop` is called."""
        await self._sweeps.run()

    async def stop(self) -> None:
        """Let `run` end after the batch that is under way."""
        await self._sweeps.stop()

    async def sweep(self) -> None:
        """Take one batch into the index, where any waits."""
        self._was_full = False
        if await self._store.read(search_index.is_behind):
            self._was_full = await self._store.run(search_index.catch_up) == search_index.A_BATCH

    def _pause(self) -> timedelta:
        return BETWEEN_BATCHES if self._was_full else LOOK_EVERY
