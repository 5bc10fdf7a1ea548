"""Customers become one, or two again, while one is being answered: nothing is lost, doubled or misdirected."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.errors import ChannelBusy
from crm_store.merging import merge
from crm_store.unmerging import unmerge
from tests.bot.house import LEASE, House

PAIRS = pytest.mark.parametrize(("absorbed", "survivor"), [("ana", "bob"), ("bob", "ana")])
"""It is ana who is being answered; she may become part of bob, or he of her."""


class Held:
    """Holds whatever comes by until it is let go."""

    def __init__(self) -> None:
        self.reached, self.may_go = asyncio.Event(), asyncio.Event()

    async def __call__(self, *_: Any, **__: Any) -> None:
        self.reached.set()
        await self.may_go.wait()


@pytest.fixture
async def both(house: House) -> House:
    """A house in which ana and bob have been greeted."""
    for user in ("ana", "bob"):
        await house.says(user, "hello")
    return house


def who(house: House, user: str) -> str:
    return str(house.identity(user).customer_id)


def join(house: House, absorbed: str, survivor: str) -> int:
    number: int = house.write(
        merge, who(house, absorbed), who(house, survivor), evidence="agent", by="agent:mei", now=house.clock.now()
    )
    return number


def part(house: House, number: int) -> None:
    house.write(unmerge, number, by="agent:mei", now=house.clock.now(), ids=house.ids)


async def hold_the_sending(house: House) -> Held:
    """Let ana speak, and stop where her answer is with the platform."""
    held = Held()
    house.channel.gate = held
    await house.intake(house.message("ana", "where is my order?"))
    await held.reached.wait()
    return held


async def hold_the_turn(house: House, text: str = "where is my order?") -> Held:
    """Let ana speak, and stop where her words are being understood."""
    held, understand = Held(), house.understand

    async def slowly(heard: str, **how: Any) -> Any:
        if heard == text:
            await held()
        return await understand(heard, **how)

    house.understand = slowly
    await house.intake(house.message("ana", text))
    await held.reached.wait()
    return held


async def let_go(house: House, held: Held) -> None:
    house.channel.gate = None
    held.may_go.set()
    await house.quiet()


def answered_once(house: House, *users: str) -> None:
    """Each has had a greeting, and those named one answer more; nothing is open, nothing on its way."""
    expected = sorted(["ana", "bob", *users])
    assert sorted(one.recipient for one in house.channel.sent) == expected
    assert {status for _, status, _ in house.inbox()} == {"done"}
    assert {status for _, status, _ in house.outbox()} == {"sent"}
    for user in ("ana", "bob"):
        assert house.talk(user).lease_until is None, "whoever was at work has let go"


def of(house: House, user: str, kind: str) -> list[Any]:
    """Return the entries of a kind by an identity, with whose they are."""
    identity = house.identity(user).id
    return [entry for entry in house.entries(kind) if entry.identity_id == identity]


@PAIRS
async def test_an_answer_that_is_leaving_as_they_become_one_reaches_who_asked_once(
    both: House, absorbed: str, survivor: str
) -> None:
    held = await hold_the_sending(both)

    join(both, absorbed, survivor)
    await let_go(both, held)

    answered_once(both, "ana")
    assert {entry.customer_id for entry in of(both, "ana", "message.out")} == {who(both, survivor)}
    assert len(of(both, "ana", "message.out")) == len(of(both, "ana", "message.in")) == 2


@PAIRS
async def test_an_answer_that_is_leaving_as_they_come_apart_reaches_who_asked_once(
    both: House, absorbed: str, survivor: str
) -> None:
    number = join(both, absorbed, survivor)
    held = await hold_the_sending(both)

    part(both, number)
    await let_go(both, held)

    answered_once(both, "ana")
    assert {entry.customer_id for entry in of(both, "ana", "message.out")} == {who(both, "ana")}
    assert len(of(both, "bob", "message.out")) == 1
    await both.says("bob", "hello again")
    answered_once(both, "ana", "bob")


@PAIRS
@pytest.mark.parametrize("comes_apart", [False, True])
async def test_an_answer_that_a_busy_platform_refused_meanwhile_leaves_later_by_the_same_way(
    both: House, absorbed: str, survivor: str, comes_apart: bool
) -> None:
    number = join(both, absorbed, survivor) if comes_apart else 0
    both.channel.fail_next(ChannelBusy("busy", retry_after=timedelta(seconds=5), certain=True))
    held = await hold_the_sending(both)

    if comes_apart:
        part(both, number)
    else:
        join(both, absorbed, survivor)
    await let_go(both, held)
    assert len(both.channel.sent) == 2
    await both.later(seconds=6)

    answered_once(both, "ana")


@PAIRS
async def test_a_turn_that_is_being_taken_as_they_become_one_is_finished_in_the_talk_of_both(
    both: House, absorbed: str, survivor: str
) -> None:
    held = await hold_the_turn(both)
    before = both.talk("ana")

    join(both, absorbed, survivor)
    joint = both.talk("ana")
    await let_go(both, held)

    assert (joint.lease_owner, joint.lease_until) == (before.lease_owner, before.lease_until)
    assert joint.lease_owner == "here"
    assert both.talk("bob").id == joint.id
    answered_once(both, "ana")
    assert len(of(both, "ana", "message.in")) == 2


@PAIRS
async def test_a_turn_that_is_being_taken_as_they_come_apart_keeps_its_own_talk_and_frees_the_others(
    both: House, absorbed: str, survivor: str
) -> None:
    number = join(both, absorbed, survivor)
    held = await hold_the_turn(both)

    part(both, number)
    anas, bobs = both.talk("ana"), both.talk("bob")
    answers = await both.beside("there").says("bob", "hello again")
    await let_go(both, held)

    assert (anas.lease_owner, bobs.lease_owner) == ("here", None)
    assert answers, "he is not held up by her turn"
    answered_once(both, "ana", "bob")
    assert {entry.customer_id for entry in of(both, "ana", "message.out")} == {who(both, "ana")}


@PAIRS
async def test_both_are_answered_whose_turns_were_being_taken_as_they_became_one(
    both: House, absorbed: str, survivor: str
) -> None:
    held = await hold_the_turn(both)
    await both.intake(both.message("bob", "where is my order?"))

    join(both, absorbed, survivor)
    await let_go(both, held)

    answered_once(both, "ana", "bob")


@PAIRS
async def test_what_waited_behind_a_turn_as_they_became_one_is_taken_up_by_it(
    both: House, absorbed: str, survivor: str
) -> None:
    held = await hold_the_turn(both, "hello there")
    await both.intake(both.message("ana", "hello, anybody there?"))
    await both.parts.intake.receive(both.message("bob", "hello again"))

    join(both, absorbed, survivor)
    await let_go(both, held)
    await both.later(seconds=LEASE.total_seconds() + 1)

    answered_once(both, "ana", "ana", "bob")


@PAIRS
@pytest.mark.parametrize("comes_apart", [False, True])
async def test_a_turn_whose_worker_died_before_it_is_taken_up_once_its_lease_is_over(
    both: House, absorbed: str, survivor: str, comes_apart: bool
) -> None:
    number = join(both, absorbed, survivor) if comes_apart else 0
    dead = both.beside("the dead")
    await dead.intake.receive(dead.message("ana", "where is my order?"))  # claimed, and its turn never begun

    if comes_apart:
        part(both, number)
    else:
        join(both, absorbed, survivor)
    assert both.talk("ana").lease_owner == "the dead"
    await both.later(seconds=LEASE.total_seconds())
    assert len(both.channel.sent) == 2
    await both.later(milliseconds=1)

    answered_once(both, "ana")


async def test_an_answer_whose_sender_died_is_sent_again_by_the_way_that_asked_though_they_are_one_now(
    both: House,
) -> None:
    held = await hold_the_sending(both)
    both.channel.tried.clear()
    after = both.beside("after", channel=both.channel)
    both.channel.gate = None

    join(both, "ana", "bob")
    await after.later(seconds=LEASE.total_seconds() + 1)

    assert [one.recipient for one in both.channel.tried] == ["ana"]
    held.may_go.set()
    await both.quiet()
    assert {status for _, status, _ in both.outbox()} == {"sent"}
