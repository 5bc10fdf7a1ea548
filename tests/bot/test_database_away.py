"""A role that starts while PostgreSQL is away waits for it; what PostgreSQL refuses is told at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from bot.running.process import once_it_answers
from bot.running.role import run_role
from bot.settings import Settings, build
from crm_store.reaching import is_away
from tests.servers.databases import PostgresDatabases
from tests.servers.postgres import Cluster
from tests.servers.telegram_api import TelegramApi

WITHIN = 20.0


class Switch:
    """A server's socket at a place of its own, from where it can be taken away."""

    def __init__(self, folder: Path, cluster: Cluster, name: str) -> None:
        socket = f".s.PGSQL.{cluster.port}"
        self._here, self._there = folder / socket, cluster.folder / socket
        place = str(folder).replace("/", "%2F")
        self.url = cluster.socket_url(name).replace(str(cluster.folder).replace("/", "%2F"), place)

    def on(self) -> None:
        self._here.symlink_to(self._there)

    def off(self) -> None:
        self._here.unlink()


@pytest.fixture
def switch(cluster: Cluster, postgres_databases: PostgresDatabases, tmp_path: Path) -> Iterator[Switch]:
    """An empty database that is away."""
    with postgres_databases.bare() as url:
        yield Switch(tmp_path, cluster, str(make_url(url).database))


@pytest.fixture
async def looked(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set once somebody has looked for PostgreSQL and found it away."""
    event = asyncio.Event()
    loop = asyncio.get_running_loop()

    def look(url: str) -> bool:
        away = is_away(url)
        if away:
            loop.call_soon_threadsafe(event.set)
        return away

    monkeypatch.setattr("bot.running.process.is_away", look)
    return event


def settings(url: str, root: Path, **more: Any) -> Settings:
    return build({"web": {"port": 0}, "terminal": {"port": 0}, "store": {"url": url}, **more}, root=root)


async def until(event: asyncio.Event) -> None:
    async with asyncio.timeout(WITHIN):
        await event.wait()


@pytest.mark.parametrize("role", ["clock", "worker", "web", "poll"])
async def test_a_role_waits_for_postgresql(switch: Switch, looked: asyncio.Event, tmp_path: Path, role: str) -> None:
    up, stop = asyncio.Event(), asyncio.Event()
    async with TelegramApi() as telegram:
        bot = {"token": SecretStr(telegram.token), "api_base_url": telegram.url, "poll_timeout": 1}
        given = settings(switch.url, tmp_path, telegram=bot)
        running = asyncio.create_task(run_role(role, given, say=lambda _line: up.set(), stop=stop))
        await until(looked)
        assert not running.done()
        assert not up.is_set()

        switch.on()
        await until(up)
        stop.set()
        async with asyncio.timeout(WITHIN):
            await running


async def test_a_role_that_waits_can_be_stopped(switch: Switch, looked: asyncio.Event, tmp_path: Path) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(run_role("clock", settings(switch.url, tmp_path), say=lambda _line: None, stop=stop))
    await until(looked)

    stop.set()

    async with asyncio.timeout(WITHIN):
        await running


async def test_a_database_that_is_not_there_is_told_at_once(cluster: Cluster, tmp_path: Path) -> None:
    wrong = settings(cluster.url("nowhere"), tmp_path)

    with pytest.raises(OperationalError, match='database "nowhere" does not exist'):
        await run_role("clock", wrong, say=lambda _line: None)


async def test_what_goes_away_while_it_is_asked_is_asked_again(switch: Switch, looked: asyncio.Event) -> None:
    switch.on()
    asked: list[str] = []

    def ask() -> str:
        asked.append("")
        if len(asked) == 1:
            switch.off()
            raise OperationalError("SELECT", None, ConnectionError("terminated"))
        return "answered"

    waiting = asyncio.create_task(once_it_answers(switch.url, ask, asyncio.Event()))
    await until(looked)
    switch.on()

    async with asyncio.timeout(WITHIN):
        assert await waiting == "answered"
    assert len(asked) == 2
