"""What every channel keeps, whatever its platform.

A channel's test module derives from `ChannelContract` and gives a fixture ``platform``:
the channel under its real client, and a hand on the other end of the wire.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

import pytest

from bot.errors import ChannelBusy, ChannelRefused
from bot.limits import length
from bot.messages import Button, Inbound, Outbound
from bot.ports import Capabilities, Channel
from tests.channels.inbox import Inbox


class Platform(Protocol):
    """The other end of a channel."""

    channel: Channel
    customer: str
    """The ``user_id`` of a customer who can be reached."""
    inbox: Inbox
    """What the channel hands its messages to."""

    async def shown(self, count: int) -> list[tuple[str, list[str]]]:
        """Wait until the customer has seen ``count`` messages: each one's text and button titles."""
        ...

    async def says(self, text: str) -> None: ...

    async def says_twice(self, text: str) -> None:
        """One message of the customer, delivered two times."""
        ...

    async def presses(self, button: Button) -> None: ...

    async def sends_the_unknown(self) -> None:
        """Something that the channel has never heard of, then something malformed."""
        ...

    async def refuses(self) -> bool:
        """Refuse the customer's messages for good; False where this platform never does."""
        ...

    async def throttles(self) -> timedelta:
        """Take no message now; returns how long the channel should wait."""
        ...


def a_reply(to: str, text: str, *, buttons: tuple[Button, ...] = (), request_contact: bool = False) -> Outbound:
    """Return a reply as delivery would hand it over."""
    return Outbound("out-1", "any", to, "reply", text, buttons, request_contact)


def as_long_as_can_be(able: Capabilities) -> str:
    """Return a text that just fits, in the platform's own count."""
    characters, rest = divmod(able.text_limit, length("满", able.text_unit))
    return "满" * characters + "a" * rest


class ChannelContract:
    longest_text = 100_000
    """Characters that a customer's message may have; a channel of ours may ask for less."""

    async def test_a_message_arrives_as_it_was_written(self, platform: Platform) -> None:
        text = "单号 A10293 <b>*已发*</b> _SF123_ [x](y) & 😀"

        name = await platform.channel.send(a_reply(platform.customer, text))

        assert name
        assert await platform.shown(1) == [(text, [])]

    async def test_a_text_at_the_limit_passes(self, platform: Platform) -> None:
        text = as_long_as_can_be(platform.channel.capabilities)

        await platform.channel.send(a_reply(platform.customer, text))

        assert await platform.shown(1) == [(text, [])]

    async def test_a_text_over_the_limit_is_refused_without_being_quoted(self, platform: Platform) -> None:
        text = as_long_as_can_be(platform.channel.capabilities) + "满"

        with pytest.raises(ChannelRefused, match="split it") as refusal:
            await platform.channel.send(a_reply(platform.customer, text))

        assert "满" not in str(refusal.value)

    async def test_a_pressed_button_comes_back_as_its_payload(self, platform: Platform) -> None:
        if not platform.channel.capabilities.buttons:
            pytest.skip("choices go out as numbered text here")
        person = Button("找人工", "/request_human_agent")

        await platform.channel.send(a_reply(platform.customer, "还需要什么？", buttons=(person,)))
        shown = await platform.shown(1)
        await platform.presses(person)

        assert shown == [("还需要什么？", ["找人工"])]
        (pressed,) = await platform.inbox.wait_for(1)
        assert (pressed.kind, pressed.payload, pressed.user_id) == (
            "payload",
            "/request_human_agent",
            platform.customer,
        )

    async def test_a_message_delivered_twice_has_one_name(self, platform: Platform) -> None:
        await platform.says_twice("在吗")

        first, second = await platform.inbox.wait_for(2)
        assert (first.channel, first.account, first.external_id) == (
            second.channel,
            second.account,
            second.external_id,
        )

    async def test_equal_words_said_twice_are_two_messages(self, platform: Platform) -> None:
        await platform.says("在吗")
        await platform.says("在吗")

        first, second = await platform.inbox.wait_for(2)
        assert first.external_id != second.external_id

    async def test_the_unknown_and_the_malformed_stop_nothing(self, platform: Platform) -> None:
        await platform.sends_the_unknown()
        await platform.says("还在吗")

        assert "还在吗" in [message.text for message in await _until_text(platform.inbox, "还在吗")]

    async def test_a_very_long_text_comes_in_whole(self, platform: Platform) -> None:
        text = "满" * self.longest_text

        await platform.says(text)

        (message,) = await platform.inbox.wait_for(1)
        assert message.text == text

    async def test_what_no_database_takes_is_left_out(self, platform: Platform) -> None:
        await platform.says("a\ud800b\x00c😀")

        (message,) = await platform.inbox.wait_for(1)
        assert message.text == "abc😀"

    async def test_a_refusal_is_final(self, platform: Platform) -> None:
        if not await platform.refuses():
            pytest.skip("this platform refuses nobody")

        with pytest.raises(ChannelRefused) as refusal:
            await platform.channel.send(a_reply(platform.customer, "hello"))

        assert refusal.value.unreachable

    async def test_a_busy_platform_says_when_to_try_again(self, platform: Platform) -> None:
        wait = await platform.throttles()

        with pytest.raises(ChannelBusy) as busy:
            await platform.channel.send(a_reply(platform.customer, "hello"))

        assert busy.value.retry_after == wait
        assert busy.value.certain


async def _until_text(inbox: Inbox, text: str) -> list[Inbound]:
    count = 1
    while text not in [message.text for message in inbox.messages]:
        await inbox.wait_for(count)
        count = len(inbox.messages) + 1
    return list(inbox.messages)
