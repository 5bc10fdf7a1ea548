"""Puts marked words and secrets through a house on WeChat, failures included; for `tests.bot.canary_paths`."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from bot.running.up import up
from bot.settings import Settings, build
from crm_store import schema
from crm_store.ports import SystemClock
from tests.servers.wechat_api import SEND, TOKEN, WechatApi

SECRETS = ("canary0secret0of0the0account0000", "canarytokenofthehook", "canaryKeyOfTheEnvelope" + "0" * 21)
MARKS = (*SECRETS, "access-token-of-the-local-wechat", "openid-canary")


class Marked(WechatApi):
    """The local WeChat, with secrets that are marked."""

    app_secret, token, aes_key = SECRETS


def settings_for(folder: Path, url: str, wechat: WechatApi) -> Settings:
    account = {
        "app_id": wechat.app_id, "app_secret": SecretStr(wechat.app_secret), "token": SecretStr(wechat.token),
        "aes_key": SecretStr(wechat.aes_key), "api_base_url": wechat.url,
    }  # fmt: skip
    given = {"wechat": account, "web": {"port": 0}, "work": {"sweep_every": 0.05}, "store": {"url": url}}
    settings = build(given, root=folder)
    schema.upgrade(settings.store.url)
    return settings


async def account(folder: Path, url: str, words: str) -> None:
    """A running house under a WeChat that fails in every way it knows, and strangers at its hook."""
    async with Marked(SystemClock()) as wechat:
        stop, said = asyncio.Event(), asyncio.Queue[str]()
        house = asyncio.create_task(up(settings_for(folder, url, wechat), model=None, say=said.put_nowait, stop=stop))
        while "wechat:" not in (line := await said.get()):
            pass
        wechat.hook = line.split()[1].rstrip(",")
        await _troubles(wechat, words)
        stop.set()
        await house


async def _troubles(wechat: WechatApi, words: str) -> None:
    faults: tuple[dict[str, Any], ...] = (
        {"code": -1}, {"code": 45015}, {"code": 48002}, {"code": 40001}, {"code": 99999}, {"status": 502},
        {"drop": True}, {"unreadable": True},
    )  # fmt: skip
    for number, fault in enumerate(faults):
        wechat.fail_next(SEND, **fault)
        wechat.fail_next(TOKEN, code=40125)
        called = wechat.calls_of[SEND]
        await wechat.says(f"openid-canary-{number}", f"{words} \x00")
        await wechat.wait_until(partial(_called_more_than, wechat, called))
    for body in (words.encode(), f"<!DOCTYPE x [<!ENTITY w '{words}'>]><xml>&w;</xml>".encode(), b"<xml/>"):
        await wechat.posts(body)
        await wechat.posts(body, msg_signature=words)
    async with httpx.AsyncClient() as client:
        for query in ({}, wechat.signed() | {"signature": words}, wechat.signed(ago=900)):
            await client.post(wechat.hook, params=query, content=words)


def _called_more_than(wechat: WechatApi, count: int) -> bool:
    return wechat.calls_of[SEND] > count
