"""The time of the database, which all machines share.

Much that one process writes another reads against its own clock: when an answer is
due, when a platform takes the next one, up to when care has been sent. Were a
machine's clock an hour ahead, all of that would wait an hour elsewhere. So where
there are several machines, all go by the database's clock; between two looks at
it, time passes as the machine's steady counter says, whatever its clock is set to.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError

from crm_store.base import UtcDateTime
from crm_store.ports import Clock
from crm_store.unit_of_work import Store

log = structlog.get_logger(__name__)

LOOK_EVERY = timedelta(minutes=1)
WORTH_A_WARNING = timedelta(seconds=2)
"""How far a machine may be off before its operator is told."""

_NOW = select(func.clock_timestamp(type_=UtcDateTime))


class SharedClock:
    """A `Clock` that goes by PostgreSQL's; ``machine`` is only compared with it."""

    def __init__(self, store: Store, machine: Clock, *, counter: Callable[[], float] = time.monotonic) -> None:
        """Look at the database's clock.

        Raises:
            DBAPIError: the database cannot be reached.
        """
        self._store = store
        self._machine = machine
        self._counter = counter
        self._seen = store.read_now(self._look)

    def now(self) -> datetime:
        moment, counted = self._seen
        return moment + timedelta(seconds=self._counter() - counted)

    async def look_again(self) -> None:
        """Look at the database's clock once more.

        Raises:
            DBAPIError: the database cannot be reached; the clock goes on as before.
        """
        self._seen = await self._store.read(self._look)

    async def keep(self) -> None:
        """Look again every minute, for ever: counters of machines drift, and stand still while they sleep."""
        while True:
            await asyncio.sleep(LOOK_EVERY.total_seconds())
            try:
                await self.look_again()
            except DBAPIError as exc:
                log.warning("clock.database_not_asked", error=type(exc).__name__)

    def _look(self, conn: Connection) -> tuple[datetime, float]:
        before = self._counter()
        moment = conn.execute(_NOW).scalar_one()
        after = self._counter()
        off = self._machine.now() - moment
        if abs(off) > WORTH_A_WARNING:
            log.warning("clock.off", by_s=round(off.total_seconds(), 1))
        return moment, (before + after) / 2
