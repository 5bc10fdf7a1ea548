"""On SQLite, what another process writes wakes whoever listens; what we write ourselves does not."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from crm_store import agents, schema
from crm_store.unit_of_work import Store
from crm_store.wakes import INBOX, OUTBOX, TALK
from crm_store.watching import data_version
from tests.crm_store.people import NOW

PATIENCE = 10


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'shop.db'}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = Store(url, durable=False)
    store.run_now(schema.create)
    yield store
    store.close()


@pytest.fixture
def elsewhere(store: Store, url: str) -> Iterator[Store]:
    """The same database, as another process has it open."""
    other = Store(url, durable=False)
    yield other
    other.close()


def watching() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "wakes-watching"]


class Looks:
    """Counts how often the watcher looks."""

    def __init__(self) -> None:
        self._home, self._looked = asyncio.get_running_loop(), asyncio.Semaphore(0)

    def __call__(self, conn: Connection) -> int:
        with contextlib.suppress(RuntimeError):  # the test's loop ends before its store
            self._home.call_soon_threadsafe(self._looked.release)
        return data_version(conn)

    async def more(self, count: int) -> None:
        """Wait until so many have begun since the last time."""
        async with asyncio.timeout(PATIENCE):
            for _ in range(count):
                await self._looked.acquire()


@pytest.fixture
async def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    looks = Looks()
    monkeypatch.setattr("crm_store.watching.data_version", looks)
    return looks


async def test_what_another_process_writes_is_noticed_by_everyone_who_listens(
    store: Store, elsewhere: Store, looks: Looks
) -> None:
    heard: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
    for topic in (INBOX, OUTBOX, TALK):
        store.wakes.listen(topic, lambda key, topic=topic: heard.put_nowait((topic, key)))
    await looks.more(1)

    await elsewhere.run(agents.ensure, "li", now=NOW)
    async with asyncio.timeout(PATIENCE):
        woken = {await heard.get() for _ in range(3)}

    assert woken == {(INBOX, ""), (OUTBOX, ""), (TALK, "")}


async def test_what_we_write_ourselves_and_what_others_only_read_wakes_nobody(
    store: Store, elsewhere: Store, looks: Looks
) -> None:
    heard: list[str] = []
    store.wakes.listen(TALK, heard.append)
    await looks.more(1)

    await store.run(agents.ensure, "li", now=NOW)
    await elsewhere.read(agents.is_known, "li")
    await elsewhere.run(data_version)
    await looks.more(3)

    assert heard == []


async def test_nobody_looks_while_nobody_listens(store: Store) -> None:
    before = watching()

    unlisten = store.wakes.listen(TALK, lambda _key: None)
    while_listening = watching()
    unlisten()
    [watcher] = set(while_listening) - set(before)
    await asyncio.to_thread(watcher.join, PATIENCE)

    assert watching() == before
    store.wakes.listen(TALK, lambda _key: None)
    assert len(watching()) == len(before) + 1


async def test_a_store_that_is_closed_is_watched_no_more(url: str) -> None:
    before = watching()
    store = Store(url, durable=False)
    store.wakes.listen(TALK, lambda _key: None)

    store.close()

    assert watching() == before
