"""The stream of hints, over real HTTP."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from time import monotonic

import httpx
import pytest

from crm_store import accounts
from crm_store.wakes import TALK
from desk import live as live_module
from desk.access import COOKIE
from tests.desk.desks import DeskHouse
from tests.servers.web import serving

PATIENCE = 10


class Hints:
    """The hints of one stream, as they come."""

    def __init__(self, answer: httpx.Response) -> None:
        self._lines = answer.aiter_lines()

    async def next(self) -> str:
        async with asyncio.timeout(PATIENCE):
            async for line in self._lines:
                if line.startswith("event: "):
                    return line.removeprefix("event: ")
        raise EOFError("the stream has ended")

    async def until_the_end(self) -> None:
        """Read on; where processes share a database, a hint may come when this one begins to hear the others."""
        with contextlib.suppress(EOFError):
            while True:
                await self.next()


@pytest.fixture
async def client(desk: DeskHouse) -> AsyncIterator[httpx.AsyncClient]:
    browser = await desk.agent("li")
    if desk.house.store.is_shared:
        # Where processes share a database, everybody is told to look once this one begins to hear the others.
        told = asyncio.Event()
        desk.house.store.wakes.listen(TALK, lambda _key: told.set())
        async with asyncio.timeout(PATIENCE):
            await told.wait()
    async with serving(desk.app) as address:
        cookies = {COOKIE: browser.client.cookies[COOKIE]}
        async with httpx.AsyncClient(base_url=address, cookies=cookies, timeout=PATIENCE) as client:
            yield client
        desk.desk.live.close()


async def test_a_page_is_told_at_once_and_then_whenever_its_talk_or_any_other_changes(
    desk: DeskHouse, client: httpx.AsyncClient
) -> None:
    async with client.stream("GET", "/desk/live", params={"talk": "t-1"}) as answer:
        hints = Hints(answer)
        first = {await hints.next(), await hints.next()}
        desk.desk.store.wakes.post(TALK, "t-2")
        elsewhere = await hints.next()
        began = monotonic()
        desk.desk.store.wakes.post(TALK, "t-1")
        here = {await hints.next(), await hints.next()}
        took = monotonic() - began

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert first == {"queue", "talk"}
    assert elsewhere == "queue"
    assert here == {"queue", "talk"}
    assert took < 5


async def test_many_changes_at_once_are_few_hints(desk: DeskHouse, client: httpx.AsyncClient) -> None:
    async with client.stream("GET", "/desk/live") as answer:
        hints = Hints(answer)
        await hints.next()
        await hints.next()
        for number in range(1000):
            desk.desk.store.wakes.post(TALK, f"t-{number}")
        desk.desk.live.close()
        rest = []
        with contextlib.suppress(EOFError):
            while True:
                rest.append(await hints.next())

    assert rest in ([], ["queue"], ["queue", "queue"])


async def test_closing_ends_every_stream_so_that_the_server_can_stop(
    desk: DeskHouse, client: httpx.AsyncClient
) -> None:
    stopping = asyncio.Event()
    closing = asyncio.create_task(desk.desk.live.until(stopping))
    async with client.stream("GET", "/desk/live") as answer:
        hints = Hints(answer)
        await hints.next()
        await hints.next()
        stopping.set()
        with pytest.raises(EOFError):
            await hints.next()
    await closing


async def test_a_stream_ends_soon_after_its_browser_was_signed_out(
    desk: DeskHouse, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "ALIVE_EVERY", 0.05)
    async with client.stream("GET", "/desk/live") as answer:
        hints = Hints(answer)
        await hints.next()
        await hints.next()
        desk.house.write(accounts.disable, "li", now=desk.now)
        await hints.until_the_end()


async def test_nobody_listens_who_is_not_signed_in(desk: DeskHouse) -> None:
    answer = await desk.browser().get("/desk/live")

    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/sign-in")


async def test_a_page_asks_again_for_its_talk_where_nobody_knows_what_has_changed(
    desk: DeskHouse, client: httpx.AsyncClient
) -> None:
    async with client.stream("GET", "/desk/live", params={"talk": "t-1"}) as answer:
        hints = Hints(answer)
        first = {await hints.next(), await hints.next()}
        desk.desk.store.wakes.post(TALK)
        again = {await hints.next(), await hints.next()}

    assert first == again == {"queue", "talk"}
