"""The whole house as it runs: a real client, a real Bot API server on this machine, real HTTP."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, select

from bot.errors import SettingsError
from bot.running import up as running
from bot.running.parts import PartBroke
from bot.settings import Settings, build
from bot.web import build_app
from crm_store.history import history
from crm_store.inbox import inbox
from crm_store.outbox import outbox
from crm_store.unit_of_work import Store
from tests.servers.telegram_api import TelegramApi
from tests.servers.web import serving

ANA = 1001
SECRET = "a-webhook-secret-of-the-test"


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramApi]:
    async with TelegramApi() as server:
        yield server


@pytest.fixture
def settings(telegram: TelegramApi, tmp_path: Path, database_url: str) -> Callable[..., Settings]:
    def make(**telegram_more: Any) -> Settings:
        bot = {"token": SecretStr(telegram.token), "api_base_url": telegram.url, "poll_timeout": 5}
        given = {"web": {"port": 0}, "work": {"sweep_every": 0.02}, "store": {"url": database_url}}
        return build({"telegram": bot | telegram_more, **given}, root=tmp_path)

    return make


class Running:
    """A house that is up."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.said: list[str] = []
        self.stop = asyncio.Event()
        self._up = asyncio.Event()
        self.ended: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self.ended = asyncio.create_task(running.up(self.settings, model=None, say=self._say, stop=self.stop))
        up = asyncio.create_task(self._up.wait())
        await asyncio.wait([self.ended, up], return_when=asyncio.FIRST_COMPLETED, timeout=10)
        if self.ended.done():
            up.cancel()
            await self.ended

    @property
    def address(self) -> str:
        [line] = [line for line in self.said if "health" in line]
        return line.split()[-1].removesuffix("/readyz")

    def _say(self, line: str) -> None:
        self.said.append(line)
        if "telegram" in line:
            self._up.set()


@asynccontextmanager
async def house_up(settings: Settings) -> AsyncIterator[Running]:
    house = Running(settings)
    await house.start()
    try:
        yield house
    finally:
        house.stop.set()
        assert house.ended is not None
        async with asyncio.timeout(10):
            await house.ended


def rows(settings: Settings, *columns: Any) -> list[tuple[Any, ...]]:
    """Return columns of a table, of a house that has stopped."""
    store = Store(settings.store.url)

    def read(conn: Connection) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in conn.execute(select(*columns))]

    try:
        return store.read_now(read)
    finally:
        store.close()


async def test_a_customer_writes_is_answered_with_buttons_and_presses_one(
    telegram: TelegramApi, settings: Callable[..., Settings]
) -> None:
    async with house_up(settings()):
        telegram.customer_says(ANA, "你好")
        [greeting] = list(await telegram.wait_for_sent(1))
        telegram.presses(ANA, str(greeting.buttons[0][1]), message_id=greeting.message_id)
        await telegram.wait_for_sent(2)
        await telegram.wait_until(lambda: bool(telegram.answered_callbacks))

    assert [title for title, _ in greeting.buttons] == ["查订单", "查积分", "找人工"]
    assert "单号" in telegram.sent[1].text
    assert [sent.chat_id for sent in telegram.sent] == [str(ANA)] * 2
    assert [status for (status,) in rows(settings(), outbox.c.status)] == ["sent", "sent"]


async def test_an_update_that_comes_again_is_answered_once(
    telegram: TelegramApi, settings: Callable[..., Settings]
) -> None:
    async with house_up(settings()):
        telegram.customer_says(ANA, "你好")
        await telegram.wait_for_sent(1)
        await telegram.wait_until_confirmed()
        telegram.repeat_last()
        await telegram.wait_until_confirmed()
        telegram.customer_says(ANA, "你好")
        await telegram.wait_for_sent(2)

    assert len(telegram.sent) == 2
    assert [status for (status,) in rows(settings(), inbox.c.status)] == ["done", "done"]


async def test_a_throttled_answer_is_delivered_once_telegram_allows_it(
    telegram: TelegramApi, settings: Callable[..., Settings]
) -> None:
    telegram.fail_next("sendMessage", status=429, retry_after=1)
    async with house_up(settings()):
        telegram.customer_says(ANA, "你好")
        await telegram.wait_for_sent(1, within=10)

    assert rows(settings(), outbox.c.status, outbox.c.attempts) == [("sent", 1)]


async def test_who_has_blocked_the_bot_is_unreachable(telegram: TelegramApi, settings: Callable[..., Settings]) -> None:
    telegram.blocked_by.add(str(ANA))
    async with house_up(settings()):
        telegram.customer_says(ANA, "你好")
        await telegram.wait_until(lambda: telegram.calls["sendmessage"] == 1)

    assert rows(settings(), outbox.c.status) == [("failed",)]
    assert ("message.failed",) in rows(settings(), history.c.kind)


async def test_odd_updates_stop_nothing(telegram: TelegramApi, settings: Callable[..., Settings]) -> None:
    async with house_up(settings()):
        for odd in ({"message": 5}, {}, {"message": {"text": "x"}}, {"message": {"chat": {"id": "\ud83d"}}}):
            telegram.raw_update(odd)
        telegram.customer_says(ANA, "half a \ud83d pair and a \x00")
        telegram.customer_says(ANA, "长" * 100_000)
        await telegram.wait_for_sent(2)
        await telegram.wait_until_confirmed()

    assert [status for (status,) in rows(settings(), inbox.c.status)] == ["done", "done"]


async def test_stopping_sends_the_answers_of_turns_in_flight(
    telegram: TelegramApi, settings: Callable[..., Settings]
) -> None:
    async with house_up(settings(most_a_second=1000)):
        for customer in range(ANA, ANA + 20):
            telegram.customer_says(customer, "你好")
        await telegram.wait_until_confirmed()  # all are stored

    assert sorted(sent.chat_id for sent in telegram.sent) == [str(customer) for customer in range(ANA, ANA + 20)]
    assert {status for (status,) in rows(settings(), inbox.c.status)} == {"done"}
    assert {status for (status,) in rows(settings(), outbox.c.status)} == {"sent"}


async def test_what_a_stopped_house_left_the_next_one_delivers(
    telegram: TelegramApi, settings: Callable[..., Settings]
) -> None:
    telegram.fail_next("sendMessage", status=500)
    async with house_up(settings()):
        telegram.customer_says(ANA, "你好")
        await telegram.wait_until(lambda: telegram.calls["sendmessage"] == 1)
    [(ref,)] = rows(settings(), outbox.c.ref)
    make_due(settings(), ref)

    async with house_up(settings()):
        await telegram.wait_for_sent(1)

    assert rows(settings(), outbox.c.status) == [("sent",)]


def make_due(settings: Settings, ref: str) -> None:
    store = Store(settings.store.url)
    store.run_now(
        lambda conn: conn.execute(outbox.update().where(outbox.c.ref == ref).values(due_at=outbox.c.created_at))
    )
    store.close()


class TestWebhook:
    async def test_updates_are_taken_with_the_secret_and_without_it_refused(
        self, telegram: TelegramApi, settings: Callable[..., Settings]
    ) -> None:
        async with house_up(self.webhook(settings)) as house:
            await telegram.wait_until(lambda: bool(telegram.webhook))
            telegram.customer_says(ANA, "你好")
            hook = f"{house.address}/hooks/telegram"
            assert await telegram.push_to_webhook(hook, secret="wrong") == [403]
            assert await telegram.push_to_webhook(hook) == [200]
            await telegram.wait_for_sent(1)

        assert telegram.webhook["secret_token"] == SECRET
        assert telegram.webhook["url"] == "https://shop.example/hooks/telegram"

    async def test_what_is_posted_twice_or_is_no_update_is_acknowledged(
        self, telegram: TelegramApi, settings: Callable[..., Settings]
    ) -> None:
        update = telegram.customer_says(ANA, "你好")
        async with house_up(self.webhook(settings)) as house, httpx.AsyncClient() as client:
            headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
            hook = f"{house.address}/hooks/telegram"
            bodies = [update, update, {"update_id": 1}, []]
            answers = [await client.post(hook, content=json.dumps(body), headers=headers) for body in bodies]
            await telegram.wait_for_sent(1)

        assert [answer.status_code for answer in answers] == [200] * 4
        assert len(telegram.sent) == 1

    def webhook(self, settings: Callable[..., Settings]) -> Settings:
        return settings(
            mode="webhook",
            webhook_url="https://shop.example/hooks/telegram",
            webhook_secret=SecretStr(SECRET),
        )


class TestHealth:
    async def test_a_running_house_is_alive_and_ready(self, settings: Callable[..., Settings]) -> None:
        async with house_up(settings()) as house, httpx.AsyncClient() as client:
            alive = await client.get(f"{house.address}/healthz")
            ready = await client.get(f"{house.address}/readyz")
            lost = await client.get(f"{house.address}/docs")

        assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
        queues = {"inbox_oldest_s": 0.0, "outbox_overdue_s": 0.0}
        found = {"ready": True, "database": True, "nlu": "rules", "queues": queues}
        assert (ready.status_code, ready.json()) == (200, found)
        assert lost.status_code == 404

    async def test_without_its_database_it_is_alive_and_not_ready(self, store: Store) -> None:
        store.close()
        async with serving(build_app(store, nlu_ready=lambda: True)) as address, httpx.AsyncClient() as client:
            alive = await client.get(f"{address}/healthz")
            ready = await client.get(f"{address}/readyz")

        assert alive.status_code == 200
        assert (ready.status_code, ready.json()) == (503, {"ready": False, "database": False, "nlu": "rasa"})


class TestStarting:
    async def test_a_port_that_is_taken_is_named(self, settings: Callable[..., Settings]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            given = settings()
            wrong = given.model_copy(update={"web": given.web.model_copy(update={"port": port})})

            with pytest.raises(SettingsError, match=rf"web\.port: 127\.0\.0\.1:{port} cannot be had \(.*\); set ano"):
                await running.up(wrong, model=None, say=lambda line: None)

    async def test_a_token_that_telegram_rejects_ends_the_start(
        self, telegram: TelegramApi, settings: Callable[..., Settings]
    ) -> None:
        wrong = settings(token=SecretStr("7000000001:AAnot-the-token-of-this-bot-0000000"))

        with pytest.raises(SettingsError, match="Telegram rejects it") as refused:
            await running.up(wrong, model=None, say=lambda line: None)
        assert "AAnot" not in str(refused.value)

    async def test_a_part_that_breaks_ends_the_whole_and_tells_no_words(
        self, settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def breaking(self: Any) -> None:
            raise ValueError("the customer's words")

        monkeypatch.setattr("bot.running.poll.Poller.run", breaking)

        async with asyncio.timeout(10):
            with pytest.raises(PartBroke, match=r"^Telegram's polling broke: ValueError$"):
                await running.up(settings(), model=None, say=lambda line: None)

    def test_two_houses_do_not_share_a_database_in_a_file(self, sqlite_url: str, tmp_path: Path) -> None:
        settings = build({"store": {"url": sqlite_url}}, root=tmp_path)
        refused = pytest.raises(running.AlreadyRunning, match=r"another shuke up works on .*shuke\.db; stop that one")
        with running.alone(settings), refused, running.alone(settings):
            pass
        with running.alone(settings):
            pass
