"""What the web role sends by itself, to those who are connected to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.terminal.sessions import Sessions
from bot.running.channels import Channels
from bot.running.parts import Parts
from bot.running.process import Process, open_process
from bot.running.web import start_deliveries
from bot.settings import build
from crm_store.outbox import outbox
from crm_store.ports import SystemClock
from crm_store.unit_of_work import Store
from tests.bot.house import FakeChannel, House, new_house

LEASE = timedelta(seconds=1)


@pytest.fixture
async def web(database_url: str, tmp_path: Path) -> AsyncIterator[Process]:
    """The web role's process, still without a part."""
    settings = build(
        {"store": {"url": database_url}, "work": {"lease": LEASE.total_seconds(), "sweep_every": 0.02}}, root=tmp_path
    )
    async with AsyncExitStack() as stack:
        yield await open_process(settings, Parts(stack, asyncio.Event()))


@pytest.fixture
def worker(empty_store: Store, tmp_path: Path, web: Process) -> House:
    """A worker, which leaves what goes to terminals to the web."""
    terminal = FakeChannel("terminal")
    return new_house(empty_store, tmp_path, elsewhere={terminal.name: terminal.capabilities})


async def test_an_answer_that_a_terminal_takes_slowly_stays_the_webs_own(web: Process, worker: House) -> None:
    slow, reached, may_end = FakeChannel("terminal"), asyncio.Event(), asyncio.Event()

    async def gate(_message: Any) -> None:
        reached.set()
        await may_end.wait()

    async def until_true(condition: Callable[[Any], bool]) -> Any:
        async with asyncio.timeout(20):
            while True:
                [row] = await web.store.read(lambda conn: list(conn.execute(select(outbox))))
                if condition(row):
                    return row

    slow.gate = gate
    await start_deliveries(web, Channels({slow.name: slow}, Sessions(), telegram=None))
    await worker.hears(replace(worker.message("ana", "hello"), channel=slow.name))
    other = worker.beside("another", FakeChannel(slow.name))
    try:
        await asyncio.wait_for(reached.wait(), 20)
        first = (await until_true(lambda row: row.lease_until is not None)).lease_until
        await until_true(lambda row: row.lease_until > first + LEASE)
        other.clock.move_to(SystemClock().now())
        await other.sweep()
    finally:
        may_end.set()
    sent = await until_true(lambda row: row.status == "sent")

    assert other.channel.tried == []
    assert len(slow.tried) == 1
    assert sent.attempts == 0
