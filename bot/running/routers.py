"""Where the routes of the HTTP server are gathered, beside its health."""

from __future__ import annotations

from fastapi import APIRouter

from bot.channels.telegram.receive import register_webhook, webhook_router
from bot.channels.wechat.receive import webhook_router as wechat_router
from bot.ports import Receive
from bot.running.channels import Channels
from bot.running.process import Process


async def open_routers(process: Process, channels: Channels, receive: Receive) -> list[APIRouter]:
    """Return the routes of what is set up; ``receive`` takes the messages that come by them."""
    settings = process.settings
    routers: list[APIRouter] = []

    if settings.telegram is not None and settings.telegram.mode == "webhook" and channels.telegram is not None:
        telegram, secret = settings.telegram, settings.telegram.webhook_secret
        assert secret is not None, "the settings refuse a webhook without its secret"
        await process.parts.beside("Telegram's webhook", register_webhook(channels.telegram, telegram))
        routers.append(
            webhook_router(channels.telegram, receive, account=telegram.account, secret=secret.get_secret_value())
        )
    if settings.wechat is not None:
        routers.append(wechat_router(receive, settings.wechat, clock=process.clock))

    return routers
