"""The role that asks platforms for messages: Telegram's polling."""

from __future__ import annotations

from bot.channels.telegram.receive import Poller
from bot.ports import Receive
from bot.running.channels import Channels
from bot.running.process import Process


async def start_polling(process: Process, channels: Channels, receive: Receive) -> None:
    """Poll what is set up to be polled, until the process stops."""
    settings = process.settings.telegram
    if settings is None or settings.mode != "polling" or channels.telegram is None:
        return
    poller = Poller(channels.telegram, receive, account=settings.account, poll_timeout=settings.poll_timeout)
    await process.parts.beside("Telegram's polling", poller.run())
