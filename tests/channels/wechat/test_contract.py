"""A WeChat Official Account keeps what every channel keeps, in both of its modes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.channels.wechat.send import WechatChannel
from bot.messages import Button
from tests.channels.contract import ChannelContract
from tests.channels.inbox import Inbox
from tests.channels.wechat.conftest import ANA
from tests.servers.wechat_api import SEND, WechatApi


class WechatPlatform:
    customer = ANA

    def __init__(self, channel: WechatChannel, inbox: Inbox, wechat: WechatApi) -> None:
        self.channel = channel
        self.inbox = inbox
        self._wechat = wechat

    async def shown(self, count: int) -> list[tuple[str, list[str]]]:
        return [(text, []) for _, text in await self._wechat.wait_for_sent(count)]

    async def says(self, text: str) -> None:
        await self._wechat.says(ANA, text)

    async def says_twice(self, text: str) -> None:
        await self._wechat.says(ANA, text)
        await self._wechat.repeats()

    async def presses(self, button: Button) -> None:
        await self._wechat.does(ANA, "CLICK", button.payload)

    async def sends_the_unknown(self) -> None:
        await self._wechat.sends(ANA, "hologram", Depth="3")
        await self._wechat.does(ANA, "hologram_watched")
        await self._wechat.posts(b"<xml><MsgType>text</MsgType></xml>")
        await self._wechat.posts(b"<xml><MsgType>")

    async def refuses(self) -> bool:
        self._wechat.rejected_by.add(ANA)
        return True

    async def throttles(self) -> timedelta:
        self._wechat.fail_next(SEND, code=45011)
        return timedelta(minutes=1)


@pytest.fixture
def platform(channel: WechatChannel, inbox: Inbox, wechat: WechatApi) -> WechatPlatform:
    wechat.did(ANA, "message")
    return WechatPlatform(channel, inbox, wechat)


class TestWechat(ChannelContract):
    pass
