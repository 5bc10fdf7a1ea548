"""What a turn costs the database, counted, so that it stays so however long the history."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, event

from crm_store import history, outbox
from crm_store.unit_of_work import Store
from tests.bot.house import House

# As measured; a turn may take 5 and 25.
COMMITS = 3
STATEMENTS = {"sqlite": 9, "postgresql": 12}
"""On PostgreSQL each of the three units holds its customer first."""


@dataclass
class Count:
    commits: int = 0
    statements: int = 0


@contextmanager
def counting(store: Store) -> Iterator[Count]:
    """Count what a store's writer and its readers do."""
    count = Count()

    def committed(_conn: Any) -> None:
        count.commits += 1

    def executed(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            count.statements += 1

    engines = (store.writing_engine, store._reading)
    for engine in engines:
        event.listen(engine, "commit", committed)
        event.listen(engine, "before_cursor_execute", executed)
    yield count
    for engine in engines:
        event.remove(engine, "commit", committed)
        event.remove(engine, "before_cursor_execute", executed)


def earlier_messages(conn: Connection, house: House, count: int) -> None:
    """Let a customer and the bot have exchanged ``count`` messages before."""
    talk, identity = house_talk(conn, house)
    about = {"customer_id": talk.customer_id, "conversation_id": talk.id, "identity_id": identity.id}
    now = house.clock.now()
    for number in range(count // 2):
        refs = f"in-{number}", f"out-{number}"
        for ref, kind in zip(refs, ("message.in", "message.out"), strict=True):
            history.record(conn, at=now, kind=kind, by="customer", ref=ref, channel="telegram", text="hello", **about)
        outbox.queue(
            conn,
            [
                about
                | {
                    "ref": refs[1], "dedupe_key": refs[1], "channel": "telegram", "recipient": "ana", "kind": "reply",
                    "body": {"text": "hello"}, "status": "sent", "due_at": now, "created_at": now,
                }
            ],
        )  # fmt: skip


def house_talk(conn: Connection, house: House) -> tuple[Any, Any]:
    return house.talk("ana"), house.identity("ana")


async def greeting(house: House) -> Count:
    with counting(house.store) as count:
        answers = await house.says("ana", "hello")
    assert len(answers) == 1
    return count


async def test_a_greeting_costs_few_commits_and_statements_and_no_more_after_1_000_messages(house: House) -> None:
    await house.says("ana", "hello")

    at_first = await greeting(house)
    house.write(earlier_messages, house, 1_000)
    later = await greeting(house)

    assert at_first.commits <= COMMITS
    assert at_first.statements <= STATEMENTS[house.store.writing_engine.dialect.name]
    assert later == at_first


async def test_what_a_duplicate_costs(house: House) -> None:
    await house.says("ana", "hello", id="1")

    with counting(house.store) as count:
        await house.says("ana", "hello", id="1")

    assert (count.commits, count.statements) == (1, 3 if house.store.is_shared else 2)


async def test_an_idle_sweep_costs_two_commits_and_few_statements(house: House) -> None:
    with counting(house.store) as count:
        await house.sweep()

    assert count.commits <= 2
    assert count.statements <= 4
