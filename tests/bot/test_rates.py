"""How fast we write: never faster than the platform takes it, in order, and answers before care."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr
from sqlalchemy import select

from bot.channels.telegram.client import build_bot
from bot.channels.telegram.send import TelegramChannel
from bot.channels.telegram.settings import TelegramSettings
from bot.messages import Outbound
from bot.ports import Capabilities, Rate
from bot.worker import WHILE_CROWDED
from crm_store.budgets import budgets
from crm_store.outbox import outbox as outbox_rows
from tests.bot.house import FakeChannel, House
from tests.bot.sendings import greeted, queue
from tests.bot.test_counts import COMMITS, STATEMENTS, counting

SECOND = timedelta(seconds=1)
MS = timedelta(milliseconds=1)


def limit(house: House, *, rate: Rate | None = None, chat_rate: Rate | None = None) -> None:
    house.channel.capabilities = Capabilities(
        text_limit=4096, buttons=True, contact=True, rate=rate, chat_rate=chat_rate
    )


def recorded_times(house: House) -> list[tuple[datetime, str]]:
    """Record when each message leaves, and its kind."""
    left: list[tuple[datetime, str]] = []

    async def note(message: Outbound) -> None:
        left.append((house.clock.now(), message.kind))

    house.channel.gate = note
    return left


def most_in(left: list[tuple[datetime, str]], window: timedelta) -> int:
    return max(sum(start <= other <= start + window for other, _ in left) for start, _ in left)


async def sweeps(*houses: House, pause: timedelta, count: int) -> None:
    for _ in range(count):
        for one in houses:
            await one.delivery.sweep()
        houses[0].clock.move_to(houses[0].clock.now() + pause)


async def test_two_processes_together_send_no_faster_than_the_platform_takes(house: House) -> None:
    other = house.beside("other")
    people = [f"p{number}" for number in range(60)]
    for person in people:
        await greeted(house, person)
        queue(house, "news", user=person)
    limit(house, rate=Rate(every=SECOND / 25, burst=5))
    left = recorded_times(house)

    await sweeps(house, other, pause=WHILE_CROWDED, count=14)

    assert len(left) == 60, "none is lost, and it doesn't take longer than it has to"
    assert most_in(left, SECOND) == 30


async def test_an_answer_over_the_rate_waits_and_keeps_its_order(house: House) -> None:
    limit(house, chat_rate=Rate(every=SECOND, burst=2))

    for _ in range(4):
        await house.says("ana", "hello")
    assert len(house.channel.sent) == 2
    waiting = [row.due_at for row in house.rows(outbox_rows) if row.status == "queued"]
    assert waiting[0] == house.clock.now() + SECOND

    await sweeps(house, pause=SECOND, count=4)

    assert [message.id for message in house.channel.sent] == [row.ref for row in house.rows(outbox_rows)]
    assert len(house.channel.sent) == 4


async def test_one_customer_s_haste_holds_up_nobody_else(house: House) -> None:
    limit(house, rate=Rate(every=SECOND, burst=3), chat_rate=Rate(every=60 * SECOND, burst=1))

    for _ in range(6):
        await house.says("ana", "hello")
    answers = [await house.says(other, "hello") for other in ("bo", "chen")]

    assert [len(answer) for answer in answers] == [1, 1]
    assert len(house.channel.texts("ana")) == 1


async def test_care_leaves_a_share_of_the_rate_to_answers(house: House) -> None:
    people = [f"p{number}" for number in range(9)]
    for person in people:
        await greeted(house, person)
        queue(house, "happy birthday", user=person, kind="care")
    limit(house, rate=Rate(every=SECOND, burst=5, kept=3))
    left = recorded_times(house)

    await house.delivery.sweep()
    answered = [await house.says(person, "hello") for person in ("x", "y", "z")]

    assert [kind for _, kind in left] == ["care"] * 2 + ["reply"] * 3
    assert all(answered), "at once"


async def test_an_agent_s_message_stands_behind_no_morning_of_birthdays(house: House) -> None:
    people = [f"p{number}" for number in range(50)]
    for person in people:
        await greeted(house, person)
        queue(house, "happy birthday", user=person, kind="care")
    await greeted(house)
    house.clock.move_to(house.clock.now() + SECOND)
    queue(house, "I'll look")
    limit(house, rate=Rate(every=SECOND, burst=5, kept=3))
    left = recorded_times(house)

    await house.delivery.sweep()

    assert sorted(kind for _, kind in left) == ["agent", "care"]


async def test_what_was_held_for_the_rate_is_no_failed_attempt(house: House) -> None:
    await greeted(house)
    limit(house, chat_rate=Rate(every=SECOND, burst=1))
    for text in ("one", "two"):
        queue(house, text)

    await house.delivery.sweep()
    await house.delivery.sweep()

    row = house.rows(outbox_rows)[-1]
    assert (row.status, row.attempts, row.error) == ("queued", 0, None)
    assert row.due_at == house.clock.now() + SECOND
    assert house.delivery.crowded


async def test_an_answer_of_more_messages_than_leave_at_once_goes_out_one_by_one(house: House) -> None:
    short = FakeChannel(text_limit=12)
    short.capabilities = Capabilities(text_limit=12, buttons=True, chat_rate=Rate(every=SECOND, burst=2))
    small = house.beside("small", short)

    await small.says("ana", "hello")
    assert short.sent == []
    await sweeps(small, pause=SECOND, count=12)

    assert len(short.sent) > 2
    assert [message.id for message in short.sent] == [row.ref for row in house.rows(outbox_rows)]


async def cost_of_a_greeting(house: House) -> tuple[int, int]:
    await house.says("ana", "hello")
    with counting(house.store) as count:
        assert await house.says("ana", "hello")
    return count.commits, count.statements


async def test_rates_cost_a_turn_two_statements_and_no_commit(house: House) -> None:
    limit(house, rate=Rate(every=SECOND, burst=9), chat_rate=Rate(every=SECOND, burst=9))

    commits, statements = await cost_of_a_greeting(house)

    assert commits <= COMMITS
    assert statements <= STATEMENTS[house.store.writing_engine.dialect.name] + 2


async def test_budgets_that_are_full_again_are_cleared_away(house: House) -> None:
    limit(house, chat_rate=Rate(every=SECOND, burst=1))
    await house.says("ana", "hello")
    assert names(house) != []

    await house.later(minutes=11)

    assert names(house) == []


def names(house: House) -> list[Any]:
    return house.read(lambda conn: list(conn.execute(select(budgets.c.name)).scalars()))


def test_telegram_sends_no_more_a_second_than_was_set_and_leaves_answers_a_share() -> None:
    for most in (2, 3, 30, 1000):
        settings = TelegramSettings(token=SecretStr("7000000001:AA-a-token-of-this-test-000"), most_a_second=most)
        able = TelegramChannel(build_bot(settings), settings).capabilities

        assert able.rate is not None
        assert able.rate.burst + SECOND // able.rate.every == most
        assert 0 <= able.rate.kept < able.rate.burst
