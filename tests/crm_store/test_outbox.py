"""Messages that go out: queued once, claimed one at a time for each recipient and in their order, never forgotten."""

from datetime import timedelta

import pytest
from sqlalchemy import literal, select

from crm_store import outbox
from crm_store.unit_of_work import Store
from tests.crm_store.people import NOW, a_customer, an_outbound

LEASE = timedelta(seconds=30)


@pytest.fixture
def store(empty_store: Store) -> Store:
    for who in ("ana", "bob"):
        empty_store.run_now(a_customer, who)
    return empty_store


def queue(store, *rows):
    store.run_now(outbox.queue, rows)


def claim(store, *, now=NOW, most=20):
    rows = store.run_now(outbox.claim_due, worker="w1", now=now, until=now + LEASE, most=most)
    return [row.dedupe_key for row in rows]


def sent(store, key):
    store.run_now(outbox.mark_sent, [(f"out-{key}", f"platform-{key}")], now=NOW)


def rows(store):
    return store.read_now(lambda conn: conn.execute(select(outbox.outbox).order_by(outbox.outbox.c.id)).all())


def row(store, key):
    return store.read_now(outbox.by_ref, f"out-{key}")


def test_a_message_is_queued_once_by_its_dedupe_key(store):
    queue(store, an_outbound("a"), an_outbound("b"))

    queue(store, an_outbound("a", ref="another", body={"text": "changed"}), an_outbound("c"))

    assert [(one.dedupe_key, one.body["text"]) for one in rows(store)] == [("a", "您好"), ("b", "您好"), ("c", "您好")]


def test_a_message_that_was_sent_is_not_queued_again(store):
    queue(store, an_outbound("a"))
    claim(store)
    sent(store, "a")

    queue(store, an_outbound("a", ref="another"))

    assert [one.status for one in rows(store)] == ["sent"]


def test_queueing_nothing_and_marking_nothing_are_nothing(store):
    queue(store)
    store.run_now(outbox.mark_sent, [], now=NOW)

    assert rows(store) == []


def test_keys_count_up_in_the_order_of_queueing(store):
    for key in "cabed":
        queue(store, an_outbound(key))

    assert [one.dedupe_key for one in rows(store)] == list("cabed")


def test_each_recipient_is_sent_one_message_at_a_time_in_their_order(store):
    queue(store, an_outbound("a1"), an_outbound("a2"), an_outbound("b1", "bob"), an_outbound("b2", "bob"))

    assert claim(store) == ["a1", "b1"]
    assert claim(store) == [], "the first ones are still on their way"

    sent(store, "a1")
    assert claim(store) == ["a2"]
    store.run_now(outbox.end, "out-b1", "failed", "refused", sender="w1")
    assert claim(store) == ["b2"]


def test_a_message_that_has_to_wait_holds_those_behind_it_up(store):
    queue(store, an_outbound("a1"), an_outbound("a2"))
    claim(store)
    store.run_now(outbox.try_again, "out-a1", sender="w1", due=NOW + LEASE, reason="busy")

    assert claim(store) == []
    assert claim(store, now=NOW + LEASE) == ["a1"]
    assert (row(store, "a1").attempts, row(store, "a1").error) == (1, "busy")


def test_nothing_leaves_before_it_is_due(store):
    queue(store, an_outbound("later", due_at=NOW + LEASE))

    assert claim(store) == []
    assert store.read_now(outbox.next_due) == NOW + LEASE
    assert claim(store, now=NOW + LEASE) == ["later"]
    assert store.read_now(outbox.next_due) is None


def test_what_was_due_first_leaves_first_when_not_all_can(store):
    queue(store, an_outbound("a", due_at=NOW), an_outbound("b", "bob", due_at=NOW - LEASE))

    assert claim(store, most=1) == ["b"]
    assert claim(store, most=1) == ["a"]


def test_a_claimed_message_is_known_to_be_on_its_way_before_the_platform_is_called(store):
    queue(store, an_outbound("a"))

    claim(store)

    assert (row(store, "a").status, row(store, "a").lease_owner, row(store, "a").lease_until) == (
        "sending",
        "w1",
        NOW + LEASE,
    )


def test_a_dead_senders_message_is_found_when_its_lease_is_over(store):
    queue(store, an_outbound("a"), an_outbound("b", "bob"))
    claim(store)
    sent(store, "b")

    assert store.run_now(outbox.expired, now=NOW + LEASE) == []
    found = store.run_now(outbox.expired, now=NOW + 2 * LEASE)

    assert [one.dedupe_key for one in found] == ["a"]
    assert claim(store, now=NOW + 2 * LEASE) == [], "not sent again unless somebody decides so"


def test_a_message_that_is_over_is_not_tried_again(store):
    queue(store, an_outbound("a"))
    claim(store)
    store.run_now(outbox.end, "out-a", "unknown", "crash", sender="w1")

    store.run_now(outbox.try_again, "out-a", sender="w1", due=NOW, reason="late news")

    assert row(store, "a").status == "unknown"
    assert claim(store) == []


def test_the_platforms_own_id_is_kept(store):
    queue(store, an_outbound("a"), an_outbound("b"))
    claim(store)
    sent(store, "a")

    assert (row(store, "a").status, row(store, "a").external_id, row(store, "a").sent_at) == ("sent", "platform-a", NOW)
    assert row(store, "a").lease_until is None
    assert store.read_now(outbox.last_sent, "i-ana").dedupe_key == "a"
    assert store.read_now(outbox.last_sent, "i-bob") is None


def test_a_new_message_knows_whether_others_are_on_their_way(store):
    def others(who):
        return store.read_now(lambda conn: conn.execute(select(outbox.undelivered_to(literal(who)))).scalar_one())

    queue(store, an_outbound("a"))
    assert (others("i-ana"), others("i-bob")) == (True, False)

    claim(store)
    assert others("i-ana")

    sent(store, "a")
    assert not others("i-ana")
