"""WeChat's windows, all the way: what the customer gets, what the agent reads, what the history keeps."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from bot.channels.wechat.client import WechatClient
from bot.channels.wechat.receive import webhook_router
from bot.channels.wechat.send import WechatChannel
from bot.channels.wechat.settings import WechatSettings
from crm_store.ports import Ulids, VirtualClock
from crm_store.unit_of_work import Store
from tests.bot.house import BEGINNING, House
from tests.desk.desks import Browser, DeskHouse
from tests.servers.web import serving
from tests.servers.wechat_api import SEND, WechatApi

ANA, BEN = "openid-ana", "openid-ben"


class Account:
    """An Official Account with a desk behind it."""

    def __init__(self, wechat: WechatApi, desk: DeskHouse) -> None:
        self.wechat, self.desk, self.house = wechat, desk, desk.house

    async def says(self, openid: str, text: str) -> None:
        await self.wechat.says(openid, text)
        await self.house.quiet()

    async def presses(self, openid: str, key: str) -> None:
        await self.wechat.does(openid, "CLICK", key)
        await self.house.quiet()

    async def agent(self, name: str = "li", **headers: str) -> Browser:
        self.desk.add(name)
        browser = self.desk.browser(**headers)
        await browser.sign_in(name)
        return browser

    async def replies(self, browser: Browser, openid: str, text: str) -> tuple[int, str]:
        """Let an agent answer, and let it be sent."""
        answer = await browser.post(f"/desk/talks/{self.desk.customer(openid)}/reply", part=True, text=text)
        await self.house.sweep()
        return answer.status_code, answer.text

    def got(self, openid: str) -> list[str]:
        """Return what the customer has got."""
        return [text for to, text in self.wechat.sent if to == openid]

    def kept(self, openid: str) -> list[Any]:
        """Return what the history says of messages to the customer: who wrote them, and what failed."""
        customer = self.desk.customer(openid)
        entries = [*self.house.entries("message.out"), *self.house.entries("message.failed")]
        mine = sorted((one for one in entries if one.customer_id == customer), key=lambda one: one.id)
        return [one.data["reason"] if one.kind == "message.failed" else one.by for one in mine]


@pytest.fixture
async def account(store: Store, tmp_path: Path) -> AsyncIterator[Account]:
    clock = VirtualClock(datetime.fromisoformat(BEGINNING))
    async with WechatApi(clock) as wechat:
        settings = WechatSettings(
            app_id=wechat.app_id, app_secret=SecretStr(wechat.app_secret), token=SecretStr(wechat.token),
            aes_key=SecretStr(wechat.aes_key), mode="aes", api_base_url=wechat.url,
        )  # fmt: skip
        channel: Any = WechatChannel(WechatClient(settings, store, clock, by="here"))
        await channel.start()
        house = House(store, clock=clock, ids=Ulids(clock, Random(7)), channel=channel, root=tmp_path)
        desk = DeskHouse(house)
        app = FastAPI()
        app.include_router(webhook_router(house.intake, settings, clock=clock))
        async with serving(app) as url:
            wechat.hook = f"{url}/hooks/wechat"
            yield Account(wechat, desk)
        await channel.stop()
        desk.passwords.close()


@pytest.mark.parametrize(("language", "told"), [("en", "WeChat takes only so many messages"), ("zh", "微信只让发几条")])
async def test_the_fifth_message_is_the_last_and_the_agent_reads_it_before_the_customer_misses_one(
    account: Account, language: str, told: str
) -> None:
    await account.says(ANA, "I want to talk to a person")
    browser = await account.agent(**{"accept-language": language})

    answers = [await account.replies(browser, ANA, f"answer {number}") for number in range(5)]
    await account.says(ANA, "are you there?")
    again = await account.replies(browser, ANA, "yes")

    assert [status for status, _ in answers] == [200] * 4 + [409]
    assert told in answers[-1][1]
    assert account.got(ANA)[1:] == ["answer 0", "answer 1", "answer 2", "answer 3", "yes"]
    assert again[0] == 200
    assert account.kept(ANA) == ["bot", *["agent:li"] * 5]
    assert account.wechat.calls_of[SEND] == 6, "nothing was tried that WeChat would have refused"


async def test_after_48_hours_an_agent_is_told_at_once_and_what_waited_until_then_stands_as_not_delivered(
    account: Account,
) -> None:
    await account.says(ANA, "I want to talk to a person")
    account.wechat.fail_next(SEND, status=503, times=400)
    first = await account.agent()
    in_time = await account.replies(first, ANA, "just a moment")
    account.house.clock.move_to(account.house.clock.now() + timedelta(hours=48))
    await account.house.sweep()

    later = await account.agent("zhao")
    too_late = await account.replies(later, ANA, "still there?")
    page = (await later.get(f"/desk/talks/{account.desk.customer(ANA)}")).text

    assert (in_time[0], too_late[0]) == (200, 409)
    assert "WeChat takes nothing for them any more" in too_late[1]
    assert "not delivered: the channel&#39;s window is closed" in page
    assert len(account.got(ANA)) == 1, "the bot's"
    assert account.kept(ANA) == ["bot", "agent:li", "window_closed"]


async def test_a_press_in_the_menu_opens_three_messages_for_a_minute(account: Account) -> None:
    browser = await account.agent()
    await account.presses(BEN, "/request_human_agent")

    answers = [await account.replies(browser, BEN, f"answer {number}") for number in range(3)]
    account.house.clock.move_to(account.house.clock.now() + timedelta(minutes=2))
    closed = await account.replies(browser, BEN, "anybody?")
    await account.says(BEN, "yes?")
    opened = await account.replies(browser, BEN, "here I am")

    assert [status for status, _ in answers] == [200, 200, 409]
    assert "WeChat takes only so many messages" in answers[-1][1]
    assert (closed[0], "WeChat takes nothing for them any more" in closed[1]) == (409, True)
    assert opened[0] == 200
    assert account.got(BEN)[1:] == ["answer 0", "answer 1", "here I am"]
    assert account.kept(BEN) == ["bot", *["agent:li"] * 3]
