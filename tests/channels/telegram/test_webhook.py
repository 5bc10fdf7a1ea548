"""The webhook answers 200 for what is stored, and believes nobody without the secret."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from telegram import Bot

from bot.channels.telegram.receive import BODY_LIMIT, register_webhook, webhook_router
from bot.channels.telegram.settings import TelegramSettings
from tests.channels.inbox import Inbox
from tests.servers.telegram_api import TelegramApi
from tests.servers.web import serving

ANA = 1001
SECRET = "canary-webhook-secret-0001"
HEADER = "X-Telegram-Bot-Api-Secret-Token"


@pytest.fixture
async def hook(bot: Bot, inbox: Inbox, settings: TelegramSettings) -> AsyncIterator[str]:
    app = FastAPI()
    app.include_router(webhook_router(bot, inbox, account=settings.account, secret=SECRET))
    async with serving(app) as url:
        yield f"{url}/hooks/telegram"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(headers={HEADER: SECRET}) as client:
        yield client


async def test_a_posted_update_is_stored_and_then_answered(telegram: TelegramApi, inbox: Inbox, hook: str) -> None:
    inbox.gate = asyncio.Event()
    telegram.customer_says(ANA, "在吗")

    pushing = asyncio.create_task(telegram.push_to_webhook(hook, SECRET))
    await inbox.wait_until_waiting(1)
    answered_before = pushing.done()
    inbox.gate.set()

    assert not answered_before
    assert await pushing == [200]
    assert [message.text for message in inbox.messages] == ["在吗"]


async def test_what_could_not_be_stored_is_posted_again(telegram: TelegramApi, inbox: Inbox, hook: str) -> None:
    inbox.refuse_next = 1
    telegram.customer_says(ANA, "在吗")

    first = await telegram.push_to_webhook(hook, SECRET)
    second = await telegram.push_to_webhook(hook, SECRET)

    assert (first, second) == ([503], [200])
    assert [message.text for message in inbox.messages] == ["在吗"]


@pytest.mark.parametrize("given", [None, "", "wrong", SECRET[:-1], "ß" * 30])
async def test_without_the_secret_nothing_is_taken(inbox: Inbox, hook: str, given: str | None) -> None:
    headers = {} if given is None else {HEADER.encode(): given.encode("latin-1")}

    async with httpx.AsyncClient() as stranger:
        answer = await stranger.post(hook, headers=headers, content=b"{}")

    assert answer.status_code == 403
    assert inbox.messages == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe\x00", b'{"update_id": "\xc3\x28"}', b"[" * 200_000],
    ids=["empty", "half", "no text", "invalid UTF-8", "deep"],
)
async def test_what_is_no_json_gets_a_clear_400(client: httpx.AsyncClient, hook: str, body: bytes) -> None:
    answer = await client.post(hook, content=body)

    assert (answer.status_code, answer.text) == (400, "the body is not JSON")


@pytest.mark.parametrize("update", [[], 7, {}, {"update_id": 1, "hologram": {}}, {"update_id": 1, "message": {}}])
async def test_the_unknown_is_answered_200_so_that_it_is_not_posted_for_ever(
    client: httpx.AsyncClient, inbox: Inbox, hook: str, update: object
) -> None:
    answer = await client.post(hook, content=json.dumps(update))

    assert answer.status_code == 200
    assert inbox.messages == []


async def test_a_body_over_the_limit_is_not_read(client: httpx.AsyncClient, hook: str) -> None:
    answer = await client.post(hook, content=b" " * (BODY_LIMIT + 1))

    assert answer.status_code == 413


async def test_a_pressed_button_stops_spinning(telegram: TelegramApi, hook: str) -> None:
    pressed = telegram.presses(ANA, "yes")

    await telegram.push_to_webhook(hook, SECRET)
    await telegram.wait_until(lambda: bool(telegram.answered_callbacks))

    assert telegram.answered_callbacks == [pressed["callback_query"]["id"]]


async def test_telegram_is_told_the_address_and_the_secret_however_often_it_fails(
    telegram: TelegramApi, bot: Bot, hook: str
) -> None:
    settings = TelegramSettings(
        token=SecretStr(telegram.token), mode="webhook", webhook_url=hook, webhook_secret=SecretStr(SECRET)
    )
    telegram.fail_next("setWebhook", status=500, times=2)
    telegram.customer_says(ANA, "在吗")

    await register_webhook(bot, settings, first_wait=timedelta(milliseconds=5))

    assert await telegram.push_to_webhook() == [200]
