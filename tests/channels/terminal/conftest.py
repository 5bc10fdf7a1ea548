"""A terminal server, and clients that speak its lines over a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Self

import pytest

from bot.channels.terminal.receive import TerminalServer
from bot.channels.terminal.send import TerminalChannel
from bot.channels.terminal.sessions import Sessions
from bot.channels.terminal.settings import TerminalSettings
from crm_store.ports import Ulids, VirtualClock
from tests.channels.inbox import Inbox

START = datetime(2026, 1, 5, 1, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> TerminalSettings:
    return TerminalSettings(address_file=tmp_path / "var" / "terminal.json", absent_retry=timedelta(seconds=5))


@pytest.fixture
def sessions() -> Sessions:
    return Sessions()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def server(settings: TerminalSettings, sessions: Sessions, inbox: Inbox) -> AsyncIterator[TerminalServer]:
    clock = VirtualClock(START)
    server = TerminalServer(settings, sessions, inbox, clock=clock, ids=Ulids(clock, Random(1)))
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def channel(settings: TerminalSettings, sessions: Sessions) -> TerminalChannel:
    return TerminalChannel(sessions, absent_retry=settings.absent_retry)


class Terminal:
    """A client that writes and reads lines as they are."""

    def __init__(self, settings: TerminalSettings) -> None:
        self._address = json.loads(settings.address_file.read_text(encoding="utf-8"))

    async def __aenter__(self) -> Self:
        address = self._address
        self.reader, self._writer = await asyncio.open_connection(
            address["host"], address["port"], limit=4 * 1024 * 1024
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def greet(self, user: str = "ana", **more: Any) -> dict[str, Any]:
        return await self.ask({"token": self._address["token"], "user": user, **more})

    async def leave(self) -> None:
        """Say that no more comes, and wait until the server hangs up."""
        self._writer.write_eof()
        async with asyncio.timeout(5):
            await self.reader.read()

    async def ask(self, line: object) -> dict[str, Any]:
        await self.write(line)
        return await self.read()

    async def write(self, line: object) -> None:
        encoded = line if isinstance(line, bytes) else json.dumps(line).encode()
        self._writer.write(encoded + b"\n")
        await self._writer.drain()

    async def read(self) -> dict[str, Any]:
        async with asyncio.timeout(5):
            answer: dict[str, Any] = json.loads(await self.reader.readline())
        return answer


@pytest.fixture
async def terminal(server: TerminalServer, settings: TerminalSettings) -> AsyncIterator[Terminal]:
    async with Terminal(settings) as terminal:
        yield terminal
