"""The chat in a terminal: a person types, or a pipe does."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from rich.console import Console

from bot.channels.terminal.chat import Chat, ChatUnavailable, Patience
from bot.channels.terminal.keyboard import typed_lines
from bot.channels.terminal.receive import TerminalServer
from bot.channels.terminal.send import TerminalChannel
from bot.channels.terminal.settings import TerminalSettings
from bot.messages import Button, Inbound
from crm_store.ports import Ulids, VirtualClock
from tests.channels.contract import a_reply
from tests.channels.inbox import Inbox
from tests.channels.terminal.conftest import START

IMPATIENT = Patience(
    for_an_answer=timedelta(seconds=5),
    between_answers=timedelta(milliseconds=30),
    at_the_end=timedelta(milliseconds=60),
)


class AnsweringInbox(Inbox):
    """An inbox behind which somebody answers everything, with two messages and two buttons."""

    def __init__(self) -> None:
        super().__init__()
        self.answer: Callable[[str], Coroutine[None, None, str]] | None = None
        self._answering: set[asyncio.Task[str]] = set()

    async def __call__(self, inbound: Inbound) -> None:
        await super().__call__(inbound)
        if self.answer is not None:
            said = self.messages[-1].text or self.messages[-1].payload or self.messages[-1].contact_phone or ""
            self._answering.add(asyncio.create_task(self.answer(said)))


@pytest.fixture
def inbox() -> AnsweringInbox:
    return AnsweringInbox()


@pytest.fixture
def answering(inbox: AnsweringInbox, channel: TerminalChannel, server: TerminalServer) -> AnsweringInbox:
    async def answer(said: str) -> str:
        await channel.send(a_reply("ana", f"您说：{said} [b]"))
        buttons = (Button("查订单", "/track_order"), Button("找人工", "/request_human_agent"))
        return await channel.send(a_reply("ana", "还需要什么？", buttons=buttons))

    inbox.answer = answer
    return inbox


def a_chat(patience: Patience = IMPATIENT) -> tuple[Chat, io.StringIO]:
    screen = io.StringIO()
    console = Console(file=screen, width=200, force_terminal=False)
    ids = Ulids(VirtualClock(START), Random(2))
    return Chat(console, user="ana", language="zh", ids=ids, patience=patience), screen


async def some(*lines: str) -> AsyncIterator[str]:
    for line in lines:
        yield line


async def test_piped_lines_read_as_a_talk(answering: AnsweringInbox, settings: TerminalSettings) -> None:
    chat, screen = a_chat()

    await chat.run(settings.address_file, some("在吗", "", "2", "9", "/phone 13800001234"), wait_for_answers=True)

    assert [(m.kind, m.text or m.payload or m.contact_phone) for m in answering.messages] == [
        ("text", "在吗"),
        ("payload", "/request_human_agent"),
        ("text", "9"),
        ("contact", "13800001234"),
    ]
    shown = screen.getvalue().splitlines()
    assert shown[:4] == ["您说：在吗 [b]", "还需要什么？", "  1. 查订单", "  2. 找人工"]
    assert shown[4] == "您说：/request_human_agent [b]"
    assert len(shown) == 16


async def test_a_silent_bot_does_not_hold_a_pipe_for_ever(
    server: TerminalServer, inbox: AnsweringInbox, settings: TerminalSettings
) -> None:
    chat, screen = a_chat(Patience(timedelta(milliseconds=20), timedelta(milliseconds=5), timedelta(milliseconds=5)))

    await chat.run(settings.address_file, some("一", "二"), wait_for_answers=True)

    assert [message.text for message in inbox.messages] == ["一", "二"]
    assert screen.getvalue() == ""


async def test_a_line_that_was_not_stored_is_shown_as_such(
    server: TerminalServer, inbox: AnsweringInbox, settings: TerminalSettings
) -> None:
    inbox.refuse_next = 1
    chat, screen = a_chat()

    await chat.run(settings.address_file, some("在吗"), wait_for_answers=True)

    assert "这条没有发出去" in screen.getvalue()


async def test_without_a_running_bot_the_chat_says_how_to_start_it(tmp_path: Path) -> None:
    chat, _ = a_chat()

    with pytest.raises(ChatUnavailable, match="shuke up"):
        await chat.run(tmp_path / "terminal.json", some("在吗"), wait_for_answers=True)


async def test_a_bot_that_hangs_up_ends_the_chat_with_a_word(
    server: TerminalServer, inbox: AnsweringInbox, settings: TerminalSettings
) -> None:
    chat, _ = a_chat()

    async def lines() -> AsyncIterator[str]:
        yield "在吗"
        await server.stop()
        await asyncio.Event().wait()

    with pytest.raises(ChatUnavailable, match="has hung up"):
        await chat.run(settings.address_file, lines(), wait_for_answers=False)


@pytest.mark.parametrize(
    ("typed", "lines"),
    [
        (b"", []),
        ("在吗\r\n好的".encode(), ["在吗", "好的"]),
        (b"\n\xff\xe5\n", ["", "\ufffd\ufffd"]),
        ("满".encode() * 100_000, ["满" * 100_000]),
    ],
    ids=["nothing", "no last newline", "invalid", "long"],
)
async def test_typed_bytes_become_lines(tmp_path: Path, typed: bytes, lines: list[str]) -> None:
    file = tmp_path / "typed"
    file.write_bytes(typed)
    descriptor = os.open(file, os.O_RDONLY)

    read = [line async for line in typed_lines(descriptor)]
    os.close(descriptor)

    assert read == lines
