"""Wakes cross from process to process on PostgreSQL, and go on after a connection was lost."""

import asyncio
import socket
from collections.abc import Iterator
from time import monotonic

import psycopg
import pytest

from crm_store import notify
from crm_store.notify import SharedWakes
from crm_store.wakes import INBOX, OUTBOX, TALK

WITHIN = 20.0


@pytest.fixture
def pair(postgres_url: str) -> Iterator[tuple[SharedWakes, SharedWakes]]:
    """The wakes of two processes on one database."""
    here, there = SharedWakes(postgres_url), SharedWakes(postgres_url)
    yield here, there
    here.close()
    there.close()


async def hearing(wakes: SharedWakes, *topics: str) -> asyncio.Queue[tuple[str, str]]:
    """Listen to topics; what is heard from now on is in the queue."""
    heard: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
    for topic in topics:
        wakes.listen(topic, lambda key, topic=topic: heard.put_nowait((topic, key)))
    assert await asyncio.to_thread(wakes.until_listening, WITHIN)
    async with asyncio.timeout(WITHIN):
        for _ in topics:  # told to look, since nobody knows what was before
            assert (await heard.get())[1] == ""
    return heard


async def next_of(heard: asyncio.Queue[tuple[str, str]]) -> tuple[str, str]:
    async with asyncio.timeout(WITHIN):
        return await heard.get()


def break_listening_connections(url: str) -> int:
    with psycopg.connect(url, autocommit=True) as conn:
        ended = conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
    return len(ended)


async def test_a_wake_reaches_the_other_process_with_its_key(pair):
    here, there = pair
    heard = await hearing(there, TALK)

    here.post(TALK, "c1")

    assert await next_of(heard) == (TALK, "c1")


async def test_ones_own_wakes_are_heard_once(pair):
    here, _ = pair
    heard = await hearing(here, INBOX)

    here.post(INBOX, "a")
    here.post(INBOX, "b")

    assert [await next_of(heard), await next_of(heard)] == [(INBOX, "a"), (INBOX, "b")]
    assert heard.empty()


async def test_after_a_lost_connection_listeners_are_told_to_look_and_hear_again(pair, postgres_url):
    here, there = pair
    heard = await hearing(there, OUTBOX)

    assert break_listening_connections(postgres_url) >= 1

    assert await next_of(heard) == (OUTBOX, "")
    here.post(OUTBOX, "later")
    assert await next_of(heard) == (OUTBOX, "later")


async def test_what_is_posted_right_before_the_end_is_still_said(pair, postgres_url):
    _, there = pair
    heard = await hearing(there, TALK)
    leaving = SharedWakes(postgres_url)

    leaving.post(TALK, "last")
    await asyncio.to_thread(leaving.close)

    assert await next_of(heard) == (TALK, "last")


async def test_keys_may_hold_anything_but_are_told_as_they_are(pair):
    here, there = pair
    heard = await hearing(there, TALK)

    here.post(TALK, "熟客 with spaces 'and quotes'")

    assert await next_of(heard) == (TALK, "熟客 with spaces 'and quotes'")


async def test_who_listens_and_has_nothing_to_say_closes_at_once(postgres_url):
    leaving = [SharedWakes(postgres_url) for _ in range(3)]
    for wakes in leaving:
        await hearing(wakes, INBOX)

    began = monotonic()
    for wakes in leaving:
        await asyncio.to_thread(wakes.close)
    took = monotonic() - began

    assert took < 1, "three that looked up every second would take longer"


async def test_who_never_reached_the_database_closes_at_once():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    wakes = SharedWakes(f"postgresql://shuke@127.0.0.1:{port}/shuke")
    wakes.listen(INBOX, lambda _key: None)

    began = monotonic()
    await asyncio.to_thread(wakes.close)

    assert monotonic() - began < 1


async def test_what_comes_right_behind_a_wake_is_posted_together_and_nothing_is_lost(pair, monkeypatch):
    monkeypatch.setattr(notify, "APART", 0.5)
    posted: list[int] = []
    execute = psycopg.Connection.execute

    def counting(self, query, params=None, **more):
        if query == notify._NOTIFY:
            posted.append(len(params[1]))
        return execute(self, query, params, **more)

    monkeypatch.setattr(psycopg.Connection, "execute", counting)
    here, there = pair
    heard = await hearing(there, TALK)

    here.post(TALK, "first")
    first = await next_of(heard)
    for number in range(50):
        here.post(TALK, f"c{number}")
    others = [await next_of(heard) for _ in range(50)]

    assert first == (TALK, "first")
    assert others == [(TALK, f"c{number}") for number in range(50)]
    assert posted == [1, 50]
