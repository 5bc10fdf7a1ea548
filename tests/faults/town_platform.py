"""The platform of a town: the local Telegram, as slow as one some way off, and posting to the town's web processes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import Any

import httpx

from tests.servers.telegram_api import TelegramApi

SECRET = "the-secret-of-the-webhook"
_ANSWERS_AFTER = 0.04
"""Seconds; so somebody is in the midst of sending at most kills."""


class TownTelegram(TelegramApi):
    """Takes as long as a platform does for a message, and remembers when each arrived, by `time.monotonic`."""

    def __init__(self) -> None:
        super().__init__()
        self.sent_at: list[float] = []

    async def post_updates(self, ports: Sequence[int]) -> None:
        """Post what customers say to one web process after the other, each again until it is taken; for ever."""
        door = 0
        async with httpx.AsyncClient(timeout=5, headers={"x-telegram-bot-api-secret-token": SECRET}) as client:
            while True:
                await self.wait_until(lambda: bool(self.pending), within=3600)
                update = self.pending[0]
                door = (door + 1) % len(ports)
                try:
                    url = f"http://127.0.0.1:{ports[door]}/hooks/telegram"
                    taken = (await client.post(url, json=update)).is_success
                except httpx.HTTPError:
                    taken = False
                if taken:
                    self.pending.remove(update)
                else:
                    await asyncio.sleep(0.02)

    async def _call(self, method: str, fields: dict[str, Any]) -> Any:
        result = await super()._call(method, fields)
        if method == "sendmessage":
            await asyncio.sleep(_ANSWERS_AFTER)
        return result

    def _send_message(self, fields: dict[str, Any]) -> dict[str, Any]:
        message = super()._send_message(fields)
        self.sent_at.append(monotonic())
        return message
