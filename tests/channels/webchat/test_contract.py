"""The web chat keeps what every channel keeps."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.channels.webchat.posted import LONGEST_TEXT
from bot.messages import Button, Outbound
from bot.ports import Capabilities
from crm_store.ports import VirtualClock
from crm_store.unit_of_work import Store
from tests.channels.contract import ChannelContract
from tests.channels.inbox import Inbox
from tests.channels.webchat.conftest import Chat, Visit, served_chat


class Delivered:
    """The channel with what delivery does around it, since the outbox is where browsers read."""

    name = "webchat"

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    @property
    def capabilities(self) -> Capabilities:
        return self._chat.channel.capabilities

    async def send(self, message: Outbound) -> str:
        name = await self._chat.channel.send(message)
        await self._chat.answer(message.recipient, message.text, kind=message.kind, buttons=message.buttons)
        return name


class WebchatPlatform:
    def __init__(self, chat: Chat, inbox: Inbox, visit: Visit) -> None:
        self.channel = Delivered(chat)
        self.inbox = inbox
        self.customer = chat.user_of(visit)
        self._visit = visit

    async def shown(self, count: int) -> list[tuple[str, list[str]]]:
        seen = (await self._visit.look())["messages"]
        assert len(seen) == count
        return [(line["text"], [button["title"] for button in line["buttons"]]) for line in seen]

    async def says(self, text: str) -> None:
        assert (await self._visit.say(text)).status_code == 200

    async def says_twice(self, text: str) -> None:
        for _ in range(2):
            assert (await self._visit.say(text, id="the-same-one")).status_code == 200

    async def presses(self, button: Button) -> None:
        assert (await self._visit.press(button.payload)).status_code == 200

    async def sends_the_unknown(self) -> None:
        assert (await self._visit.post({"id": "message-x", "hologram": 1})).status_code == 422
        assert (await self._visit.post(b"\xff{")).status_code == 400

    async def refuses(self) -> bool:
        return False

    async def throttles(self) -> timedelta:
        pytest.skip("the outbox is the mailbox: there is nobody who could be busy")


@pytest.fixture
async def platform(store: Store, clock: VirtualClock) -> AsyncIterator[WebchatPlatform]:
    inbox = Inbox()
    async with served_chat(store, clock, receive=inbox) as chat:
        yield WebchatPlatform(chat, inbox, await chat.visitor())


class TestWebchat(ChannelContract):
    longest_text = LONGEST_TEXT
