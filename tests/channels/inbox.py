"""A stand-in for intake: keeps what a channel hands over, and can fail to."""

from __future__ import annotations

import asyncio

from bot.messages import Inbound


class StoreDown(Exception):
    """The database is away."""


class Inbox:
    """What a channel is given as ``receive``."""

    def __init__(self) -> None:
        self.messages: list[Inbound] = []
        self.refuse_next = 0
        self.gate: asyncio.Event | None = None
        """While set to an event, storing waits for it."""
        self.waiting = 0
        self._news = asyncio.Event()

    async def __call__(self, inbound: Inbound) -> None:
        if self.gate is not None:
            self.waiting += 1
            self._news.set()
            await self.gate.wait()
        if self.refuse_next:
            self.refuse_next -= 1
            self._news.set()
            # Databases put the row into the error.
            raise StoreDown(f"INSERT … {inbound.text}")
        self.messages.append(inbound)
        self._news.set()

    async def wait_for(self, count: int, within: float = 5) -> list[Inbound]:
        """Wait until ``count`` messages have come in all, and return them."""
        async with asyncio.timeout(within):
            while len(self.messages) < count:
                self._news.clear()
                await self._news.wait()
        return self.messages

    async def wait_until_waiting(self, count: int, within: float = 5) -> None:
        """Wait until ``count`` messages stand before the gate."""
        async with asyncio.timeout(within):
            while self.waiting < count:
                self._news.clear()
                await self._news.wait()
