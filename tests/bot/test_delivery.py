"""The outbox's way out: try again, in order, once where it must be once, and say what became of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.delivery import GIVE_UP_AFTER
from bot.errors import ChannelBusy, ChannelRefused
from bot.messages import Outbound
from crm_store import consents, outbox, switches
from crm_store.outbox import outbox as outbox_rows
from tests.bot.house import LEASE, FakeChannel, House
from tests.bot.sendings import busy, greeted, queue, row_of

SECOND = timedelta(seconds=1)


async def test_a_busy_platform_is_tried_again_after_twice_as_long_each_time(house: House) -> None:
    await greeted(house)
    ref = queue(house, "one")
    waits = []
    for _ in range(12):
        house.channel.fail_next(busy())
        await house.delivery.sweep()
        wait = row_of(house, ref).due_at - house.clock.now()
        waits.append(wait.total_seconds())
        house.clock.move_to(house.clock.now() + wait - timedelta(milliseconds=1))
        assert await house.delivery.sweep() == 0
        house.clock.move_to(house.clock.now() + timedelta(milliseconds=1))

    await house.delivery.sweep()

    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]
    assert house.channel.texts() == ["one"]
    assert row_of(house, ref).attempts == 12


async def test_who_is_not_there_just_now_is_looked_for_every_minute_and_nobody_is_warned(house: House) -> None:
    await greeted(house)
    ref = queue(house, "one")
    waits = []

    with capture_logs() as logged:
        for _ in range(9):
            house.channel.fail_next(ChannelBusy("not there", retry_after=5 * SECOND, absent=True))
            await house.delivery.sweep()
            waits.append((row_of(house, ref).due_at - house.clock.now()).total_seconds())
            house.clock.move_to(row_of(house, ref).due_at)

    assert waits == [5, 5, 5, 8, 16, 32, 60, 60, 60]
    assert {(line["event"], line["log_level"]) for line in logged} == {("delivery.postponed", "debug")}


async def test_a_platform_that_says_when_is_not_asked_sooner(house: House) -> None:
    await greeted(house)
    ref = queue(house, "one")
    house.channel.fail_next(busy(77))

    await house.delivery.sweep()

    assert row_of(house, ref).due_at - house.clock.now() == timedelta(seconds=77)


async def test_what_comes_behind_a_waiting_message_waits_too_and_others_do_not(house: House) -> None:
    await greeted(house)
    await greeted(house, "bo")
    house.channel.fail_next(busy(30))
    for text in ("one", "two", "three"):
        queue(house, text)
    queue(house, "hello bo", user="bo")

    for _ in range(4):
        await house.delivery.sweep()
    assert house.channel.texts() == ["hello bo"]

    house.clock.move_to(house.clock.now() + 30 * SECOND)
    for _ in range(4):
        await house.delivery.sweep()
    assert house.channel.texts("ana") == ["one", "two", "three"]


async def test_an_answer_waits_behind_one_that_is_on_its_way(house: House) -> None:
    house.channel.fail_next(busy(30))
    await house.says("ana", "hello")
    await house.says("ana", "hello")
    assert house.channel.sent == []

    await house.later(seconds=30)
    await house.sweep()

    answers = [row.ref for row in house.rows(outbox_rows)]
    assert [message.id for message in house.channel.sent] == answers
    assert len(answers) == 2


async def test_a_long_answer_leaves_in_pieces_and_in_order(house: House) -> None:
    short = FakeChannel(text_limit=12)
    small = house.beside("small", short)

    await small.says("ana", "hello")

    assert len(short.sent) > 1
    assert all(len(text) <= 12 for text in short.texts())
    assert [bool(message.buttons) for message in short.sent] == [False] * (len(short.sent) - 1) + [True]


async def test_after_the_first_piece_had_to_wait_the_others_follow_it(house: House) -> None:
    short = FakeChannel(text_limit=12)
    small = house.beside("small", short)
    short.fail_next(busy(5))
    await small.says("ana", "hello")
    assert short.sent == []

    for _ in range(10):
        await small.later(seconds=5)

    assert [message.id for message in short.sent] == [row.ref for row in house.rows(outbox_rows)]


async def test_a_message_is_given_up_after_a_day_and_that_is_recorded(house: House) -> None:
    await greeted(house)
    ref = queue(house, "one")
    house.channel.always_fail_to("ana", busy(3600))

    while row_of(house, ref).status == "queued":
        await house.delivery.sweep()
        house.clock.move_to(house.clock.now() + timedelta(hours=1))

    assert house.clock.now() - row_of(house, ref).created_at == GIVE_UP_AFTER + timedelta(hours=1)
    assert row_of(house, ref).status == "failed"
    assert [entry.data["reason"] for entry in house.entries("message.failed")] == ["given up: busy on demand"]


async def test_a_customer_who_blocked_us_is_unreachable_until_they_write(house: House) -> None:
    await greeted(house)
    ref = queue(house, "one")
    house.channel.fail_next(ChannelRefused("blocked", unreachable=True))

    await house.delivery.sweep()

    assert row_of(house, ref).status == "failed"
    assert house.identity("ana").unreachable_since == house.clock.now()
    await house.says("ana", "hello")
    assert house.identity("ana").unreachable_since is None


async def test_a_message_that_is_refused_for_itself_leaves_the_customer_reachable(house: House) -> None:
    await greeted(house)
    queue(house, "one")
    queue(house, "two")
    house.channel.fail_next(ChannelRefused("too long"))

    await house.delivery.sweep()
    await house.delivery.sweep()

    assert house.identity("ana").unreachable_since is None
    assert house.channel.texts() == ["two"]
    assert [entry.data["reason"] for entry in house.entries("message.failed")] == ["too long"]


async def test_a_channel_that_breaks_holds_up_nobody_else(house: House) -> None:
    await greeted(house)
    await greeted(house, "bo")
    ref = queue(house, "one")
    queue(house, "hello bo", user="bo")
    house.channel.always_fail_to("ana", KeyError("what the customer said"))

    await house.delivery.sweep()

    assert house.channel.texts() == ["hello bo"]
    assert row_of(house, ref).status == "queued"
    assert row_of(house, ref).error == "the channel broke: KeyError"


async def test_a_slow_recipient_holds_up_nobody_else(house: House) -> None:
    await greeted(house)
    await greeted(house, "bo")
    bo_served = asyncio.Event()

    async def gate(message: Outbound) -> None:
        if message.recipient == "bo":
            bo_served.set()
        else:
            await bo_served.wait()

    house.channel.gate = gate
    queue(house, "hello ana")
    queue(house, "hello bo", user="bo")

    async with asyncio.timeout(5):
        await house.delivery.sweep()

    assert sorted(house.channel.texts()) == ["hello ana", "hello bo"]


async def test_a_channel_that_is_not_here_keeps_its_messages_for_another_process(house: House) -> None:
    await greeted(house)
    elsewhere = house.beside("elsewhere", FakeChannel("wechat"))
    ref = queue(house, "one")

    await elsewhere.delivery.sweep()

    assert row_of(house, ref).status == "queued"
    assert house.channel.sent == elsewhere.channel.sent == []


class TestCrashes:
    """A row that is ``sending`` when its lease is over."""

    async def test_an_answer_is_sent_again(self, house: House) -> None:
        ref = await self.left_sending(house, kind="reply")

        await house.later(seconds=LEASE.total_seconds())
        assert house.channel.sent == []
        await house.later(seconds=1)

        assert house.channel.texts() == ["one"]
        assert row_of(house, ref).status == "sent"

    async def test_a_care_message_is_not_and_its_fate_is_recorded_as_unknown(self, house: House) -> None:
        ref = await self.left_sending(house, kind="care")

        for _ in range(3):
            await house.later(hours=1)

        assert house.channel.sent == []
        assert row_of(house, ref).status == "unknown"
        assert [entry.data["reason"] for entry in house.entries("care.unknown")] == ["crash"]

    async def left_sending(self, house: House, *, kind: str) -> str:
        await greeted(house)
        ref = queue(house, "one", kind=kind)
        until = house.clock.now() + LEASE
        house.write(outbox.claim_due, worker="the dead", now=house.clock.now(), until=until)
        return ref


class TestCare:
    async def test_a_care_message_is_recorded_with_its_words_once_it_is_sent(self, house: House) -> None:
        await greeted(house)
        ref = queue(house, "happy birthday", kind="care")

        await house.later(hours=1)

        [sent] = house.entries("care.sent")
        assert (sent.ref, sent.text, sent.data) == (ref, "happy birthday", {"rule": "birthday", "message": ref})

    async def test_one_that_may_have_arrived_is_never_sent_again(self, house: House) -> None:
        await greeted(house)
        ref = queue(house, "happy birthday", kind="care")
        house.channel.fail_next(busy(certain=False))

        for _ in range(3):
            await house.later(hours=1)

        assert len(house.channel.tried) == 1
        assert row_of(house, ref).status == "unknown"
        assert [entry.data["reason"] for entry in house.entries("care.unknown")] == ["busy on demand"]

    async def test_an_answer_that_may_have_arrived_is_sent_again(self, house: House) -> None:
        await greeted(house)
        queue(house, "one", kind="reply")
        house.channel.fail_next(busy(certain=False))

        for _ in range(2):
            await house.later(hours=1)

        assert house.channel.texts() == ["one"]

    async def test_a_broken_channel_makes_its_fate_unknown(self, house: House) -> None:
        await greeted(house)
        ref = queue(house, "happy birthday", kind="care")
        house.channel.fail_next(KeyError("x"))

        await house.later(hours=1)

        assert row_of(house, ref).status == "unknown"

    async def test_paused_care_waits_and_leaves_once_it_is_resumed(self, house: House) -> None:
        await greeted(house)
        house.write(switches.pause, "care", now=house.clock.now(), by="user:test")
        ref = queue(house, "happy birthday", kind="care")
        await house.later(hours=1)
        assert (row_of(house, ref).status, house.channel.tried) == ("queued", [])

        house.write(switches.resume, "care")
        await house.later(minutes=10)

        assert house.channel.texts() == ["happy birthday"]

    async def test_paused_care_holds_up_no_answer(self, house: House) -> None:
        await greeted(house)
        house.write(switches.pause, "care", now=house.clock.now(), by="user:test")
        queue(house, "happy birthday", kind="care")
        await house.later(minutes=1)

        await house.says("ana", "hello")
        await house.sweep()

        assert len(house.channel.texts()) == 1

    async def test_the_last_look_may_end_it_with_a_reason(self, house: House) -> None:
        await greeted(house)
        ref = queue(house, "happy birthday", kind="care")
        customer = house.identity("ana").customer_id
        house.write(consents.set_marketing, customer, False, now=house.clock.now(), evidence="test", by="customer")

        await house.later(hours=1)

        assert house.channel.tried == []
        assert (row_of(house, ref).status, row_of(house, ref).error) == ("skipped", "no_consent")
        assert [entry.data["reason"] for entry in house.entries("care.skipped")] == ["no_consent"]


class TestOwnership:
    async def test_an_answer_that_waited_is_not_sent_once_an_agent_has_the_conversation(self, house: House) -> None:
        house.channel.fail_next(busy(30))
        await house.says("ana", "hello")
        house.take("li", "ana")

        await house.later(seconds=30)

        assert house.channel.sent == []
        assert house.outbox() == [("reply", "skipped", "an agent has the conversation")]

    async def test_what_the_agent_says_leaves_behind_it(self, house: House) -> None:
        house.channel.fail_next(busy(30))
        await house.says("ana", "hello")
        house.take("li", "ana")
        queue(house, "this is Li", kind="agent")

        await house.later(seconds=30)
        await house.sweep()

        assert house.channel.texts() == ["this is Li"]

    async def test_an_answer_that_waited_is_not_sent_while_the_bot_is_paused_and_a_person_is_told(
        self, house: House
    ) -> None:
        house.channel.fail_next(busy(30))
        await house.says("ana", "hello")
        house.write(switches.pause, "bot", now=house.clock.now(), by="user:test")

        await house.later(seconds=30)

        assert house.channel.sent == []
        assert house.outbox() == [("reply", "skipped", "the bot is paused")]
        assert house.talk("ana").owner == "queue"


async def test_two_senders_on_one_store_send_nothing_twice(house: House) -> None:
    other = house.beside("there")
    users = [f"user{number}" for number in range(30)]
    for user in users:
        await greeted(house, user)
        queue(house, f"hello {user}", user=user)

    await asyncio.gather(*(one.delivery.sweep() for one in (house, other) * 3))

    assert sorted(house.channel.texts()) == sorted(f"hello {user}" for user in users)


@pytest.mark.parametrize("waiting", [True, False])
async def test_it_is_known_when_the_next_message_may_leave(house: House, waiting: bool) -> None:
    await greeted(house)
    if waiting:
        queue(house, "one")

    assert await house.delivery.next_due() == (house.clock.now() if waiting else None)
