"""What is too old goes, once a day; erasures that were broken off behind their transaction are finished at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from bot.forgetting import Places, finish
from bot.reviewing import give_up_refused
from bot.sweeps import Sweeps
from crm_store import schedule
from crm_store.ports import Clock
from crm_store.privacy import erasures, retention
from crm_store.privacy.erasing import again
from crm_store.privacy.settings import PrivacySettings
from crm_store.unit_of_work import Store

log = structlog.get_logger(__name__)

JOB = "keeping_house"
LOOK_EVERY = timedelta(hours=1)
AT_HOUR = 4
"""From this hour on, where the shop is."""


class KeepingHouse:
    """Looks every hour whether today's is done; any number of processes may, since the day is claimed in the store."""

    def __init__(
        self, store: Store, settings: PrivacySettings, places: Places, *, clock: Clock, zone: ZoneInfo
    ) -> None:
        self._store = store
        self._settings = settings
        self._places = places
        self._clock = clock
        self._zone = zone
        self._stopping = False
        self._sweeps = Sweeps(store, self.look, topics=(), pause=lambda: LOOK_EVERY)

    async def run(self) -> None:
        """Look regularly until `stop` is called."""
        await self._sweeps.run()

    async def stop(self) -> None:
        """Let `run` end after the batch that is under way; what is left is found the next day."""
        self._stopping = True
        await self._sweeps.stop()

    async def look(self) -> None:
        """Finish what was broken off, and do today's, where it is time and nobody has."""
        await asyncio.to_thread(finish_erasures, self._store, self._places, self._clock)
        await asyncio.to_thread(give_up_refused, self._store, self._places)
        now = self._clock.now()
        local = now.astimezone(self._zone)
        day = local.date().isoformat()
        if local.hour < AT_HOUR or await self._store.read(schedule.is_taken, JOB, day):
            return
        if await self._store.run(schedule.claim, JOB, day, now=now, outcome="begun"):
            gone = await self.tidy(now)
            log.info("retention.done", **{kind: rows for kind, rows in gone.items() if rows})

    async def tidy(self, now: datetime) -> Mapping[str, int]:
        """Let go what is too old; return how many rows or files of each kind that were."""
        gone = {}
        for name, batch in retention.work(self._settings, now=now):
            gone[name] = 0
            while not self._stopping and (taken := await self._store.run(batch)):
                gone[name] += taken
        return gone | {"exports": old_exports(self._places, self._settings, now, delete=True)}


def old_exports(places: Places, settings: PrivacySettings, now: datetime, *, delete: bool) -> int:
    """Return how many exports are too old; ``delete`` them."""
    before = (now - settings.exports).timestamp()
    old = [path for path in places.exports.glob("*.json") if path.stat().st_mtime < before]
    for path in old if delete else ():
        path.unlink(missing_ok=True)
    return len(old)


def finish_erasures(store: Store, places: Places, clock: Clock) -> None:
    """Do what erasures have to do beside their transaction, for those that were killed before they did.

    One that is under way elsewhere is done twice, which changes nothing.
    """
    for row in store.read_now(erasures.unfinished):
        finish(store, store.read_now(again, row), places, clock=clock)
        log.info("erasure.finished")
