"""Whoever is erased while the bot is at work gets nothing afterwards, and what they said is found nowhere."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import Connection, text

from bot.desk_actions import ActionRefused, AgentAction, act
from bot.messages import Outbound
from crm_store import identities, search_index
from crm_store.privacy.erasing import erase
from crm_store.privacy.erasures import Hashes
from crm_store.search_index import catch_up
from tests.bot.house import House
from tests.crm_store.planting import CANARY, canaries

HASHES = Hashes(b"a key of the tests")


def try_to_erase(house: House, who: str) -> Any:
    return house.write(erase, who, by="user:me", hashes=HASHES, now=house.clock.now())


def everything(conn: Connection) -> str:
    on_postgres = conn.dialect.name == "postgresql"
    ask = (
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'" if on_postgres
        else "SELECT name FROM sqlite_master WHERE type = 'table'"
    )  # fmt: skip
    return "\n".join(
        repr([tuple(row) for row in conn.execute(text(f"SELECT * FROM {name}"))])
        for (name,) in conn.execute(text(ask)).all()
    )


async def test_what_was_said_and_answered_is_found_nowhere(house: House) -> None:
    for said in (f"你好，我叫{CANARY}", f"I want to complain about {CANARY}", f"{CANARY}: it is broken", "13912345678"):
        await house.says(CANARY, said, display_name=CANARY)
    house.write(catch_up)
    who = house.identity(CANARY).customer_id
    assert canaries(house.read(everything))

    assert try_to_erase(house, who) is not None

    house.write(search_index.scrub)
    assert canaries(house.read(everything)) == []
    assert "13912345678" not in house.read(everything)


async def test_an_erasure_waits_for_an_answer_that_is_leaving_and_nothing_leaves_after_it(house: House) -> None:
    leaving, may_leave = asyncio.Event(), asyncio.Event()

    async def gate(_message: Outbound) -> None:
        leaving.set()
        await may_leave.wait()

    house.channel.gate = gate
    await house.intake(house.message("ana", "hello"))
    await leaving.wait()
    who = house.identity("ana").customer_id

    during = try_to_erase(house, who)
    may_leave.set()
    await house.quiet()
    after = try_to_erase(house, who)

    assert during is None
    assert after is not None
    sent = len(house.channel.sent)
    await house.later(minutes=5)
    assert len(house.channel.sent) == sent


async def test_a_message_that_waited_when_its_writer_was_erased_is_answered_to_nobody(house: House) -> None:
    await house.says("ana", "hello")
    who = house.identity("ana").customer_id
    await house.parts.intake.receive(house.message("ana", "hello again"))
    house.write(lambda conn: conn.execute(text("UPDATE conversations SET lease_owner = NULL, lease_until = NULL")))
    sent = len(house.channel.sent)

    assert try_to_erase(house, who) is not None
    await house.sweep()

    assert len(house.channel.sent) == sent


async def test_who_writes_after_an_erasure_is_a_stranger_and_is_answered(house: House) -> None:
    await house.says("ana", "hello", display_name="Ana")
    who = house.identity("ana").customer_id
    try_to_erase(house, who)

    answers = await house.says("ana", "hello")

    assert answers
    assert house.identity("ana").customer_id != who


async def test_nobody_can_write_to_an_erased_customer(house: House) -> None:
    await house.says("ana", "hello")
    who = house.identity("ana").customer_id
    try_to_erase(house, who)
    sent = len(house.channel.sent)

    with pytest.raises(ActionRefused):
        house.write(
            act, AgentAction("li", "reply", who, "are you there?"), now=house.clock.now(), ids=house.ids
        )  # fmt: skip

    await house.later(minutes=1)
    assert len(house.channel.sent) == sent
    (gone,) = house.read(identities.of_customer, who)
    assert gone.user_id.startswith(identities.ERASED)
