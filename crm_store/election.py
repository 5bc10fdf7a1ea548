"""One process at a time: elected by an advisory lock of PostgreSQL, which its holder's death gives back."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import structlog

from crm_store.engines import CONNECT, driver_url

log = structlog.get_logger(__name__)

LOOK_EVERY = timedelta(seconds=1)
"""How often who waits asks for the lock, and who has it looks whether the connection still stands."""
ANSWER_WITHIN = timedelta(seconds=5)

Work = Callable[[], Coroutine[Any, Any, None]]


class Election:
    """Elects one of the processes that stand for the same ``post`` on the database at ``url``."""

    def __init__(self, url: str, post: str) -> None:
        self._url = driver_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._post = post
        self._key = int.from_bytes(hashlib.sha256(post.encode()).digest()[:8], signed=True)

    async def run(self, work: Work) -> None:
        """Do ``work`` whenever this process is the elected one, until it is cancelled or ``work`` ends.

        With the connection to the database the post is lost too: ``work`` is cancelled,
        and begun anew when an election is won again.

        Raises:
            Whatever ``work`` raises.
        """
        import psycopg  # where there is no PostgreSQL it need not be there

        while True:
            try:
                # A connection of its own: the lock lives as long as that does.
                async with await psycopg.AsyncConnection.connect(self._url, autocommit=True, **CONNECT) as conn:
                    done = await self._stand(conn, work)
            except (psycopg.Error, TimeoutError) as exc:
                log.warning("election.connection_lost", post=self._post, error=type(exc).__name__)
                await asyncio.sleep(LOOK_EVERY.total_seconds())
            else:
                return done.result()

    async def _stand(self, conn: Any, work: Work) -> asyncio.Task[None]:
        """Wait until elected, do the work and return it ended; or lose the connection."""
        # Nobody is told when a lock comes free, and who waits for it inside the database cannot be asked to stop.
        while not await _asked(conn, "SELECT pg_try_advisory_lock(%s)", self._key):  # noqa: ASYNC110
            await asyncio.sleep(LOOK_EVERY.total_seconds())
        log.info("election.won", post=self._post)
        working = asyncio.create_task(work())
        try:
            while not (await asyncio.wait([working], timeout=LOOK_EVERY.total_seconds()))[0]:
                await _asked(conn, "SELECT true")
        finally:
            working.cancel()
            await asyncio.wait([working])
        return working


async def _asked(conn: Any, question: str, *values: int) -> Any:
    async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
        row = await (await conn.execute(question, values)).fetchone()
    return row[0]
