"""What was written down stays as it was written, whoever asks the database."""

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from crm_store import guarding, history
from crm_store.history import history as table
from tests.crm_store.people import NOW, a_customer


@pytest.fixture
def store(empty_store):
    empty_store.run_now(a_customer, "ana", number="C1")
    empty_store.run_now(a_customer, "bob", number="C2")
    for text in ("你好", "我的茶呢"):
        empty_store.run_now(
            history.record, at=NOW, kind="message.in", by="customer", customer_id="ana", ref=text, text=text
        )
    return empty_store


def texts(store, who="ana"):
    return [entry.text for entry in store.read_now(history.timeline, who)]


@pytest.mark.parametrize(
    "change",
    [
        update(table).values(text="改过的"),
        update(table).values(at=NOW.replace(year=2020)),
        update(table).values(kind="note"),
        update(table).values(by="bot"),
        update(table).values(data={"a": 1}),
        update(table).values(ref=None),
        delete(table).where(table.c.text == "你好"),
        delete(table),
    ],
    ids=["words", "time", "kind", "who said it", "data", "reference", "one entry", "all"],
)
def test_nobody_changes_or_deletes_what_was_written_down(store, change):
    with pytest.raises(DBAPIError, match="append-only"):
        store.run_now(lambda conn: conn.execute(change))

    assert texts(store) == ["你好", "我的茶呢"]


def test_why_a_message_was_answered_so_is_added_once(store):
    store.run_now(history.explain, "你好", {"decided": {}})

    with pytest.raises(DBAPIError, match="append-only"):
        store.run_now(history.explain, "你好", {"decided": {"flow": "another"}})

    assert store.read_now(history.by_ref, "你好").why == {"decided": {}}


def test_an_entry_goes_over_to_the_customer_that_its_own_proves_to_be(store):
    store.run_now(lambda conn: conn.execute(update(table).values(customer_id="bob", conversation_id="t-bob")))

    assert texts(store, "bob") == ["你好", "我的茶呢"]


def test_an_erasure_opens_the_history_for_itself_alone(store):
    def erase(conn):
        with guarding.opened(conn, "erasure"):
            conn.execute(update(table).where(table.c.text == "你好").values(text=None))
            conn.execute(delete(table).where(table.c.text == "我的茶呢"))

    store.run_now(erase)

    assert texts(store) == [None]
    with pytest.raises(DBAPIError, match="append-only"):
        store.run_now(lambda conn: conn.execute(delete(table)))


def test_an_erasure_that_breaks_changes_nothing_and_leaves_nothing_open(store):
    class Broken(Exception):
        pass

    def break_off(conn):
        try:
            with guarding.opened(conn, "erasure"):
                conn.execute(delete(table))
                raise Broken
        except Broken:
            return conn.execute(guarding.openings.select()).all()

    assert store.run_now(break_off) == []
    assert texts(store) == ["你好", "我的茶呢"]
