"""Puts marked words, a name, a phone and a token through the house, failures included; its stderr is searched.

A process of its own: logging is set up once for a process, and everything that a
process says on its way out belongs to what is searched.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import httpx
import structlog
from pydantic import SecretStr
from sqlalchemy import Connection, text

from bot import logs
from bot.channels import edge
from bot.errors import ChannelBusy, ChannelRefused
from bot.running import up as running
from bot.settings import LogSettings, Settings, build
from crm_store import schema
from crm_store.ports import SystemClock, Ulids, VirtualClock
from tests.bot import canary_wechat
from tests.bot.house import FakeChannel, House
from tests.servers.databases import open_store
from tests.servers.telegram_api import TelegramApi

TOKEN = "7123456789:AAcanary-token-canary-token-canary-tok"
SECRET = "canary-secret-of-the-webhook"
WORDS = "my canary Pip swallowed the blue teapot"
NAME = "Canaria Canarelli"
PHONE = "+8613899991111"
MARKS = (TOKEN, "AAcanary-token", SECRET, WORDS, "canary Pip", "blue teapot", NAME, "Canarelli", PHONE, "13899991111",
         *canary_wechat.MARKS)  # fmt: skip
ANA = 1001

log = structlog.get_logger(__name__)


class Broken(Exception):
    pass


async def whole_house(settings: Settings, telegram: TelegramApi) -> None:
    """A running house under a Telegram that fails in every way it knows."""
    stop, up = asyncio.Event(), asyncio.Event()
    told: list[str] = []

    def say(line: str) -> None:
        sys.stderr.write(line + "\n")
        told.append(line)
        if "telegram" in line:
            up.set()

    house = asyncio.create_task(running.up(settings, model=None, say=say, stop=stop))
    await up.wait()
    faults: tuple[dict[str, Any], ...] = (
        {"status": 429, "retry_after": 60}, {"status": 500}, {"drop": True}, {"unreadable": True}, {"status": 403},
        {"status": 400, "description": f"Bad Request: can't parse '{WORDS}' of {TOKEN}"}, {"status": 401},
    )  # fmt: skip
    for number, fault in enumerate(faults):
        telegram.fail_next("sendMessage", **fault)
        telegram.customer_says(ANA + number, WORDS, name=NAME)
        await telegram.wait_until(partial(called_more_than, telegram, number))
    telegram.fail_next("getUpdates", unreadable=True)
    telegram.fail_next("answerCallbackQuery", status=500)
    telegram.presses(ANA + 50, "/track_order")
    telegram.shares_contact(ANA + 51, PHONE)
    telegram.edits(ANA + 51, 3, WORDS)
    telegram.sends_photo(ANA + 52, WORDS)
    telegram.blocks(ANA + 52)
    for odd in ({"message": {"text": WORDS, "from": NAME}}, {"message": WORDS}, {"callback_query": {"data": WORDS}}):
        telegram.raw_update(odd)
    telegram.customer_says(ANA + 60, f"{WORDS} \ud83d\x00", name=NAME)
    await telegram.wait_until_confirmed(within=20)
    await terminal(settings)
    await monitoring(next(line for line in told if "health" in line).split()[-1].removesuffix("/readyz"))
    stop.set()
    await house


async def monitoring(address: str) -> None:
    """What is counted is searched as well."""
    async with httpx.AsyncClient() as client:
        for path in ("/metrics", "/readyz"):
            sys.stderr.write((await client.get(address + path)).text)


def called_more_than(telegram: TelegramApi, count: int) -> bool:
    return telegram.calls["sendmessage"] > count


async def terminal(settings: Settings) -> None:
    """Somebody at the terminal who also sends what is no line."""
    address = json.loads(settings.terminal.address_file.read_text())
    hellos = [{"token": WORDS, "user": NAME}, {"token": address["token"], "user": NAME}]
    for hello in hellos:
        reader, writer = await asyncio.open_connection(address["host"], address["port"])
        for line in (hello, {"text": WORDS}, {"words": WORDS}, {"contact": {"phone": PHONE}}, WORDS):
            writer.write(json.dumps(line).encode() + b"\n")
        writer.write(WORDS.encode() + b"\n")
        writer.write_eof()
        await reader.read()
        writer.close()


async def webhook(settings: Settings, telegram: TelegramApi) -> None:
    """Posts with and without the secret, and bodies that are none."""
    stop, said = asyncio.Event(), asyncio.Queue[str]()
    house = asyncio.create_task(running.up(settings, model=None, say=said.put_nowait, stop=stop))
    while "health" not in (line := await said.get()):
        pass
    hook = line.split()[-1].replace("readyz", "hooks/telegram")
    update = json.dumps(telegram.customer_says(ANA, WORDS, name=NAME))
    async with httpx.AsyncClient() as client:
        for secret in (SECRET, "wrong"):
            for body in (update, WORDS, f'["{WORDS}"]'):
                await client.post(hook, content=body, headers={"X-Telegram-Bot-Api-Secret-Token": secret})
        await client.get(f"{hook}/{WORDS}?token={TOKEN}")
    stop.set()
    await house


async def failures(house: House) -> None:
    """Understanding, channel and database fail, each with the customer's words in their errors."""

    async def deaf(said: str, **_: Any) -> Any:
        raise Broken(said)

    understand, house.understand = house.understand, deaf
    await house.says("ana", WORDS, display_name=NAME)
    house.understand = understand
    house.channel.fail_next(
        KeyError(WORDS), ChannelRefused(WORDS), ChannelBusy(WORDS, retry_after=timedelta(seconds=5)), Broken(PHONE)
    )
    for user in ("bo", "chen", "dai", "eve"):
        await house.says(user, WORDS, display_name=NAME)
    for _ in range(6):
        await house.later(seconds=90)
    await edge.store(house.intake, house.message("eve", f"{WORDS} \ud83d"))
    house.write(lose_the_history)
    await house.says("ana", WORDS, contact_phone=PHONE)
    await house.later(seconds=90)
    house.store.close()
    await edge.store(house.intake, house.message("eve", WORDS))


def lose_the_history(conn: Connection) -> None:
    conn.execute(text("ALTER TABLE history RENAME TO lost"))


async def library_troubles() -> None:
    """What reaches the log from libraries and from the event loop, with an error that quotes a customer."""
    try:
        raise ValueError(f"{WORDS} {PHONE} {TOKEN}")
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
        log.exception("something.broke")

    async def forgotten() -> None:
        raise Broken(WORDS)

    task = asyncio.create_task(forgotten())
    await asyncio.wait([task])
    del task
    gc.collect()


def settings_for(folder: Path, url: str, telegram: TelegramApi, **more: Any) -> Settings:
    bot = {"token": SecretStr(TOKEN), "api_base_url": telegram.url, "poll_timeout": 1} | more
    given = {"telegram": bot, "web": {"port": 0}, "work": {"sweep_every": 0.05}, "store": {"url": url}}
    settings = build(given, root=folder)
    schema.upgrade(settings.store.url)
    return settings


async def everything(folder: Path, urls: Sequence[str], done: Callable[[str], None]) -> None:
    """Go every path, each with an empty database of its own."""
    polling, hook, wechat, failing = urls
    async with TelegramApi(token=TOKEN) as telegram:
        await whole_house(settings_for(folder / "polling", polling, telegram), telegram)
        done("polling")
        secret = {"webhook_url": "https://shop.example/hooks", "webhook_secret": SecretStr(SECRET), "mode": "webhook"}
        await webhook(settings_for(folder / "webhook", hook, telegram, **secret), telegram)
        done("webhook")
    await canary_wechat.account(folder / "wechat", wechat, WORDS)
    done("wechat")
    clock = VirtualClock(datetime(2026, 1, 5, 1, tzinfo=UTC))
    store = open_store(failing)
    store.run_now(schema.create)
    await failures(House(store, clock=clock, ids=Ulids(clock, Random(1)), channel=FakeChannel(), root=folder))
    done("failures")
    await library_troubles()
    done("libraries")


if __name__ == "__main__":
    folder, *urls = sys.argv[1:]
    logs.configure(LogSettings(level="debug"), [TOKEN, SECRET, *canary_wechat.SECRETS])
    asyncio.run(
        everything(Path(folder), urls, lambda path: log.info("canary.passed", path=path, at=SystemClock().now()))
    )
