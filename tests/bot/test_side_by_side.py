"""Several processes on one PostgreSQL: a stranger is one customer, agents have the last word, a day one greeting."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Connection, select

from bot.intake import Receipt, receive
from bot.messages import Inbound
from care.due import fire
from care.occasions import Occasion
from care.policy import load_policy
from care.settings import CareSettings
from crm_store import consents, conversations, customers, handoffs, history, identities, inbox
from crm_store.customers import customers as customers_table
from crm_store.ports import Ulids, VirtualClock
from crm_store.unit_of_work import Store
from tests.bot.house import BEGINNING, new_house
from tests.servers.meeting import meet

NOW = datetime.fromisoformat(BEGINNING)
IDS = Ulids(VirtualClock(NOW), Random(3))
LEASE = timedelta(seconds=30)


def test_a_strangers_first_messages_at_the_same_moment_make_one_customer(here: Store, there: Store) -> None:
    def hears(user: str, number: int) -> Any:
        message = Inbound("telegram", "shop", f"{user}-{number}", user, "text", text="hello")
        return lambda conn: receive(conn, message, now=NOW, ids=IDS, worker=f"w{number}", lease=LEASE)

    for user in ("ana", "bo", "chen", "dai"):
        receipts = meet((here, hears(user, 1)), (there, hears(user, 2)))

        assert all(isinstance(receipt, Receipt) for receipt in receipts)
        assert len({receipt.conversation_id for receipt in receipts}) == 1
        assert sum(receipt.claimed is not None for receipt in receipts) == 1
    assert len(here.read_now(lambda conn: conn.execute(select(customers_table)).all())) == 4
    assert len(here.read_now(lambda conn: conn.execute(select(inbox.inbox)).all())) == 8


async def test_once_an_agent_has_taken_a_conversation_the_bot_says_no_more(
    here: Store, there: Store, tmp_path: Path
) -> None:
    house = new_house(here, tmp_path)
    users = [f"u{number}" for number in range(10)]
    for user in users:
        await house.says(user, "hello")
    taking: list[asyncio.Future[None]] = []
    understand = house.understand

    async def as_an_agent_takes_it(text: str, **how: Any) -> Any:
        understood = await understand(text, **how)
        user, _, _ = text.partition(" ")
        taking.append(asyncio.ensure_future(there.run(take, user)))
        return understood

    house.understand = as_an_agent_takes_it
    await asyncio.gather(*(house.intake(house.message(user, f"{user} hello")) for user in users))
    await house.quiet()
    await asyncio.gather(*taking)

    for user in users:
        told = [entry.kind for entry in house.read(history.timeline, house.identity(user).customer_id)]
        assert (told.count("handoff.taken"), told.count("message.in")) == (1, 2)
        assert "message.out" in told
        assert "message.out" not in told[told.index("handoff.taken") :], told
    assert all(status == "done" for _, status, _ in house.inbox())


def take(conn: Connection, user: str) -> None:
    identity = identities.find(conn, "telegram", user)
    assert identity is not None
    customers.hold(conn, identity.customer_id)
    handoffs.take(conn, conversations.of_customer(conn, identity.customer_id).id, "li", now=NOW)


def test_two_clocks_greet_once_for_an_occasion_and_once_a_day_for_two(here: Store, there: Store) -> None:
    policy = load_policy(CareSettings())
    at = NOW + timedelta(hours=2)

    def add(conn: Connection, who: str) -> None:
        customers.add(conn, id=who, created_at=NOW)
        identities.add(conn, id=f"i-{who}", channel="telegram", user_id=who, customer_id=who, now=NOW, verified=True)
        consents.set_marketing(conn, who, True, now=NOW, evidence="import", by="import")

    def fires(key: str, ref: str) -> Any:
        occasion = Occasion(at, "birthday", key.partition(":")[0], key, {"date": "2026-01-05"})
        return lambda conn: fire(conn, occasion, policy, ref=ref, now=at)

    for who in ("ana", "bo", "chen"):
        here.run_now(add, who)
        same = meet((here, fires(f"{who}:1", f"{who}-a")), (there, fires(f"{who}:1", f"{who}-b")))
        assert sorted(one.outcome for one in same) == ["duplicate", "queued"]
    for who in ("dai", "eve", "fan"):
        here.run_now(add, who)
        different = meet((here, fires(f"{who}:1", f"{who}-a")), (there, fires(f"{who}:2", f"{who}-b")))
        assert sorted((one.outcome, one.reason) for one in different) == [("queued", None), ("skipped", "cap")]
