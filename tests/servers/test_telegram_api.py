"""The local Bot API keeps Telegram's own rules where channels rely on them."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from tests.servers.telegram_api import TelegramApi


async def _call(telegram: TelegramApi, method: str, **fields: Any) -> Any:
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{telegram.url}/bot{telegram.token}/{method}", json=fields)
    return answer.json()


async def test_an_offset_confirms_what_is_below_it() -> None:
    async with TelegramApi() as telegram:
        first, second = (telegram.customer_says(1, text) for text in ("一", "二"))

        both = await _call(telegram, "getUpdates")
        again = await _call(telegram, "getUpdates", offset=second["update_id"])
        rest = await _call(telegram, "getUpdates")

        assert both["result"] == [first, second]
        assert again["result"] == rest["result"] == [second]


async def test_a_long_poll_is_answered_as_soon_as_there_is_news() -> None:
    async with TelegramApi() as telegram:
        poll = asyncio.create_task(_call(telegram, "getUpdates", timeout=30))
        await telegram.wait_until(lambda: telegram.calls["getupdates"] == 1)

        update = telegram.customer_says(1, "在吗")

        assert (await poll)["result"] == [update]


async def test_a_second_poll_ends_the_first() -> None:
    async with TelegramApi() as telegram:
        first = asyncio.create_task(_call(telegram, "getUpdates", timeout=30))
        await telegram.wait_until(lambda: telegram.calls["getupdates"] == 1)

        await _call(telegram, "getUpdates")

        assert (await first)["error_code"] == 409


def test_another_process_moves_the_customers_over_http() -> None:
    with TelegramApi().in_thread() as telegram, httpx.Client(base_url=telegram.url) as client:
        client.post("/control/customer_says", json={"user_id": 1, "text": "在吗"})
        client.post(f"/bot{telegram.token}/sendMessage", data={"chat_id": "1", "text": "在的"})

        updates = client.get(f"/bot{telegram.token}/getUpdates").json()["result"]
        sent = client.get("/control/sent").json()
        unknown = client.post("/control/sleeps", json={})

    assert [update["message"]["text"] for update in updates] == ["在吗"]
    assert [(message["chat_id"], message["text"]) for message in sent] == [("1", "在的")]
    assert unknown.status_code == 404
