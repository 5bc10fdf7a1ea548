"""All processes send by one token, and one of them at a time asks for the next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.channels.wechat.client import WechatClient
from bot.channels.wechat.send import WechatChannel
from bot.channels.wechat.token import ASKING_TAKES, SOMEBODY_ASKS
from bot.errors import ChannelBusy
from crm_store import access_tokens
from crm_store.ports import VirtualClock
from crm_store.unit_of_work import Store
from tests.channels.contract import a_reply
from tests.channels.wechat.conftest import ANA, settings_for
from tests.servers.databases import open_store
from tests.servers.wechat_api import LASTS, SEND, TOKEN, WechatApi

pytestmark = pytest.mark.parametrize("mode", ["aes"], indirect=True)


@pytest.fixture
def store(empty_store: Store) -> Store:
    return empty_store


@pytest.fixture
async def other(wechat: WechatApi, store: Store, clock: VirtualClock) -> AsyncIterator[WechatChannel]:
    """Another process on the same database."""
    its_store = open_store(store.url)
    client = WechatClient(settings_for(wechat), its_store, clock, by="elsewhere")
    yield WechatChannel(client)
    await client.stop()
    its_store.close()


@pytest.fixture(autouse=True)
def ana_writes_often(wechat: WechatApi, clock: VirtualClock) -> None:
    wechat.did(ANA, "message")


async def send(channel: WechatChannel, wechat: WechatApi) -> None:
    wechat.did(ANA, "message")
    await channel.send(a_reply(ANA, "您好"))


async def test_two_processes_ask_once_and_send_by_the_same_token(
    channel: WechatChannel, other: WechatChannel, wechat: WechatApi
) -> None:
    for one in (channel, other, channel, other):
        await send(one, wechat)

    assert wechat.calls_of[TOKEN] == 1
    assert len(wechat.sent) == 4


async def test_many_messages_at_once_ask_once(channel: WechatChannel, wechat: WechatApi) -> None:
    await asyncio.gather(*(channel.send(a_reply(ANA, str(number))) for number in range(5)))

    assert wechat.calls_of[TOKEN] == 1
    assert len(wechat.sent) == 5


async def test_it_is_renewed_before_it_ends_by_whoever_needs_it_first(
    channel: WechatChannel, other: WechatChannel, wechat: WechatApi, clock: VirtualClock
) -> None:
    await send(channel, wechat)
    await send(other, wechat)

    clock.move_to(clock.now() + LASTS - timedelta(minutes=3))
    await send(other, wechat)
    await send(channel, wechat)
    clock.move_to(clock.now() + timedelta(minutes=4))  # the first one has ended
    await send(channel, wechat)
    await send(other, wechat)

    assert wechat.calls_of[TOKEN] == 2
    assert wechat.calls_of[SEND] == len(wechat.sent) == 6
    assert wechat.forced == 0


async def test_a_token_that_somebody_else_ended_is_replaced_and_the_message_sent_once(
    channel: WechatChannel, other: WechatChannel, wechat: WechatApi
) -> None:
    await send(channel, wechat)
    await send(other, wechat)

    wechat.force_a_new_token()
    await send(channel, wechat)
    await send(other, wechat)

    assert wechat.calls_of[TOKEN] == 2, "the second process found the first one's"
    assert wechat.forced == 1, "by somebody else, and not by us"
    assert len(wechat.sent) == 4


async def test_where_wechat_gives_the_rejected_token_again_a_new_one_is_forced(
    channel: WechatChannel, wechat: WechatApi
) -> None:
    await send(channel, wechat)

    wechat.reject_tokens()
    await send(channel, wechat)

    assert wechat.forced == 1
    assert len(wechat.sent) == 2


async def test_a_token_rejected_twice_is_not_asked_for_without_end(channel: WechatChannel, wechat: WechatApi) -> None:
    await send(channel, wechat)
    wechat.fail_next(SEND, code=42001, times=2)

    with pytest.raises(ChannelBusy, match="rejects the access token") as busy:
        await send(channel, wechat)

    assert busy.value.retry_after == timedelta(minutes=5)
    assert wechat.forced == 1


async def test_while_another_process_asks_the_message_waits_a_moment(
    channel: WechatChannel, wechat: WechatApi, store: Store, clock: VirtualClock
) -> None:
    now = clock.now()
    store.run_now(
        access_tokens.hold, "wechat", wechat.app_id, by="dead", now=now, until=now + ASKING_TAKES, needed_until=now
    )

    with pytest.raises(ChannelBusy, match="another process") as busy:
        await send(channel, wechat)
    clock.move_to(now + ASKING_TAKES)  # it has died over it
    await send(channel, wechat)

    assert (busy.value.retry_after, busy.value.certain) == (SOMEBODY_ASKS, True)
    assert len(wechat.sent) == 1


async def test_who_was_given_none_lets_the_next_one_ask(
    channel: WechatChannel, other: WechatChannel, wechat: WechatApi
) -> None:
    wechat.fail_next(TOKEN, status=500)

    with pytest.raises(ChannelBusy):
        await send(channel, wechat)
    await send(other, wechat)

    assert len(wechat.sent) == 1


async def test_who_comes_back_too_late_does_not_overwrite_the_newer_token(store: Store, clock: VirtualClock) -> None:
    now, later = clock.now(), clock.now() + ASKING_TAKES
    for by, at in (("slow", now), ("quick", later)):
        held = store.run_now(
            access_tokens.hold, "wechat", "wx1", by=by, now=at, until=at + ASKING_TAKES, needed_until=at
        )
        assert held.to_renew

    for by in ("quick", "slow"):
        store.run_now(access_tokens.keep, "wechat", "wx1", by=by, token=f"{by}'s", expires_at=later + LASTS)

    held = store.run_now(access_tokens.hold, "wechat", "wx1", by="any", now=later, until=later, needed_until=later)
    assert (held.token, held.to_renew) == ("quick's", False)
