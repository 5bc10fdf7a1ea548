"""Where the channels are gathered: each one's way out, and what its way in needs of it."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace

from bot.channels.telegram.client import TelegramBot, build_bot
from bot.channels.telegram.send import TelegramChannel
from bot.channels.telegram.settings import TelegramSettings
from bot.channels.terminal.send import TerminalChannel
from bot.channels.terminal.sessions import Sessions
from bot.channels.webchat.send import WebchatChannel
from bot.channels.wechat.client import WechatClient
from bot.channels.wechat.send import WechatChannel
from bot.channels.wechat.settings import WechatSettings
from bot.ports import Capabilities, Channel
from bot.running.process import Process

CONNECTED_TO_WEB = frozenset({"terminal"})
"""Channels whose customers are connected to the web role: nobody else reaches them."""


@dataclass(frozen=True, slots=True)
class Channels:
    """The channels of one process.

    ``sending`` are their ways out, by name. The rest is for `routers`, `poll` and `web`,
    which take messages in; None where a channel is not set up. What other processes send
    to stands in ``elsewhere``.
    """

    sending: dict[str, Channel]
    terminals: Sessions
    telegram: TelegramBot | None
    elsewhere: Mapping[str, Capabilities] = field(default_factory=dict)

    @property
    def capabilities(self) -> dict[str, Capabilities]:
        """What each channel takes that is set up, here or elsewhere."""
        return {name: channel.capabilities for name, channel in self.sending.items()} | dict(self.elsewhere)

    def only(self, names: Container[str]) -> Channels:
        """Return these channels for a process that sends to ``names`` alone."""
        here = {name: channel for name, channel in self.sending.items() if name in names}
        others = {name: channel.capabilities for name, channel in self.sending.items() if name not in names}
        return replace(self, sending=here, elsewhere=others)

    def without(self, names: Container[str]) -> Channels:
        """Return these channels for a process that leaves ``names`` to others."""
        return self.only([name for name in self.sending if name not in names])


async def open_channels(process: Process) -> Channels:
    """Open the ways out of every channel that is set up.

    Raises:
        SettingsError: a platform rejects what it was given.
    """
    settings = process.settings
    sending: dict[str, Channel] = {}

    terminals = Sessions()
    sending["terminal"] = TerminalChannel(terminals, absent_retry=settings.terminal.absent_retry)

    webchat = WebchatChannel()
    sending[webchat.name] = webchat

    telegram = await _open_telegram(process, settings.telegram, sending) if settings.telegram else None
    if settings.wechat is not None:
        await _open_wechat(process, settings.wechat, sending)

    return Channels(sending, terminals, telegram)


async def _open_telegram(process: Process, settings: TelegramSettings, sending: dict[str, Channel]) -> TelegramBot:
    bot = build_bot(settings)
    channel = TelegramChannel(bot, settings)
    process.parts.stack.push_async_callback(channel.stop)  # its connections are open also where the start fails
    await channel.start()
    sending[channel.name] = channel
    return bot


async def _open_wechat(process: Process, settings: WechatSettings, sending: dict[str, Channel]) -> None:
    channel = WechatChannel(WechatClient(settings, process.store, process.clock, by=process.name))
    process.parts.stack.push_async_callback(channel.stop)
    await channel.start()
    sending[channel.name] = channel
