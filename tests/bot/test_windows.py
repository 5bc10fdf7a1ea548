"""Channels that take so many messages for so long after a customer wrote: none is wasted, none is lost in silence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.desk_actions import ActionRefused, AgentAction, act
from bot.errors import ChannelBusy
from bot.ports import Capabilities, Window
from bot.windows import joined
from crm_store import windows
from crm_store.outbox import outbox as outbox_rows
from flows.replies import Choice, Rendered
from tests.bot.house import House
from tests.bot.sendings import greeted, queue, row_of
from tests.bot.test_counts import COMMITS, STATEMENTS, counting

DAYS_2 = timedelta(hours=48)
LAST = "Just send us a line whenever you like, and we will carry on from there."


@pytest.fixture
async def windowed(house: House) -> House:
    """A house whose channel takes 5 messages for 48 hours after a message, and 3 for a minute after a press."""
    house.channel.capabilities = Capabilities(
        text_limit=4096,
        buttons=False,
        window=Window(lasts=DAYS_2, messages=5),
        event_window=Window(lasts=timedelta(minutes=1), messages=3),
    )
    return house


def remaining(house: House, user: str = "ana") -> int:
    found: int = house.read(windows.find, house.identity(user).id).remaining
    return found


def agent_writes(house: House, text: str = "I'll look", user: str = "ana") -> None:
    wanted = AgentAction("li", "reply", house.identity(user).customer_id, text)
    house.write(act, wanted, now=house.clock.now(), ids=house.ids)


def failures(house: House) -> list[Any]:
    return [entry.data["reason"] for entry in house.entries("message.failed")]


async def test_a_message_opens_the_window_and_its_answer_is_counted_once(windowed: House) -> None:
    windowed.channel.fail_next(*[ChannelBusy("busy", retry_after=timedelta(0))] * 3)
    await windowed.says("ana", "hello")
    for _ in range(5):
        await windowed.later(seconds=10)

    assert len(windowed.channel.sent) == 1, "tried four times, taken once"
    assert remaining(windowed) == 4


async def test_each_message_of_the_customer_opens_it_anew(windowed: House) -> None:
    for _ in range(7):
        assert await windowed.says("ana", "hello")

    assert remaining(windowed) == 4


async def test_several_answers_of_one_turn_are_one_message(windowed: House) -> None:
    answers = await windowed.says("ana", "where is my order? and how many points do I have?")

    assert len(answers) == 1


def test_what_is_joined_keeps_the_choices_that_a_typed_number_means() -> None:
    one = Rendered("One.", (Choice("A", "/a"),), request_contact=True)
    two = Rendered("Two?", (Choice("B", "/b"), Choice("C", "/c")))

    assert joined([one, two, Rendered("Three.")]) == [Rendered("One.\n\nTwo?\n\nThree.", two.buttons, True)]
    assert joined([one]) == [one]
    assert joined([]) == []


async def test_a_receipt_opens_nothing_and_a_press_less_than_a_message(windowed: House) -> None:
    await windowed.says("ana", "hello")
    for _ in range(2):
        agent_writes(windowed)
    await windowed.sweep()
    await windowed.does("ana", "delivered")
    assert remaining(windowed) == 2

    await windowed.hears(windowed.message("ana", kind="payload", payload="/greet"))
    assert remaining(windowed) == 3, "an agent has the conversation; the press opened 3"

    await windowed.says("ana", "hello")
    await windowed.hears(windowed.message("ana", kind="payload", payload="/greet"))
    assert remaining(windowed) == 5, "a press takes nothing of what a message opened"


async def test_the_bot_leaves_the_last_message_to_a_person_and_says_what_to_do(windowed: House) -> None:
    windowed.channel.capabilities = Capabilities(
        text_limit=4096, buttons=False, window=Window(lasts=DAYS_2, messages=2)
    )

    [answer] = await windowed.says("ana", "hello")

    assert answer.endswith(LAST)
    assert remaining(windowed) == 1
    agent_writes(windowed)
    await windowed.sweep()
    assert windowed.channel.texts()[-1] == "I'll look"


async def test_an_answer_that_nothing_takes_any_more_is_recorded_as_failed(windowed: House) -> None:
    windowed.channel.capabilities = Capabilities(
        text_limit=4096, buttons=False, window=Window(lasts=DAYS_2, messages=1)
    )

    assert await windowed.says("ana", "hello") == []

    assert windowed.outbox() == [("reply", "skipped", "budget")]
    assert failures(windowed) == ["budget"]
    assert "message.out" in windowed.kinds(), "what would have been said stands in the history"


async def test_an_answer_that_waited_until_the_window_closed_is_skipped(windowed: House) -> None:
    windowed.channel.fail_next(ChannelBusy("down", retry_after=DAYS_2))
    windowed.channel.capabilities = Capabilities(
        text_limit=4096, buttons=False, window=Window(lasts=timedelta(minutes=5), messages=5)
    )
    await windowed.says("ana", "hello")

    await windowed.later(hours=49)

    assert windowed.channel.sent == []
    assert windowed.outbox() == [("reply", "skipped", "window_closed")]
    assert failures(windowed) == ["window_closed"]


async def test_an_agent_is_told_at_once_and_nothing_is_written(windowed: House) -> None:
    await windowed.says("ana", "hello")
    for _ in range(4):
        agent_writes(windowed)
    with pytest.raises(ActionRefused, match=r"no messages are left .* once the customer writes again"):
        agent_writes(windowed)

    await windowed.says("ana", "anybody?")
    agent_writes(windowed)
    windowed.clock.move_to(windowed.clock.now() + DAYS_2)
    with pytest.raises(ActionRefused, match="too long ago that the customer wrote"):
        agent_writes(windowed)

    assert [kind for kind, *_ in windowed.outbox()].count("agent") == 5


async def test_an_agent_on_a_channel_without_windows_is_not_counted(house: House) -> None:
    await house.says("ana", "hello")
    for _ in range(9):
        agent_writes(house)

    assert [kind for kind, *_ in house.outbox()].count("agent") == 9


async def test_care_leaves_two_messages_and_says_why_it_was_not_sent(windowed: House) -> None:
    await greeted(windowed)
    sent = [queue(windowed, f"care {number}", kind="care", rule="no-such-rule") for number in range(4)]
    for _ in range(4):
        await windowed.sweep()

    assert [row_of(windowed, ref).status for ref in sent] == ["sent", "sent", "skipped", "skipped"]
    assert remaining(windowed) == 2
    assert [entry.data["reason"] for entry in windowed.entries("care.skipped")] == ["budget"] * 2


async def test_care_to_somebody_who_never_wrote_there_is_not_sent(windowed: House) -> None:
    able = windowed.channel.capabilities
    windowed.channel.capabilities = Capabilities(text_limit=4096, buttons=False)
    await greeted(windowed)
    windowed.channel.capabilities = able
    ref = queue(windowed, "happy birthday", kind="care")

    await windowed.sweep()

    assert (row_of(windowed, ref).status, row_of(windowed, ref).error) == ("skipped", "window_closed")


async def test_a_window_costs_a_turn_two_statements_and_no_commit(windowed: House) -> None:
    await windowed.says("ana", "hello")

    with counting(windowed.store) as count:
        assert await windowed.says("ana", "hello")

    assert count.commits <= COMMITS
    assert count.statements <= STATEMENTS[windowed.store.writing_engine.dialect.name] + 2
    assert [row.status for row in windowed.rows(outbox_rows)] == ["sent", "sent"]
