"""The database of a town: restarted, killed, without room on its disk, and asked what was being sent."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random
from typing import Any

import psycopg
from psycopg.rows import dict_row

from bot.delivery import SENDER_DIED
from tests.faults.chronicle import Chronicle
from tests.faults.town_plan import Plan
from tests.servers.postgres import Cluster
from tests.servers.small_disk import SmallDisk

_FULL_FOR = 2.0
"""Seconds, less than a lease: what was being sent can be told afterwards."""
_SENDING_OF = "SELECT ref FROM outbox WHERE status = 'sending' AND lease_owner = %s"
_DOUBTS = "SELECT ref, status, attempts, coalesce(error = %s, false) AS left_behind FROM outbox"


class TownDatabase:
    """PostgreSQL as the town has it, and whoever harms it."""

    def __init__(self, cluster: Cluster, url: str, plan: Plan, chronicle: Chronicle) -> None:
        self._cluster, self._url = cluster, url
        self._plan, self._chronicle = plan, chronicle
        self._chance = Random(plan.seed)
        self._standing = asyncio.Lock()
        """Held while PostgreSQL is down, or asked for what must not be lost by that."""

    @property
    def is_away(self) -> bool:
        """Whether nobody may be able to reach it now."""
        return self._standing.locked()

    async def restart_now_and_then(self) -> None:
        """Stop or kill it as often as planned, spread over the kills, and start it again."""
        for number in range(self._plan.restarts):
            due = (number + 0.3 + 0.6 * self._chance.random()) * self._plan.kills / self._plan.restarts
            while self._chronicle.kills < due:  # noqa: ASYNC110 - kills come several a second
                await asyncio.sleep(0.02)
            await asyncio.shield(self._restart(hard=bool(number % 2)))

    async def fill(self, disk: SmallDisk) -> None:
        """Let it have no room for a while; whatever became of it meanwhile, it runs again afterwards."""

        async def full() -> None:
            disk.fill()
            await asyncio.sleep(_FULL_FOR)
            disk.make_room()
            if await asyncio.to_thread(self._cluster.start_where_it_ended):
                self._chronicle.note("PostgreSQL had ended on the full disk")

        await self._without("full disk", full)

    async def being_sent_by(self, pid: int) -> list[str]:
        """Return the references of what the process is sending, or was when it died."""
        return [row["ref"] for row in await self.ask(_SENDING_OF, f"{socket.gethostname()}:{pid}")]

    async def ask(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Ask the database, which may be away for a moment.

        Raises:
            TimeoutError: it was away for longer than the plan's patience.
        """
        async with asyncio.timeout(self._plan.patience):
            while True:
                with suppress(psycopg.OperationalError):
                    async with self._standing:
                        return await self._now_asked(query, *values)
                await asyncio.sleep(0.05)

    async def until_true(self, query: str, *values: object) -> None:
        """Return once ``query`` gives a row whose ``true`` is so."""
        while not (await self.ask(query, *values))[0]["true"]:  # noqa: ASYNC110 - a database can only be asked again
            await asyncio.sleep(0.05)

    async def _restart(self, *, hard: bool) -> None:
        async def away() -> None:
            await asyncio.to_thread(self._cluster.kill if hard else self._cluster.stop)
            await asyncio.to_thread(self._cluster.start)

        await self._without("killed hard" if hard else "restarted", away)

    async def _without(self, what: str, away: Callable[[], Awaitable[None]]) -> None:
        """Do ``away``, and note what was being sent then: nobody could write down what became of it."""
        async with self._standing:
            before = await self._doubts()
            await away()
            after = await self._doubts()
        doubtful = [ref for ref, one in after.items() if _was_being_sent(before.get(ref), one)]
        self._chronicle.harm(what, "PostgreSQL", "any moment", doubtful)

    async def _doubts(self) -> dict[str, dict[str, Any]]:
        return {row["ref"]: row for row in await self._now_asked(_DOUBTS, SENDER_DIED)}

    async def _now_asked(self, query: str, *values: object) -> list[dict[str, Any]]:
        def ask() -> list[dict[str, Any]]:
            with psycopg.connect(self._url, row_factory=dict_row) as db:
                return db.execute(query.encode(), values).fetchall()

        return await asyncio.to_thread(ask)


def _was_being_sent(before: dict[str, Any] | None, after: dict[str, Any]) -> bool:
    """Return whether a message was on its way while the database was away, by its row before and after."""
    if "sending" in (after["status"], before and before["status"]):
        return True
    found_since = before is None or before["attempts"] < after["attempts"]
    return bool(after["left_behind"]) and found_since
