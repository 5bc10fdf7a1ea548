"""The role that asks platforms for messages: Telegram's polling."""

from __future__ import annotations

from bot.channels.telegram.receive import Poller
from bot.errors import SettingsError
from bot.ports import Receive
from bot.running.channels import Channels, open_channels
from bot.running.parts import Parts, Say
from bot.running.process import Process, build_intake, open_process
from bot.running.web import start_health
from bot.settings import Settings
from crm_store.election import Election


async def start_polling(process: Process, channels: Channels, receive: Receive) -> None:
    """Poll what is set up to be polled, until the process stops."""
    settings = process.settings.telegram
    if settings is None or settings.mode != "polling" or channels.telegram is None:
        return
    poller = Poller(channels.telegram, receive, account=settings.account, poll_timeout=settings.poll_timeout)
    if not process.store.is_shared:
        await process.parts.beside("Telegram's polling", poller.run())
        return
    # Telegram answers one poller at a time, and cuts off the one before.
    election = Election(process.store.url, f"telegram polling {settings.account}")
    await process.parts.beside("Telegram's polling", election.run(poller.run))


async def run_poll(settings: Settings, parts: Parts, say: Say) -> None:
    """Start the role; of any number one polls, and the others wait to take its place.

    Raises:
        SettingsError: nothing is set up to be polled.
    """
    if settings.telegram is None or settings.telegram.mode != "polling":
        raise SettingsError(
            "telegram: nothing is set up to be polled; set SHUKE_TELEGRAM_TOKEN and telegram.mode polling"
        )
    process = await open_process(settings, parts)
    channels = await open_channels(process)
    await start_polling(process, channels, build_intake(process))
    await start_health(process)
    say(f"polling, or waiting to: {process.name}")
