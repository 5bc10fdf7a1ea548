"""The terminal keeps what every channel keeps."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.channels.terminal.send import TerminalChannel
from bot.errors import ChannelBusy
from bot.messages import Button
from tests.channels.contract import ChannelContract, a_reply
from tests.channels.inbox import Inbox
from tests.channels.terminal.conftest import Terminal


class TerminalPlatform:
    customer = "ana"

    def __init__(self, channel: TerminalChannel, inbox: Inbox, terminal: Terminal) -> None:
        self.channel = channel
        self.inbox = inbox
        self._terminal = terminal

    async def shown(self, count: int) -> list[tuple[str, list[str]]]:
        lines = [await self._terminal.read() for _ in range(count)]
        return [(line["text"], [button["title"] for button in line["buttons"]]) for line in lines]

    async def says(self, text: str) -> None:
        await self._terminal.ask({"text": text})

    async def says_twice(self, text: str) -> None:
        for _ in range(2):
            await self._terminal.ask({"text": text, "id": "m-1"})

    async def presses(self, button: Button) -> None:
        await self._terminal.ask({"payload": button.payload})

    async def sends_the_unknown(self) -> None:
        await self._terminal.ask({"hologram": 1})
        await self._terminal.ask(b"\xff{")

    async def refuses(self) -> bool:
        return False

    async def throttles(self) -> timedelta:
        await self._terminal.leave()
        return timedelta(seconds=5)


@pytest.fixture
async def platform(channel: TerminalChannel, inbox: Inbox, terminal: Terminal) -> TerminalPlatform:
    await terminal.greet("ana")
    return TerminalPlatform(channel, inbox, terminal)


class TestTerminal(ChannelContract):
    async def test_that_nobody_is_connected_is_ordinary(self, platform: TerminalPlatform) -> None:
        await platform.throttles()

        with pytest.raises(ChannelBusy) as busy:
            await platform.channel.send(a_reply(platform.customer, "hello"))

        assert busy.value.absent
