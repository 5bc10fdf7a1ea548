"""WeChat's answers become decisions: refused for good, or busy until later; and no secret is told."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from bot.channels.wechat.client import WechatClient, decision
from bot.channels.wechat.send import WechatChannel
from bot.errors import ChannelBusy, ChannelError, ChannelRefused, SettingsError
from crm_store.ports import VirtualClock
from crm_store.unit_of_work import Store
from tests.channels.contract import a_reply
from tests.channels.wechat.conftest import ANA, settings_for
from tests.servers.wechat_api import SEND, TOKEN, WechatApi

pytestmark = pytest.mark.parametrize("mode", ["aes"], indirect=True)


@pytest.fixture(autouse=True)
def ana_has_written(wechat: WechatApi) -> None:
    wechat.did(ANA, "message")


async def failure(channel: WechatChannel, *, to: str = ANA, text: str = "您好") -> ChannelError:
    with pytest.raises(ChannelError) as failed:
        await channel.send(a_reply(to, text))
    return failed.value


async def test_chinese_and_quotes_arrive_as_they_are(channel: WechatChannel, wechat: WechatApi) -> None:
    text = '您的单号 "A10293"\n已发出 \\u4e2d 😀'

    await channel.send(a_reply(ANA, text))

    assert wechat.sent == [(ANA, text)]


@pytest.mark.parametrize(
    ("code", "reason", "unreachable"),
    [
        (40003, "no such customer", True),
        (43004, "does not follow", True),
        (48002, "takes no messages", True),
        (45015, "window_closed: ", False),
        (45047, "window_closed: ", False),
        (48001, "may not send", False),
        (45002, "too long", False),
        (99999, "wechat refused (error 99999)", False),
    ],
)
async def test_what_wechat_will_never_take_is_refused(
    channel: WechatChannel, wechat: WechatApi, code: int, reason: str, unreachable: bool
) -> None:
    wechat.fail_next(SEND, code=code)

    refused = await failure(channel)

    assert isinstance(refused, ChannelRefused)
    assert reason in str(refused)
    assert str(code) in str(refused)
    assert refused.unreachable == unreachable


@pytest.mark.parametrize(
    ("code", "wait"),
    [
        (-1, timedelta(seconds=5)),
        (45011, timedelta(minutes=1)),
        (45009, timedelta(minutes=10)),
        (40164, timedelta(minutes=5)),
    ],
)
async def test_what_wechat_takes_later_is_tried_again(
    channel: WechatChannel, wechat: WechatApi, code: int, wait: timedelta
) -> None:
    wechat.fail_next(SEND, code=code)

    busy = await failure(channel)

    assert isinstance(busy, ChannelBusy)
    assert (busy.retry_after, busy.certain) == (wait, True)
    assert wechat.sent == []


@pytest.mark.parametrize(
    "fault", [{"status": 502}, {"drop": True}, {"drop": True, "handled": True}, {"unreadable": True}], ids=str
)
async def test_what_may_have_arrived_is_told_from_what_has_not(
    channel: WechatChannel, wechat: WechatApi, fault: dict[str, Any]
) -> None:
    wechat.fail_next(SEND, **fault)

    busy = await failure(channel)

    assert isinstance(busy, ChannelBusy)
    assert not busy.certain


@pytest.mark.parametrize("fault", [{"status": 502}, {"drop": True}, {"unreadable": True}, {"code": -1}], ids=str)
async def test_without_a_token_the_message_has_certainly_not_left(
    channel: WechatChannel, wechat: WechatApi, fault: dict[str, Any]
) -> None:
    wechat.fail_next(TOKEN, **fault)

    busy = await failure(channel)
    await channel.send(a_reply(ANA, "您好"))

    assert isinstance(busy, ChannelBusy)
    assert busy.certain
    assert wechat.sent == [(ANA, "您好")]


async def test_an_answer_that_never_comes_leaves_it_uncertain(
    wechat: WechatApi, store: Store, clock: VirtualClock
) -> None:
    channel = WechatChannel(WechatClient(settings_for(wechat, answer_within=0.1), store, clock, by="here"))
    await channel.start()
    wechat.fail_next(SEND, stall=True)

    busy = await failure(channel)

    await channel.stop()
    assert isinstance(busy, ChannelBusy)
    assert not busy.certain


async def test_a_start_without_a_network_is_a_start(wechat: WechatApi, store: Store, clock: VirtualClock) -> None:
    nowhere = settings_for(wechat, api_base_url="http://127.0.0.1:1")
    channel = WechatChannel(WechatClient(nowhere, store, clock, by="here"))

    await channel.start()
    busy = await failure(channel)

    await channel.stop()
    assert isinstance(busy, ChannelBusy)
    assert busy.certain


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"app_secret": SecretStr("canary0123456789abcdef0123456789")}, "SHUKE_WECHAT_APP_SECRET: WeChat rejects it"),
        ({"app_id": "wxcanary"}, "wechat.app_id: WeChat knows no such account"),
    ],
)
async def test_rejected_credentials_are_named_with_their_mend_and_not_shown(
    wechat: WechatApi, store: Store, clock: VirtualClock, wrong: dict[str, Any], named: str
) -> None:
    channel = WechatChannel(WechatClient(settings_for(wechat, **wrong), store, clock, by="here"))

    with pytest.raises(SettingsError) as refused:
        await channel.start()
    later = await failure(channel)

    await channel.stop()
    assert str(refused.value).startswith(named)
    assert isinstance(later, ChannelBusy), "who runs already keeps the messages until it is mended"
    assert "canary" not in str(refused.value) + str(later)


async def test_five_messages_pass_in_a_window_and_then_it_is_closed(
    channel: WechatChannel, wechat: WechatApi, clock: VirtualClock
) -> None:
    window = channel.capabilities.window
    assert window is not None

    for number in range(window.messages):
        await channel.send(a_reply(ANA, f"{number}"))
    used_up = await failure(channel)
    wechat.did(ANA, "message")
    clock.move_to(clock.now() + window.lasts)
    too_late = await failure(channel)

    assert [str(one).partition(":")[0] for one in (used_up, too_late)] == ["window_closed", "window_closed"]
    assert not used_up.unreachable  # type: ignore[attr-defined]


async def test_a_follow_opens_the_way_for_three_messages_and_a_minute(
    channel: WechatChannel, wechat: WechatApi, clock: VirtualClock
) -> None:
    window = channel.capabilities.event_window
    assert window is not None
    wechat.did("openid-new", "subscribe")

    for number in range(window.messages):
        await channel.send(a_reply("openid-new", f"{number}"))

    assert "window_closed" in str(await failure(channel, to="openid-new"))
    wechat.did("openid-new", "subscribe")
    clock.move_to(clock.now() + window.lasts)
    assert "window_closed" in str(await failure(channel, to="openid-new"))


async def test_an_empty_text_is_refused_before_it_is_sent(channel: WechatChannel, wechat: WechatApi) -> None:
    assert "without text" in str(await failure(channel, text=" \n"))
    assert wechat.calls_of[SEND] == 0


async def test_no_log_and_no_error_has_the_token_the_secret_or_the_words(
    channel: WechatChannel, wechat: WechatApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told = []
    for fault in ({"code": 99999}, {"status": 500}, {"drop": True}, {"unreadable": True}, {"code": 40001}):
        wechat.fail_next(SEND, **fault)  # type: ignore[arg-type]
        try:
            await channel.send(a_reply(ANA, "canary words"))
        except ChannelError as exc:
            told.append(f"{exc!r} {exc.__cause__!r}")

    shown = caplog.text + "".join(told)
    assert len(told) == 4
    assert not any(secret in shown for secret in ("access-token-of-the", wechat.app_secret, "canary", ANA))


def test_every_decision_names_its_code() -> None:
    for code in (-1, 40001, 45015, 45047, 48002, 1, 2**40):
        assert f"(error {code})" in str(decision(code))
