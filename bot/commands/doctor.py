"""`shuke doctor`: looks at the whole installation and says in plain words what is wrong and how to mend it."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Iterator
from contextlib import closing
from importlib import metadata
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from bot.channels.telegram.client import build_bot, connect
from bot.channels.wechat.client import WechatClient
from bot.commands.common import console, options, show_json
from bot.commands.database import last_backup
from bot.doctor import channels, machine, memory, understanding
from bot.doctor.finding import Finding, problem
from bot.errors import SettingsError
from bot.monitoring import Late
from bot.settings import OVERLAY, Settings
from crm_store import holidays
from crm_store.errors import StoreError
from crm_store.imports import unfinished
from crm_store.ports import SystemClock
from crm_store.privacy import erasures, ledger
from crm_store.unit_of_work import Store


def add_to(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(
    context: typer.Context,
    channels: Annotated[bool, typer.Option("--channels", help="Ask the platforms too.")] = False,
) -> None:
    """Look at the installation: a line each check, ok, warning or problem, with the mend.

    Exit code 0 without problems, 1 with one. Changes nothing.

    Example: ./shuke doctor --channels
    """
    try:
        settings = options(context).settings()
        found = list(examine(settings))
        if channels:
            found += asyncio.run(_ask_platforms(settings))
    except SettingsError as exc:
        found = [problem("settings", str(exc), "nothing starts before that")]
    if options(context).json:
        show_json([one.as_json() for one in found])
    else:
        for one in found:
            console.print(str(one), markup=False)
    if any(one.state == "problem" for one in found):
        sys.exit(1)


def examine(settings: Settings) -> Iterator[Finding]:
    """Make every check that stays on this machine and its database."""
    now = SystemClock().now()
    yield machine.python(sys.version_info[:3])
    yield machine.packages(settings.root / "requirements" / "app.lock", _installed)
    yield Finding("settings", "ok", "can be read")
    yield from machine.permissions(settings.var, [settings.root / "config.yml", settings.root / OVERLAY])
    there = settings.var if settings.var.exists() else settings.root
    yield machine.disk(settings.var, shutil.disk_usage(there).free)
    yield machine.zones([settings.shop.zone, settings.care.zone, "UTC"], _installed("tzdata"), now.year)
    yield machine.port("web", settings.web.host, settings.web.port)
    yield from _database(settings)
    yield memory.backed_up(last_backup(settings), now)
    yield from understanding.rasa(settings.nlu)
    yield understanding.holidays(now.date(), holidays.published(now.year + 1))


def _database(settings: Settings) -> Iterator[Finding]:
    """What can only be asked of a database that is there and has our form."""
    found = memory.database(settings.store.url)
    yield found
    if found.state != "ok":
        return
    now = SystemClock().now()
    late = Late(settings.web.inbox_late, settings.web.outbox_late)
    try:
        with closing(Store(settings.store.url)) as store:
            figures, dead, last_dead = store.read_now(memory.what_waits)
            half_imported = store.read_now(unfinished)
            keys = store.read_now(erasures.keys)
        yield machine.clock(memory.apart(settings.store.url, SystemClock().now()))
    except (SQLAlchemyError, StoreError) as exc:
        yield problem("queues", f"cannot be read ({type(exc).__name__})", "./shuke db check")
        return
    yield memory.queues(figures, now, late)
    yield memory.dead(dead, last_dead, now)
    yield memory.paused(figures.paused)
    key = settings.privacy.key.get_secret_value() if settings.privacy.key is not None else None
    yield memory.privacy_key(
        keys, ledger.present(settings.var, key), is_shared=settings.store.is_shared, is_set=key is not None
    )
    yield from memory.imports(half_imported)


async def _ask_platforms(settings: Settings) -> list[Finding]:
    return [await _ask_telegram(settings), await _ask_wechat(settings)]


async def _ask_wechat(settings: Settings) -> Finding:
    if settings.wechat is None:
        return await channels.wechat(None)
    with closing(Store(settings.store.url)) as store:
        client = WechatClient(settings.wechat, store, SystemClock(), by="doctor")
        try:
            return await channels.wechat(client)
        finally:
            await client.stop()


async def _ask_telegram(settings: Settings) -> Finding:
    if settings.telegram is None:
        return await channels.telegram(None, None)
    bot = build_bot(settings.telegram)
    try:
        await connect(bot)
        return await channels.telegram(settings.telegram, bot)
    except SettingsError as exc:
        return problem("telegram", str(exc), "nothing is received or sent there before that")
    finally:
        await bot.shutdown()


def _installed(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
