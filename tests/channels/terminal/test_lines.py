"""The server's lines: what it takes, what it refuses, and that nothing stops it."""

from __future__ import annotations

import asyncio
import stat

import pytest
from pydantic import ValidationError

from bot.channels.terminal.receive import LINE_LIMIT, TerminalServer
from bot.channels.terminal.send import TerminalChannel
from bot.channels.terminal.settings import TerminalSettings
from tests.channels.contract import a_reply
from tests.channels.inbox import Inbox
from tests.channels.terminal.conftest import START, Terminal


async def test_a_line_is_answered_once_its_message_is_stored(terminal: Terminal, inbox: Inbox) -> None:
    await terminal.greet("ana", language="zh")

    answer = await terminal.ask({"text": "在吗", "id": "m-1"})

    assert answer == {"stored": "m-1"}
    (message,) = inbox.messages
    assert (message.channel, message.account, message.external_id) == ("terminal", "local", "ana:m-1")
    assert (message.user_id, message.text, message.language, message.sent_at) == ("ana", "在吗", "zh", START)


async def test_a_shared_phone_comes_in_as_a_contact(terminal: Terminal, inbox: Inbox) -> None:
    await terminal.greet()

    await terminal.ask({"contact": {"phone": "13800001234"}})

    assert [(message.kind, message.contact_phone) for message in inbox.messages] == [("contact", "13800001234")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"", "not JSON"),
        (b"hello", "not JSON"),
        (b'{"text": "\xff"}', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        ([1], "not an object"),
        ({}, "give one of"),
        ({"text": 7}, "give one of"),
        ({"contact": "13800001234"}, "give one of"),
        ({"text": "hi", "id": {}}, "id: give"),
        ({"text": "hi", "id": ""}, "id: give"),
        ({"text": "x" * (LINE_LIMIT + 10)}, "more than 1048576 bytes"),
    ],
    ids=range(11),
)
async def test_a_bad_line_gets_one_clear_answer_and_stops_nothing(
    terminal: Terminal, inbox: Inbox, line: object, said: str
) -> None:
    await terminal.greet()

    refusal = await terminal.ask(line)
    answer = await terminal.ask({"text": "still there", "id": "m-2"})

    assert said in refusal["error"]
    assert answer == {"stored": "m-2"}
    assert [message.text for message in inbox.messages] == ["still there"]


async def test_what_could_not_be_stored_is_said_so(terminal: Terminal, inbox: Inbox) -> None:
    inbox.refuse_next = 1
    await terminal.greet()

    refusal = await terminal.ask({"text": "在吗", "id": "m-1"})
    answer = await terminal.ask({"text": "在吗", "id": "m-1"})

    assert refusal == {"error": "could not be stored; send it again", "id": "m-1"}
    assert answer == {"stored": "m-1"}


@pytest.mark.parametrize(
    ("hello", "said"),
    [
        ({"token": "wrong", "user": "ana"}, "token is wrong"),
        ({"token": "\ud800", "user": "ana"}, "token is wrong"),
        ({"user": "ana"}, "token is wrong"),
        (b"GET / HTTP/1.1", "not JSON"),
    ],
    ids=range(4),
)
async def test_a_stranger_is_told_why_and_cut_off(terminal: Terminal, hello: object, said: str) -> None:
    answer = await terminal.ask(hello)

    assert said in answer["error"]
    assert await terminal.reader.read() == b""


@pytest.mark.parametrize("user", ["", " ", "x" * 129, 7, None])
async def test_a_name_that_is_none_is_refused(terminal: Terminal, user: object) -> None:
    answer = await terminal.greet(user)  # type: ignore[arg-type]

    assert "user: give a name" in answer["error"]


async def test_every_terminal_of_a_user_shows_an_answer_and_no_other_does(
    server: TerminalServer, settings: TerminalSettings, channel: TerminalChannel
) -> None:
    async with Terminal(settings) as first, Terminal(settings) as second, Terminal(settings) as li:
        await first.greet("ana")
        await second.greet("ana")
        await li.greet("li")

        await channel.send(a_reply("ana", "给 Ana"))
        await channel.send(a_reply("li", "for Li"))

        assert [(await one.read())["text"] for one in (first, second, li)] == ["给 Ana", "给 Ana", "for Li"]


async def test_a_server_that_stops_first_stores_what_it_took(
    server: TerminalServer, terminal: Terminal, inbox: Inbox
) -> None:
    inbox.gate = asyncio.Event()
    await terminal.greet()
    await terminal.write({"text": "在吗"})
    await inbox.wait_until_waiting(1)

    stopping = asyncio.create_task(server.stop())
    inbox.gate.set()
    await stopping

    assert [message.text for message in inbox.messages] == ["在吗"]


async def test_the_address_is_private_and_goes_away_with_the_server(
    server: TerminalServer, settings: TerminalSettings
) -> None:
    mode = stat.S_IMODE(settings.address_file.stat().st_mode)

    await server.stop()

    assert mode == 0o600
    assert not settings.address_file.exists()


def test_only_a_loopback_address_is_taken() -> None:
    with pytest.raises(ValidationError, match="not a loopback address"):
        TerminalSettings(host="0.0.0.0")
