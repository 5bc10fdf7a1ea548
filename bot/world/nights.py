"""The nights of a virtual world: what is too old goes, as it does in a real one."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.forgetting import Places
from bot.keeping_house import AT_HOUR, KeepingHouse
from bot.settings import Settings
from crm_store.ports import VirtualClock
from crm_store.unit_of_work import Store


class Nights:
    """Keeps house in the nights since ``begun``; beside the database only in ``folder``, which is the world's own."""

    def __init__(self, store: Store, settings: Settings, folder: Path, *, begun: datetime) -> None:
        self._zone = ZoneInfo(settings.shop.zone)
        self._clock = VirtualClock(begun)
        # Not the shop's own files: by the clock of a world they may be years too old.
        self.places = Places(folder / "var", folder / "training", folder / "models")
        self._house = KeepingHouse(store, settings.privacy, self.places, clock=self._clock, zone=self._zone)

    async def pass_until(self, now: datetime) -> None:
        """Keep house as in the last night until ``now``: what one night lets go, a later one does as well."""
        night = self._last_until(now)
        if night > self._clock.now():
            self._clock.move_to(night)
            await self._house.look()

    def _last_until(self, now: datetime) -> datetime:
        day = now.astimezone(self._zone).date()
        tonight = datetime.combine(day, time(AT_HOUR), self._zone)
        return tonight if tonight <= now else datetime.combine(day - timedelta(days=1), time(AT_HOUR), self._zone)
