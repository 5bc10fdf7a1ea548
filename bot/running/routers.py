"""Where the routes of the HTTP server are gathered, beside its health."""

from __future__ import annotations

from fastapi import APIRouter

from bot.channels.telegram.receive import register_webhook, webhook_router
from bot.channels.webchat.receive import Webchat
from bot.channels.webchat.visitors import kept_secret
from bot.channels.wechat.receive import webhook_router as wechat_router
from bot.ports import Receive
from bot.running.api import open_shop_hook
from bot.running.channels import Channels
from bot.running.desk import open_desk
from bot.running.process import Process

SECRET_FILE = "webchat.secret"
"""In ``var``, where no secret is set: signs the passes of the web chat's visitors."""


async def open_routers(process: Process, channels: Channels, receive: Receive) -> list[APIRouter]:
    """Return the routes of what is set up; ``receive`` takes the messages that come by them."""
    settings = process.settings
    routers: list[APIRouter] = [await open_desk(process, channels.capabilities), *open_shop_hook(process)]

    if settings.telegram is not None and settings.telegram.mode == "webhook" and channels.telegram is not None:
        telegram, secret = settings.telegram, settings.telegram.webhook_secret
        assert secret is not None, "the settings refuse a webhook without its secret"
        await process.parts.beside("Telegram's webhook", register_webhook(channels.telegram, telegram))
        routers.append(
            webhook_router(channels.telegram, receive, account=telegram.account, secret=secret.get_secret_value())
        )
    if settings.wechat is not None:
        routers.append(wechat_router(receive, settings.wechat, clock=process.clock))

    if settings.webchat.enabled:
        routers.append(await _open_webchat(process, receive))

    return routers


async def _open_webchat(process: Process, receive: Receive) -> APIRouter:
    settings, stopping = process.settings.webchat, process.parts.stopping
    secret = settings.secret.get_secret_value() if settings.secret else kept_secret(process.settings.var / SECRET_FILE)
    webchat = Webchat(settings, receive, process.store, secret=secret, clock=process.clock, ids=process.ids)

    async def end_lines() -> None:
        # The HTTP server waits for each answer's end before it stops, and open lines have none of their own.
        await stopping.wait()
        webchat.close()

    await process.parts.beside("the web chat's lines", end_lines())
    return webchat.router()
