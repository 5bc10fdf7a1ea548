"""An installation whose roles are processes of their own, on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import psycopg

from tests.faults.installation import START_WITHIN, Installation, Running
from tests.servers.telegram_api import TelegramApi

USERS = range(3001, 3021)


class Shop:
    """An installation on PostgreSQL whose roles are started one by one, and the Telegram that it talks to."""

    def __init__(self, root: Path, url: str, telegram: TelegramApi, stack: AsyncExitStack, **environment: str) -> None:
        self.url, self.telegram, self._stack = url, telegram, stack
        self.installation = Installation(
            root,
            SHUKE_STORE__URL=url,
            SHUKE_TELEGRAM_TOKEN=telegram.token,
            SHUKE_TELEGRAM__API_BASE_URL=telegram.url,
            SHUKE_TELEGRAM__POLL_TIMEOUT="PT1S",
            **environment,
        )

    async def start(self, *roles: str, within: float = START_WITHIN, **environment: str) -> list[Running]:
        """Start roles and return them once all are up, within so many seconds each."""
        starting = (self.installation.role(role, within=within, **environment) for role in roles)
        return list(await asyncio.gather(*(self._stack.enter_async_context(role) for role in starting)))

    def all_say(self, *, times: int) -> None:
        """Let 20 customers say something so many times, each in turn."""
        for number in range(times):
            for user in USERS:
                self.telegram.customer_says(user, ("你好", "谢谢")[number % 2])

    def count(self, what: str) -> int:
        """Return how many rows ``what`` (``inbox WHERE …``) has."""
        with psycopg.connect(self.url) as db:
            row = db.execute(f"SELECT count(*) FROM {what}".encode()).fetchone()
        assert row is not None
        return int(row[0])

    def answered(self) -> Counter[int]:
        return Counter(int(one.chat_id) for one in self.telegram.sent)

    async def until(self, condition: Callable[[], bool], *, within: float = 60) -> None:
        async with asyncio.timeout(within):
            while not condition():  # noqa: ASYNC110 - what stands in a database can only be asked again
                await asyncio.sleep(0.05)


Open = Callable[..., Awaitable[Shop]]
"""Opens a shop, with the environment of all its roles."""
