"""Of all who stand for a post one has it, and death or a lost connection gives it to the next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from crm_store.election import Election


class Candidate:
    """Stands for the post until it is ended, and says when its work begins and is broken off."""

    def __init__(self, url: str, post: str = "to poll") -> None:
        self.begun: asyncio.Queue[None] = asyncio.Queue()
        self.broken_off = asyncio.Event()
        self.ready = asyncio.Event()
        self._standing = asyncio.create_task(Election(url, post).run(self._work))

    async def _work(self) -> None:
        self.begun.put_nowait(None)
        try:
            await self.ready.wait()
        except asyncio.CancelledError:
            self.broken_off.set()
            raise

    async def is_elected(self) -> None:
        async with asyncio.timeout(30):
            await self.begun.get()

    async def ends(self) -> None:
        self._standing.cancel()
        await asyncio.wait([self._standing])

    async def ended(self) -> None:
        async with asyncio.timeout(30):
            await self._standing


@pytest.fixture
async def two(postgres_url: str) -> AsyncIterator[tuple[Candidate, Candidate]]:
    first = Candidate(postgres_url)
    await first.is_elected()
    second = Candidate(postgres_url)
    yield first, second
    await first.ends()
    await second.ends()


async def test_the_second_has_the_post_when_the_first_has_gone(two: tuple[Candidate, Candidate]) -> None:
    first, second = two
    early = second.begun.qsize()

    await first.ends()
    await second.is_elected()

    assert early == 0
    assert first.broken_off.is_set()


async def test_who_loses_the_connection_stops_the_work_and_stands_again(postgres_url: str) -> None:
    only = Candidate(postgres_url)
    await only.is_elected()

    with psycopg.connect(postgres_url, autocommit=True) as db:
        db.execute(
            "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
            " WHERE l.locktype = 'advisory' AND d.datname = current_database()"
        )
    async with asyncio.timeout(30):
        await only.broken_off.wait()
    await only.is_elected()
    await only.ends()


async def test_different_posts_do_not_stand_in_each_others_way(postgres_url: str) -> None:
    one, other = Candidate(postgres_url, "to poll"), Candidate(postgres_url, "to sweep")

    await one.is_elected()
    await other.is_elected()

    await one.ends()
    await other.ends()


async def test_work_that_ends_by_itself_ends_the_election(postgres_url: str) -> None:
    only = Candidate(postgres_url)
    await only.is_elected()

    only.ready.set()

    await only.ended()
