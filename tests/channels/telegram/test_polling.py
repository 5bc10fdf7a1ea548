"""Polling acknowledges what is stored, and nothing else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import pytest

from tests.channels.inbox import Inbox
from tests.servers.telegram_api import TelegramApi

ANA, LI = 1001, 1002
Start = Callable[[], None]


async def test_an_update_is_confirmed_only_after_it_is_stored(
    telegram: TelegramApi, inbox: Inbox, polling: Start
) -> None:
    inbox.gate = asyncio.Event()
    telegram.customer_says(ANA, "在吗")

    polling()
    await inbox.wait_until_waiting(1)
    pending_while_storing = len(telegram.pending)
    polls_while_storing = telegram.calls["getupdates"]
    inbox.gate.set()
    await telegram.wait_until_confirmed()

    assert (pending_while_storing, polls_while_storing) == (1, 1)
    assert [message.text for message in inbox.messages] == ["在吗"]


async def test_what_could_not_be_stored_is_given_again_and_keeps_its_order(
    telegram: TelegramApi, inbox: Inbox, polling: Start
) -> None:
    inbox.refuse_next = 3
    for text in ("一", "二", "三"):
        telegram.customer_says(ANA, text)

    polling()
    await telegram.wait_until_confirmed()

    assert [message.text for message in inbox.messages] == ["一", "二", "三"]


async def test_one_customers_trouble_does_not_hold_up_another(
    telegram: TelegramApi, inbox: Inbox, polling: Start
) -> None:
    inbox.gate = asyncio.Event()
    telegram.customer_says(ANA, "一")
    telegram.customer_says(ANA, "二")
    telegram.customer_says(LI, "hello")

    polling()
    # Two customers at once, and the second message of the first one not before the first.
    await inbox.wait_until_waiting(2)
    inbox.gate.set()
    messages = await inbox.wait_for(3)

    assert [message.text for message in messages if message.user_id == str(ANA)] == ["一", "二"]


async def test_a_malformed_update_hides_none_of_its_batch(
    telegram: TelegramApi, inbox: Inbox, polling: Start, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    telegram.customer_says(ANA, "before")
    telegram.raw_update({"message": {"text": "canary sentence", "chat": 7}})
    telegram.customer_says(ANA, "after")

    polling()
    await telegram.wait_until_confirmed()

    assert [message.text for message in inbox.messages] == ["before", "after"]
    assert "canary sentence" not in caplog.text


async def test_ids_that_start_anew_below_the_last_are_still_read(
    telegram: TelegramApi, inbox: Inbox, polling: Start
) -> None:
    telegram.restart_update_ids(900_000_000)
    telegram.customer_says(ANA, "before the quiet week")
    polling()
    await telegram.wait_until_confirmed()
    telegram.end_polls()
    await telegram.wait_until(lambda: telegram.calls["getupdates"] >= 3)

    telegram.restart_update_ids(17)
    telegram.customer_says(ANA, "after it")
    await telegram.wait_until_confirmed()

    assert [message.text for message in inbox.messages] == ["before the quiet week", "after it"]


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 502, "description": "Bad Gateway"},
        {"status": 409, "description": "Conflict: terminated by other getUpdates request"},
        {"status": 401, "description": "Unauthorized"},
        {"drop": True},
        {"drop": True, "handled": True},
        {"unreadable": True},
    ],
    ids=str,
)
async def test_a_failing_poll_is_asked_again(
    telegram: TelegramApi, inbox: Inbox, polling: Start, fault: dict[str, object]
) -> None:
    telegram.fail_next("getUpdates", times=2, **fault)  # type: ignore[arg-type]
    telegram.customer_says(ANA, "在吗")

    polling()
    await telegram.wait_until_confirmed()

    assert [message.text for message in inbox.messages] == ["在吗"]


async def test_a_webhook_left_over_is_taken_away_first(telegram: TelegramApi, inbox: Inbox, polling: Start) -> None:
    telegram.webhook = {"url": "https://shop.example/hooks/telegram"}
    telegram.fail_next("deleteWebhook", status=500)
    telegram.customer_says(ANA, "在吗")

    polling()

    assert [message.text for message in await inbox.wait_for(1)] == ["在吗"]
    assert telegram.webhook == {}


async def test_a_pressed_button_stops_spinning(telegram: TelegramApi, inbox: Inbox, polling: Start) -> None:
    pressed = telegram.presses(ANA, "yes")

    polling()
    await telegram.wait_until(lambda: bool(telegram.answered_callbacks))

    assert telegram.answered_callbacks == [pressed["callback_query"]["id"]]


async def test_a_button_receipt_that_fails_stops_nothing(telegram: TelegramApi, inbox: Inbox, polling: Start) -> None:
    telegram.fail_next("answerCallbackQuery", status=400, description="Bad Request: query is too old")
    telegram.presses(ANA, "yes")

    polling()
    await telegram.wait_until(lambda: telegram.calls["answercallbackquery"] == 1)
    telegram.customer_says(ANA, "还在吗")

    assert [message.kind for message in await inbox.wait_for(2)] == ["payload", "text"]


async def test_an_error_of_the_store_leaves_no_words_in_the_log(
    telegram: TelegramApi, inbox: Inbox, polling: Start, capfd: pytest.CaptureFixture[str]
) -> None:
    inbox.refuse_next = 1
    telegram.customer_says(ANA, "canary sentence")

    polling()
    await telegram.wait_until_confirmed()

    shown = capfd.readouterr()
    assert "inbound.not_stored" in shown.out + shown.err
    assert "canary sentence" not in shown.out + shown.err
