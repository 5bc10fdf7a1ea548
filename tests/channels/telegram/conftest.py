"""A bot under its real client, and a local Bot API at the other end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from pydantic import SecretStr
from telegram import Bot

from bot.channels.telegram.client import build_bot, connect
from bot.channels.telegram.receive import Poller
from bot.channels.telegram.send import TelegramChannel
from bot.channels.telegram.settings import TelegramSettings
from tests.channels.inbox import Inbox
from tests.servers.telegram_api import TelegramApi


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramApi]:
    async with TelegramApi() as server:
        yield server


@pytest.fixture
def settings(telegram: TelegramApi) -> TelegramSettings:
    return TelegramSettings(
        token=SecretStr(telegram.token), api_base_url=telegram.url, poll_timeout=timedelta(seconds=5)
    )


@pytest.fixture
async def bot(settings: TelegramSettings) -> AsyncIterator[Bot]:
    bot = build_bot(settings)
    await connect(bot)
    yield bot
    await bot.shutdown()


@pytest.fixture
def channel(bot: Bot, settings: TelegramSettings) -> TelegramChannel:
    return TelegramChannel(bot, settings)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def polling(bot: Bot, settings: TelegramSettings, inbox: Inbox) -> AsyncIterator[Callable[[], None]]:
    """Starts the poller when called; it is stopped at the end of the test."""
    started: list[asyncio.Task[None]] = []

    def start() -> None:
        poller = Poller(
            bot,
            inbox,
            account=settings.account,
            poll_timeout=settings.poll_timeout,
            first_wait=timedelta(milliseconds=5),
        )
        started.append(asyncio.create_task(poller.run()))

    yield start
    for task in started:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
