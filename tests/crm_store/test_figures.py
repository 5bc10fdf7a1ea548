"""What monitoring is told of what waits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from crm_store import figures, handoffs, inbox, outbox, switches
from crm_store.figures import Waiting
from crm_store.unit_of_work import Store
from tests.crm_store.people import NOW, a_customer, an_inbound, an_outbound

EARLIER = NOW - timedelta(minutes=7)


@pytest.fixture
def store(empty_store: Store) -> Store:
    return empty_store


def test_where_nothing_waits_all_is_nought(store: Store) -> None:
    found = store.read_now(figures.read)

    assert found == figures.Figures(Waiting(0, None), {}, None, Waiting(0, None), frozenset())


def test_what_waits_is_counted_with_the_oldest(store: Store) -> None:
    def wait(conn: Connection) -> None:
        for who in ("ana", "bo"):
            a_customer(conn, who)
        inbox.store(conn, an_inbound("1", received_at=EARLIER))
        inbox.store(conn, an_inbound("2"))
        done = inbox.store(conn, an_inbound("3", "bo", received_at=EARLIER - timedelta(days=1)))
        assert done is not None
        inbox.finish(conn, done)
        outbox.queue(conn, [an_outbound("1", created_at=EARLIER), an_outbound("2", "bo", channel="wechat")])
        handoffs.request(conn, conversation_id="t-bo", customer_id="bo", reason="asked", now=EARLIER)
        switches.pause(conn, "care", now=NOW, by="user:li")

    store.run_now(wait)
    found = store.read_now(figures.read)

    assert found.inbox == Waiting(2, EARLIER)
    assert found.outbox == {"telegram": Waiting(1, EARLIER), "wechat": Waiting(1, NOW)}
    assert found.queue == Waiting(1, EARLIER)
    assert found.paused == {"care"}


def test_what_is_due_counts_as_overdue_unless_it_is_care_or_stands_behind_another(store: Store) -> None:
    def wait(conn: Connection) -> None:
        for who in ("ana", "bo", "chen"):
            a_customer(conn, who)
        later = NOW + timedelta(minutes=5)
        outbox.queue(conn, [an_outbound("tried", due_at=later), an_outbound("behind", due_at=EARLIER)])
        outbox.queue(conn, [an_outbound("greeting", "bo", kind="care", due_at=EARLIER)])
        outbox.queue(conn, [an_outbound("answer", "chen", due_at=NOW)])

    store.run_now(wait)

    assert store.read_now(figures.overdue) == NOW


def test_messages_given_up_are_told_with_the_last_of_them(store: Store) -> None:
    def bury(conn: Connection) -> None:
        a_customer(conn, "ana")
        key = inbox.store(conn, an_inbound("1"))
        assert key is not None
        inbox.bury(conn, key)

    assert store.read_now(figures.dead) == (0, None)
    store.run_now(bury)

    assert store.read_now(figures.dead) == (1, NOW)
