"""The API, for the HTTP server to mount."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI

from bot.api.app import build_api
from bot.api.calling import House
from bot.api.events import hook
from bot.running.process import Process
from bot.webhooks import Webhooks
from bot.wiring import import_settings


def open_api(process: Process) -> FastAPI:
    """Return the API on this process's store."""
    return build_api(_house(process), process.settings.desk_hours)


def open_shop_hook(process: Process) -> list[APIRouter]:
    """Return the hook that the shop calls, where its secret is set."""
    secret = process.settings.web.shop_hook_secret
    return [hook(_house(process), secret.get_secret_value())] if secret is not None else []


async def start_webhooks(process: Process) -> None:
    """Tell other systems what happens, where what signs that is set."""
    secret = process.settings.web.webhook_secret
    if secret is not None:
        telling = Webhooks(process.store, process.clock, master=secret.get_secret_value())
        await process.parts.beside("the webhooks", telling.run(), telling.stop)


def _house(process: Process) -> House:
    settings = process.settings
    return House(
        process.store, process.clock, process.ids, import_settings(settings), grace=settings.points.grace
    )  # fmt: skip
