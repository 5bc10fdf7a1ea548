"""Where the shop has a key, a phone that somebody shares or types is unreadable wherever the turn keeps it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, String, cast, select

from crm_store import conversations, history, sealing, sealing_all
from crm_store.models import metadata
from crm_store.sealing import SealError
from crm_store.unit_of_work import Store
from tests.bot.worlds import WANG, a_world, texts
from tests.servers.databases import open_store

SHARED, TYPED = "13977776666", "13955554444"
WHAT_WAS_SAID = {("history", "text"), ("history", "why"), ("outbox", "body")}
KEY, OTHER = sealing.new_key(), sealing.new_key()


@pytest.fixture(autouse=True)
def no_key_afterwards() -> Iterator[None]:
    yield
    sealing.use(())


def places_of(conn: Connection, words: str) -> set[tuple[str, str]]:
    """Return the tables and columns in which these words stand as the database has them."""
    return {
        (table.name, column.name)
        for table in metadata.sorted_tables
        for column in table.columns
        if conn.execute(select(column).where(cast(column, String).like(f"%{words}%")).limit(1)).first() is not None
    }


@pytest.fixture
def store(bare_database_url: str) -> Iterator[Store]:
    """A shop after two customers: one shares their phone, the other is asked for the code to a phone they typed."""
    sealing.use((KEY,))
    with a_world(store_url=bare_database_url) as world:
        world.load("customers", WANG)
        world(customer="u9", channel="wechat", contact={"phone": f"+86{SHARED}"})
        world.say("u1", f"我换手机号了，现在是{TYPED}")
    store = open_store(bare_database_url)
    yield store
    store.close()


def test_a_phone_is_readable_in_nothing_that_a_turn_keeps_but_what_was_said(store: Store) -> None:
    assert store.read_now(places_of, SHARED) == set()
    assert store.read_now(places_of, TYPED) <= WHAT_WAS_SAID


def test_of_a_shared_phone_the_history_keeps_the_last_four_digits(store: Store) -> None:
    said = store.read_now(lambda conn: conn.execute(select(history.history.c.data)).scalars().all())

    assert {"contact": "6666"} in said


def test_the_talk_goes_on_from_what_was_sealed(bare_database_url: str) -> None:
    sealing.use((KEY,))
    with a_world(store_url=bare_database_url) as world:
        world.load("customers", WANG)
        asked = world.say("u1", f"我换手机号了，现在是{TYPED}")
        done = world.say("u1", "对")

        assert TYPED[-4:] in "".join(texts(asked))
        assert texts(done)
        assert world.show("C1")["phone"] == f"+86{TYPED}"


def test_what_a_turn_keeps_is_sealed_anew_by_another_key_and_refused_without_the_old_one(store: Store) -> None:
    sealing.use((OTHER,))
    with pytest.raises(SealError, match="db seal"):
        store.read_now(sealing_all.refuse_unsealed)

    sealing.use((OTHER, KEY))
    while store.run_now(sealing_all.seal_batch):
        pass

    sealing.use((OTHER,))
    store.read_now(sealing_all.refuse_unsealed)
    assert store.read_now(lambda conn: conn.execute(select(conversations.conversations.c.state)).all())


def test_talks_from_before_there_was_a_key_hinder_no_start(bare_database_url: str) -> None:
    with a_world(store_url=bare_database_url) as world:
        world.say("u9", "hello")
    sealing.use((KEY,))
    store = open_store(bare_database_url)

    store.read_now(sealing_all.refuse_unsealed)

    store.close()
