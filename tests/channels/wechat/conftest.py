"""An Official Account under its real client, and a local WeChat at the other end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from bot.channels.wechat.client import WechatClient
from bot.channels.wechat.receive import webhook_router
from bot.channels.wechat.send import WechatChannel
from bot.channels.wechat.settings import WechatSettings
from crm_store.ports import VirtualClock
from crm_store.unit_of_work import Store
from tests.channels.inbox import Inbox
from tests.servers.databases import open_store
from tests.servers.web import serving
from tests.servers.wechat_api import WechatApi

ANA = "openid-ana"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(datetime(2026, 1, 5, 1, tzinfo=UTC))


@pytest.fixture(params=["aes", "plain"])
def mode(request: pytest.FixtureRequest) -> str:
    """Both modes, for tests of what comes in; others take `AES`."""
    return str(request.param)


@pytest.fixture
async def wechat(clock: VirtualClock, mode: str, inbox: Inbox) -> AsyncIterator[WechatApi]:
    async with WechatApi(clock, mode=mode) as server:
        app = FastAPI()
        app.include_router(webhook_router(inbox, settings_for(server), clock=clock))
        async with serving(app) as url:
            server.hook = f"{url}/hooks/wechat"
            yield server


def settings_for(wechat: WechatApi, **more: object) -> WechatSettings:
    given: dict[str, object] = {
        "app_id": wechat.app_id, "app_secret": SecretStr(wechat.app_secret), "token": SecretStr(wechat.token),
        "aes_key": SecretStr(wechat.aes_key), "mode": wechat.mode, "api_base_url": wechat.url,
    }  # fmt: skip
    return WechatSettings.model_validate(given | more)


@pytest.fixture
def settings(wechat: WechatApi) -> WechatSettings:
    return settings_for(wechat)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    """A store on SQLite: what is said to WeChat is the same on either database, the token's tests ask both."""
    store = open_store(sqlite_url)
    yield store
    store.close()


@pytest.fixture
async def client(settings: WechatSettings, store: Store, clock: VirtualClock) -> AsyncIterator[WechatClient]:
    client = WechatClient(settings, store, clock, by="here")
    yield client
    await client.stop()


@pytest.fixture
def channel(client: WechatClient) -> WechatChannel:
    return WechatChannel(client)
