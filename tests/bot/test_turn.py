"""A message's way from its receipt to its answer: once, in its order, in its language."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.desk_actions import AgentAction, act
from bot.turn import FIRST_REST
from crm_store import switches
from crm_store.identities import identities
from flows.actions import REGISTERED
from tests.bot.house import House


async def test_a_message_delivered_twice_is_answered_once(house: House) -> None:
    first = await house.says("ana", "hello", id="m-1")
    again = await house.says("ana", "hello", id="m-1")

    assert len(first) == 1
    assert again == []
    assert house.inbox() == [("m-1", "done", 0)]


async def test_a_message_delivered_twenty_times_at_once_is_answered_once(house: House) -> None:
    await asyncio.gather(*(house.intake(house.message("ana", "hello", id="m-1")) for _ in range(20)))
    await house.quiet()

    assert len(house.channel.sent) == 1
    assert house.kinds(events_only=False).count("message.in") == 1
    assert len(house.rows(identities)) == 1


async def test_thirty_messages_at_once_are_answered_in_their_order_while_others_are_served(house: House) -> None:
    order: list[str] = []
    understand, others_served = house.understand, asyncio.Event()

    async def noting(text: str, **how: Any) -> Any:
        if text.startswith("ana"):
            await others_served.wait()
        order.append(text)
        if len(order) == 60:
            others_served.set()
        return await understand(text, **how)

    house.understand = noting
    said = [f"{user} says {number}" for number in range(30) for user in ("ana", "bo", "chen")]

    await asyncio.gather(*(house.intake(house.message(text.split()[0], text)) for text in said))
    await house.quiet()

    for user in ("ana", "bo", "chen"):
        assert [text for text in order if text.startswith(user)] == [text for text in said if text.startswith(user)]
    assert all(status == "done" for _, status, _ in house.inbox())


async def test_two_workers_on_one_store_never_take_a_turn_twice(house: House) -> None:
    other = house.beside("there")
    heard: list[str] = []
    understand = house.understand

    async def noting(text: str, **how: Any) -> Any:
        heard.append(text)
        await asyncio.sleep(0)
        return await understand(text, **how)

    house.understand = other.understand = noting
    messages = [house.message(user, "hello") for _ in range(10) for user in ("ana", "bo", "chen")]

    await asyncio.gather(
        *((house, other)[number % 2].intake(message) for number, message in enumerate(messages)),
        house.worker.sweep(),
        other.worker.sweep(),
    )
    await asyncio.gather(house.quiet(), other.quiet())

    assert len(heard) == 30
    assert len({message.id for message in house.channel.sent}) == len(house.channel.sent) == 30


async def test_a_worker_whose_message_was_taken_leaves_it_and_what_comes_behind(house: House) -> None:
    other = house.beside("there")
    understand, woken = house.understand, asyncio.Event()

    async def dreaming(text: str, **how: Any) -> Any:
        await woken.wait()
        return await understand(text, **how)

    house.understand = dreaming
    await house.intake(house.message("ana", "hello"))
    await other.later(seconds=61)  # the lease is over, and another takes the message
    woken.set()
    await house.quiet()

    assert len(house.channel.sent) == 1
    assert house.inbox() == [("ana-1", "done", 0)]
    assert len(await other.says("ana", "hello")) == 1  # and the conversation is free


class Broken(Exception):
    pass


async def test_a_turn_that_fails_rests_twice_as_long_each_time_and_is_tried_again(house: House) -> None:
    understand = house.understand
    failures = [Broken(), Broken()]

    async def failing(text: str, **how: Any) -> Any:
        if failures:
            raise failures.pop()
        return await understand(text, **how)

    house.understand = failing
    await house.says("ana", "hello")
    await house.later(seconds=FIRST_REST.total_seconds() - 0.1)
    assert house.inbox() == [("ana-1", "open", 1)]

    await house.later(seconds=0.2)
    assert house.inbox() == [("ana-1", "open", 2)]
    await house.later(seconds=1.9)
    assert house.inbox() == [("ana-1", "open", 2)]

    await house.later(seconds=0.2)
    assert house.inbox() == [("ana-1", "done", 2)]
    assert len(house.channel.sent) == 1


async def _after_five_attempts(house: House) -> None:
    for _ in range(5):
        await house.later(seconds=60)


async def test_a_message_that_cannot_be_understood_goes_to_a_person_and_those_behind_it_go_on(house: House) -> None:
    understand = house.understand

    async def failing(text: str, **how: Any) -> Any:
        if text == "where is my order":
            raise Broken
        return await understand(text, **how)

    house.understand = failing
    await house.says("ana", "where is my order")
    await house.says("ana", "hello")
    await _after_five_attempts(house)

    assert house.inbox() == [("ana-1", "dead", 5), ("ana-2", "done", 0)]
    assert house.talk("ana").owner == "queue"
    assert [row.data["reason"] for row in house.entries("handoff.requested")] == ["error"]
    [apology] = house.channel.texts()
    assert "colleague" in apology
    assert [row.text for row in house.entries("message.out")] == [apology]


async def test_an_action_that_always_fails_undoes_all_it_did_and_gives_the_message_to_a_person(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(self: Any, act: Any, context: Any) -> Any:
        context.record("points.spent", {"points": 100})
        raise Broken

    monkeypatch.setattr(type(REGISTERED), "run", run)
    await house.says("ana", "I want to talk to a person")
    await _after_five_attempts(house)

    assert house.inbox() == [("ana-1", "dead", 5)]
    assert house.talk("ana").owner == "queue"
    assert house.entries("points.spent") == []
    assert len(house.channel.sent) == 1


async def test_a_failing_turn_of_an_agents_customer_says_nothing(house: House) -> None:
    await house.says("ana", "hello")
    house.take("li", "ana")
    house.channel.sent.clear()

    async def failing(text: str, **how: Any) -> Any:
        raise Broken

    house.understand = failing
    await house.says("ana", "and now?")
    await _after_five_attempts(house)

    assert house.inbox()[-1] == ("ana-2", "dead", 5)
    assert house.channel.sent == []
    assert house.talk("ana").owner == "agent:li"


@pytest.mark.parametrize(
    ("text", "platform", "expected"),
    [
        ("你好", None, "zh"),
        ("hello", None, "en"),
        ("hello", "zh-hans", "en"),
        ("👍", "zh-hans", "zh"),
        ("👍", "en-gb", "en"),
        ("👍", "fr", "zh"),
        ("👍", None, "zh"),
    ],
)
async def test_the_answer_is_in_the_language_spoken_else_the_platforms_else_the_shops(
    house: House, text: str, platform: str | None, expected: str
) -> None:
    [answer] = await house.says("ana", text, language=platform)

    assert ("zh" if any("\u4e00" <= character <= "\u9fff" for character in answer) else "en") == expected


async def test_the_language_last_spoken_is_kept_for_what_has_no_words(house: House) -> None:
    await house.says("ana", "hello", language="zh-hans")

    await house.hears(house.message("ana", kind="payload", payload="/ask_points_balance", language="zh-hans"))

    assert house.channel.texts()[-1].isascii() or "’" in house.channel.texts()[-1]


async def test_an_edited_message_is_answered_as_a_new_one(house: House) -> None:
    first = await house.says("ana", "helo", id="7:1")
    edited = await house.says("ana", "hello", id="7:1:1767574900", data={"edited": True, "message": "7:1"})

    assert len(first) == len(edited) == 1
    assert house.entries("message.in")[1].data == {"edited": True, "message": "7:1"}


async def test_while_an_agent_has_the_conversation_the_bot_is_silent_and_remembers(house: House) -> None:
    await house.says("ana", "hello")
    house.take("li", "ana")

    answers = await house.says("ana", "where is my order A10001")

    assert answers == []
    last = house.entries("message.in")[-1]
    assert last.text == "where is my order A10001"


async def test_a_paused_bot_says_nothing_and_gives_customers_to_people(house: House) -> None:
    house.write(switches.pause, "bot", now=house.clock.now(), by="user:test")

    assert await house.says("ana", "hello") == []
    assert house.talk("ana").owner == "queue"
    assert [row.data["reason"] for row in house.entries("handoff.requested")] == ["bot_paused"]


async def test_in_the_queue_the_customer_may_change_their_mind(house: House) -> None:
    await house.says("ana", "I want to talk to a person")
    silent = await house.says("ana", "hello")

    answers = await house.says("ana", "never mind, cancel")

    assert silent == []
    assert len(answers) == 1
    assert house.talk("ana").owner == "bot"


@pytest.mark.parametrize("action", ["take", "resolve"])
async def test_who_steps_in_while_a_message_is_understood_is_not_overruled(house: House, action: str) -> None:
    await house.says("ana", "where is my order")  # asks which
    customer, understand = house.identity("ana").customer_id, house.understand

    async def stepping_in(text: str, **how: Any) -> Any:
        wanted = AgentAction("li", action, customer)
        await house.store.run(act, wanted, now=house.clock.now(), ids=house.ids)
        return await understand(text, **how)

    house.understand = stepping_in
    answers = await house.says("ana", "thanks")

    talk = house.talk("ana")
    assert (talk.owner, bool(answers)) == (("agent:li", False) if action == "take" else ("bot", True))
    if action == "resolve":
        assert talk.state["dialogue"]["stack"] == []  # the question went with the conversation that was closed
