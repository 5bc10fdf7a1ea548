"""Telegram keeps what every channel keeps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.channels.telegram.send import TelegramChannel
from bot.messages import Button
from tests.channels.contract import ChannelContract
from tests.channels.inbox import Inbox
from tests.servers.telegram_api import TelegramApi

ANA = 1001


class TelegramPlatform:
    customer = str(ANA)

    def __init__(self, channel: TelegramChannel, inbox: Inbox, telegram: TelegramApi) -> None:
        self.channel = channel
        self.inbox = inbox
        self._telegram = telegram

    async def shown(self, count: int) -> list[tuple[str, list[str]]]:
        sent = await self._telegram.wait_for_sent(count)
        return [(message.text, [title for title, _ in message.buttons]) for message in sent]

    async def says(self, text: str) -> None:
        self._telegram.customer_says(ANA, text)

    async def says_twice(self, text: str) -> None:
        self._telegram.customer_says(ANA, text)
        self._telegram.repeat_last()

    async def presses(self, button: Button) -> None:
        self._telegram.presses(ANA, button.payload)

    async def sends_the_unknown(self) -> None:
        self._telegram.raw_update({"hologram": {"from": ANA}})
        self._telegram.raw_update({"message": {"message_id": "x", "chat": [], "date": "yesterday"}})

    async def refuses(self) -> bool:
        self._telegram.blocks(ANA)
        return True

    async def throttles(self) -> timedelta:
        self._telegram.fail_next("sendMessage", status=429, retry_after=7)
        return timedelta(seconds=7)


@pytest.fixture
async def platform(
    channel: TelegramChannel, inbox: Inbox, telegram: TelegramApi, polling: Callable[[], None]
) -> TelegramPlatform:
    polling()
    return TelegramPlatform(channel, inbox, telegram)


class TestTelegram(ChannelContract):
    pass
