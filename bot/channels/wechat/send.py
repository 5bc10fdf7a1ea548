"""Messages on their way to WeChat."""

from __future__ import annotations

from datetime import timedelta

from bot.channels.wechat.client import WechatClient
from bot.channels.wechat.inbound import CHANNEL
from bot.errors import ChannelRefused
from bot.messages import Outbound
from bot.ports import Capabilities, Window

TEXT_LIMIT = 2048


class WechatChannel:
    """One Official Account's way out; see `bot.ports.Channel`."""

    name = CHANNEL
    capabilities = Capabilities(
        text_limit=TEXT_LIMIT,
        text_unit="utf8",
        buttons=False,
        window=Window(lasts=timedelta(hours=48), messages=5),
        event_window=Window(lasts=timedelta(minutes=1), messages=3),
    )

    def __init__(self, client: WechatClient) -> None:
        self._client = client

    async def start(self) -> None:
        """Open the way.

        Raises:
            SettingsError: WeChat rejects the AppID or the AppSecret.
        """
        await self._client.start()

    async def stop(self) -> None:
        """Close the connections; messages under way are finished first by whoever sends them."""
        await self._client.stop()

    async def send(self, message: Outbound) -> str:
        """Send ``message`` as a customer-service message; return its own id, since WeChat gives none.

        Raises:
            ChannelRefused: not a message that WeChat takes, or not to this customer now.
            ChannelBusy: throttled or unreachable.
        """
        if not message.text.strip():
            raise ChannelRefused("wechat takes no message without text")
        if (size := len(message.text.encode("utf-8", "replace"))) > TEXT_LIMIT:
            raise ChannelRefused(f"the text has {size} bytes and WeChat takes {TEXT_LIMIT}; split it")
        await self._client.send_text(message.recipient, message.text)
        return message.id
