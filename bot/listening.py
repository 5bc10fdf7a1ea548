"""What a turn asks to be understood: the NLU together with the shop's own names."""

from __future__ import annotations

from datetime import datetime, timedelta

from crm_store import catalogue
from crm_store.ports import Clock
from crm_store.unit_of_work import Store
from nlu.entities.product import Catalogue
from nlu.understand import Understander
from nlu.understanding import Language, Understanding

FRESH_FOR = timedelta(minutes=1)


class Listening:
    """Understands texts; keeps the catalogue's names at hand and reads them anew every minute."""

    def __init__(self, understander: Understander, store: Store, clock: Clock) -> None:
        self._understander = understander
        self._store = store
        self._clock = clock
        self._names = Catalogue()
        self._written: list[tuple[str, tuple[str, ...]]] = []
        self._read_at: datetime | None = None

    async def __call__(
        self, text: str, *, asking: str | None, language: Language, timezone: str, now: datetime
    ) -> Understanding:
        """Find out what ``text`` means; never fails."""
        if self._read_at is None or self._clock.now() - self._read_at >= FRESH_FOR:
            await self.read_names()
        return await self._understander.understand(
            text, asking=asking, language=language, timezone=timezone, now=now, catalogue=self._names
        )

    async def read_names(self) -> None:
        """Read the catalogue's names now."""
        names = await self._store.read(catalogue.names)
        # Making thousands of names ready takes a good part of a second, and they hardly ever change.
        if names != self._written:
            self._names, self._written = Catalogue(names), names
        self._read_at = self._clock.now()
