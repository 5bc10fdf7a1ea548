"""What Telegram's answers to a sent message mean."""

from __future__ import annotations

import traceback
from datetime import timedelta

import pytest

from bot.channels.telegram.client import build_bot, connect
from bot.channels.telegram.send import TelegramChannel, utf16_length
from bot.channels.telegram.settings import TelegramSettings
from bot.errors import ChannelBusy, ChannelRefused, SettingsError
from bot.messages import Button
from tests.channels.contract import a_reply
from tests.servers.telegram_api import TelegramApi

ANA = "1001"


@pytest.mark.parametrize(
    ("description", "unreachable"),
    [
        ("chat not found", True),
        ("message can't be sent", False),
    ],
)
async def test_what_telegram_will_never_take_is_refused(
    channel: TelegramChannel, telegram: TelegramApi, description: str, unreachable: bool
) -> None:
    telegram.fail_next("sendMessage", status=400, description=f"Bad Request: {description}")

    with pytest.raises(ChannelRefused, match=description[1:]) as refusal:
        await channel.send(a_reply(ANA, "hello"))

    assert refusal.value.unreachable is unreachable


@pytest.mark.parametrize(
    ("fault", "certain"),
    [
        ({"status": 500}, True),
        ({"status": 502}, True),
        ({"status": 401}, True),
        # The work was done and the answer lost, or it was not: nobody can tell.
        ({"drop": True}, False),
        ({"drop": True, "handled": True}, False),
        ({"unreadable": True, "handled": True}, False),
    ],
    ids=str,
)
async def test_what_may_have_arrived_is_told_from_what_has_not(
    channel: TelegramChannel, telegram: TelegramApi, fault: dict[str, object], certain: bool
) -> None:
    telegram.fail_next("sendMessage", **fault)  # type: ignore[arg-type]

    with pytest.raises(ChannelBusy) as busy:
        await channel.send(a_reply(ANA, "hello"))

    assert busy.value.certain is certain


async def test_an_answer_that_never_comes_leaves_it_uncertain(
    telegram: TelegramApi, settings: TelegramSettings
) -> None:
    bot = build_bot(settings.model_copy(update={"answer_within": timedelta(milliseconds=50)}))
    await connect(bot)
    telegram.fail_next("sendMessage", stall=True, handled=True)

    with pytest.raises(ChannelBusy) as busy:
        await TelegramChannel(bot, settings).send(a_reply(ANA, "hello"))
    await bot.shutdown()

    assert not busy.value.certain
    assert len(telegram.sent) == 1


async def test_nobody_listening_means_certainly_not_sent(channel: TelegramChannel, telegram: TelegramApi) -> None:
    await telegram.__aexit__()

    with pytest.raises(ChannelBusy) as busy:
        await channel.send(a_reply(ANA, "hello"))

    assert busy.value.certain


async def test_the_name_of_a_sent_message_is_the_one_that_a_press_on_it_carries(
    channel: TelegramChannel, telegram: TelegramApi
) -> None:
    name = await channel.send(a_reply(ANA, "hello", buttons=(Button("是", "yes"),)))

    assert name == f"{ANA}:{telegram.sent[0].message_id}"


async def test_a_payload_over_64_bytes_is_refused_with_its_size(channel: TelegramChannel) -> None:
    with pytest.raises(ChannelRefused, match=r"66 bytes.*takes 64"):
        await channel.send(a_reply(ANA, "哪一单？", buttons=(Button("这单", "单" * 22),)))


async def test_an_emoji_counts_as_telegram_counts_it(channel: TelegramChannel, telegram: TelegramApi) -> None:
    await channel.send(a_reply(ANA, "😀" * 2048))

    with pytest.raises(ChannelRefused, match="4098 UTF-16 units"):
        await channel.send(a_reply(ANA, "😀" * 2049))

    assert utf16_length(telegram.sent[0].text) == 4096


async def test_an_empty_text_is_refused_before_it_is_sent(channel: TelegramChannel, telegram: TelegramApi) -> None:
    with pytest.raises(ChannelRefused, match="without text"):
        await channel.send(a_reply(ANA, " \n"))

    assert telegram.calls["sendmessage"] == 0


async def test_asking_for_a_phone_shows_telegrams_own_button_beside_the_choices(
    channel: TelegramChannel, telegram: TelegramApi
) -> None:
    await channel.send(a_reply(ANA, "请分享手机号", buttons=(Button("不用了", "deny"),), request_contact=True))

    (sent,) = telegram.sent
    assert sent.asks_contact
    assert sent.buttons == [("不用了", None)]


async def test_a_rejected_token_is_named_with_its_mend_and_not_shown(
    telegram: TelegramApi, settings: TelegramSettings
) -> None:
    bot = build_bot(settings)
    telegram.token = "7000000001:AAanother-token-altogether-0000000000000"

    with pytest.raises(SettingsError, match=r"SHUKE_TELEGRAM_TOKEN.*BotFather") as refusal:
        await connect(bot)
    await bot.shutdown()

    shown = "".join(traceback.format_exception(refusal.value))
    assert settings.token.get_secret_value() not in shown


async def test_a_start_without_a_network_is_a_start(telegram: TelegramApi, settings: TelegramSettings) -> None:
    telegram.fail_next("getMe", drop=True)
    bot = build_bot(settings)

    await connect(bot)
    name = await TelegramChannel(bot, settings).send(a_reply(ANA, "hello"))
    await bot.shutdown()

    assert name
