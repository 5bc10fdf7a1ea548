"""What the desk can't do it says why, in the language of whoever asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest

from bot.desk_actions import Why
from bot.ports import Capabilities, Window
from desk.words import LANGUAGES, texts_of
from tests.bot.test_desk_actions import open_ticket
from tests.desk.desks import Browser, DeskHouse

ASKS = "I want to talk to a person"
OF_THE_STORE = ("not_now", "not_yours", "no_ticket", "ticket_elsewhere")
TWO_IN_6_HOURS = Capabilities(text_limit=4096, buttons=False, window=Window(lasts=timedelta(hours=6), messages=2))


async def replies(browser: Browser, customer: str, text: str = "hi") -> tuple[int, str]:
    answer = await browser.post(f"/desk/talks/{customer}/reply", part=True, text=text)
    return answer.status_code, answer.text


@pytest.fixture
async def windowed(desk: DeskHouse) -> DeskHouse:
    """A desk whose channel takes two messages in the 6 hours after a customer's; the bot has sent one."""
    desk.house.channel.capabilities = TWO_IN_6_HOURS
    await desk.house.says("ana", ASKS)
    return desk


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("why", [*get_args(Why), *OF_THE_STORE])
def test_each_reason_has_its_words_in_each_language(language: str, why: str) -> None:
    assert f"wrong.{why}" in texts_of(language)


@pytest.mark.parametrize(
    ("language", "full", "closed"),
    [
        ("en", "Telegram takes only so many messages", "Telegram takes nothing for them any more"),
        ("zh", "Telegram只让发几条", "Telegram已经不让发了"),
    ],
)
async def test_an_agent_reads_that_the_platform_takes_nothing_more_and_why(
    windowed: DeskHouse, language: str, full: str, closed: str
) -> None:
    windowed.add("li")
    browser = windowed.browser(**{"accept-language": language})
    await browser.sign_in("li")
    customer = windowed.customer("ana")

    first = await replies(browser, customer)
    second = await replies(browser, customer)
    windowed.house.clock.move_to(windowed.now + timedelta(hours=7))
    third = await replies(browser, customer)

    assert (first[0], second[0], third[0]) == (200, 409, 409)
    assert full in second[1]
    assert closed in third[1]
    assert [kind for kind, *_ in windowed.house.outbox()].count("agent") == 1


async def test_who_gives_away_what_the_bot_has_is_told_to_take_it_first(desk: DeskHouse) -> None:
    await desk.house.says("ana", "hello")
    browser = await desk.agent("li")

    answer = await browser.post(f"/desk/talks/{desk.customer('ana')}/return", part=True)

    assert (answer.status_code, "Take it first" in answer.text) == (409, True)


async def test_a_case_that_is_done_is_said_to_be(desk: DeskHouse) -> None:
    await desk.house.says("ana", ASKS)
    number = open_ticket(desk.house)
    browser = await desk.agent("li")
    page = f"/desk/talks/{desk.customer('ana')}/resolve"

    await browser.post(page, part=True, ticket=number)
    again = await browser.post(page, part=True, ticket=number)
    unknown = await browser.post(page, part=True, ticket="T-0")

    assert (again.status_code, f"Case {number} is resolved already" in again.text) == (409, True)
    assert (unknown.status_code, "This customer has no case T-0" in unknown.text) == (409, True)


@pytest.mark.parametrize(
    ("text_limit", "text_unit", "count"), [(4096, "utf16", 1), (2048, "utf8", 5), (1500, "utf16", 2)]
)
async def test_a_reply_is_cut_by_what_its_own_channel_takes(
    desk: DeskHouse, text_limit: int, text_unit: str, count: int
) -> None:
    able = replace(desk.house.channel.capabilities, text_limit=text_limit, text_unit=text_unit)
    desk.channels["telegram"] = able
    await desk.house.says("ana", ASKS)
    browser = await desk.agent("li")
    long = "您好。" * 1_000

    answered = await replies(browser, desk.customer("ana"), long)

    assert answered[0] == 200
    sent = [row.text for row in desk.house.entries("message.out") if row.by == "agent:li"]
    assert len(sent) == count
    assert "".join(sent) == long
