"""Messages that came in: kept once, handled once, in their order, by one worker at a time."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from crm_store import conversations, inbox
from crm_store.unit_of_work import Store
from tests.crm_store.people import NOW, a_customer, an_inbound

LEASE = timedelta(seconds=30)


@pytest.fixture
def store(empty_store: Store) -> Store:
    for who in ("ana", "bob"):
        empty_store.run_now(a_customer, who)
    return empty_store


def arrive(store, external_id, who="ana", **columns):
    return store.run_now(inbox.store, an_inbound(external_id, who, **columns))


def claim(store, key, who="ana", *, worker="w1", now=NOW):
    return store.run_now(inbox.claim, f"t-{who}", worker=worker, now=now, until=now + LEASE, before=key)


def waiting(store, *, now=NOW, most=50):
    return store.read_now(inbox.waiting_conversations, now=now, most=most)


def oldest(store, who="ana"):
    row = store.read_now(inbox.oldest_open, f"t-{who}")
    return row.external_id if row else None


def kept(store):
    return store.read_now(lambda conn: conn.execute(select(inbox.inbox).order_by(inbox.inbox.c.id)).all())


def test_a_message_that_is_delivered_again_is_kept_once(store):
    first = arrive(store, "7")

    again = arrive(store, "7", ref="another", body={"text": "changed on the way"})

    assert again is None
    assert [(row.id, row.body) for row in kept(store)] == [(first, {"text": "你好"})]


def test_a_message_that_was_handled_is_still_known(store):
    store.run_now(inbox.finish, arrive(store, "7"))

    assert arrive(store, "7", ref="another") is None


@pytest.mark.parametrize("other", [{"channel": "wechat"}, {"account": "second-shop"}])
def test_equal_ids_of_different_channels_or_accounts_are_different_messages(store, other):
    arrive(store, "7")

    assert arrive(store, "7", ref="another", **other) is not None


def test_keys_count_up_though_messages_come_twice_and_units_fail(store):
    def store_and_fail(conn):
        inbox.store(conn, an_inbound("lost"))
        raise RuntimeError("afterwards")

    keys = []
    for n in range(5):
        keys.append(arrive(store, str(n)))
        arrive(store, str(n), ref=f"again-{n}")
        with pytest.raises(RuntimeError):
            store.run_now(store_and_fail)

    assert keys == sorted(set(keys))
    assert [row.id for row in kept(store)] == keys


def test_one_worker_at_a_time_has_a_conversation(store):
    key = arrive(store, "1")

    assert claim(store, key)
    assert not claim(store, key, worker="w2")
    assert claim(store, arrive(store, "1", "bob"), "bob", worker="w2"), "many conversations at once"


def test_a_conversation_is_not_claimed_for_a_message_before_which_others_wait(store):
    first, second = arrive(store, "1"), arrive(store, "2")

    assert not claim(store, second)
    assert claim(store, first)


def test_a_dead_workers_conversation_is_free_when_its_lease_is_over(store):
    key = arrive(store, "1")
    claim(store, key)

    assert not claim(store, key, worker="w2", now=NOW + LEASE)
    assert waiting(store, now=NOW + LEASE) == []
    assert waiting(store, now=NOW + LEASE + timedelta(microseconds=1)) == ["t-ana"]
    assert claim(store, key, worker="w2", now=NOW + LEASE + timedelta(microseconds=1))


def test_only_the_worker_that_has_a_conversation_gives_it_free(store):
    key = arrive(store, "1")
    claim(store, key)

    store.run_now(conversations.release, "t-ana", "w2")
    assert not claim(store, key, worker="w2")

    store.run_now(conversations.release, "t-ana", "w1")
    assert claim(store, key, worker="w2")


def test_a_conversation_is_not_given_free_while_a_message_waits(store):
    first = arrive(store, "1")
    claim(store, first)
    second = arrive(store, "2")
    store.run_now(inbox.finish, first)

    assert not store.run_now(inbox.set_free, "t-ana", "w1")

    store.run_now(inbox.finish, second)
    assert not store.run_now(inbox.set_free, "t-ana", "w2"), "not theirs"
    assert store.run_now(inbox.set_free, "t-ana", "w1")
    assert claim(store, arrive(store, "3"), worker="w2")


def test_messages_are_handled_in_the_order_of_their_coming(store):
    keys = [arrive(store, str(n)) for n in range(3)]
    handled = []

    for key in keys:
        handled.append(oldest(store))
        store.run_now(inbox.finish, key)

    assert handled == ["0", "1", "2"]
    assert oldest(store) is None


def test_a_message_is_finished_once(store):
    key = arrive(store, "1")

    assert store.run_now(inbox.finish, key)
    assert not store.run_now(inbox.finish, key)


def test_a_message_that_is_given_up_makes_way_for_those_behind_it(store):
    first, second = arrive(store, "1"), arrive(store, "2")
    assert [store.run_now(inbox.failed, first) for _ in range(3)] == [1, 2, 3]

    store.run_now(inbox.bury, first)

    assert oldest(store) == "2"
    assert claim(store, second)
    assert store.run_now(inbox.failed, first) == 0, "what is over fails no more"
    assert not store.run_now(inbox.finish, first)


def test_the_sweep_sees_each_free_conversation_that_has_something_to_handle_once(store):
    for who in ("bob", "ana", "ana"):
        arrive(store, f"{len(kept(store))}", who)

    assert waiting(store) == ["t-ana", "t-bob"]
    assert waiting(store, most=1) == ["t-ana"]
    claim(store, oldest_key(store, "ana"))
    assert waiting(store) == ["t-bob"]


def oldest_key(store, who):
    return store.read_now(inbox.oldest_open, f"t-{who}").id


def test_a_resting_conversation_waits_until_its_rest_is_over(store):
    arrive(store, "1")
    store.run_now(conversations.rest, "t-ana", now=NOW, until=NOW + LEASE)

    assert waiting(store) == []
    assert store.read_now(inbox.next_free) == NOW + LEASE
    assert waiting(store, now=NOW + 2 * LEASE) == ["t-ana"]


def test_nothing_is_free_next_where_nothing_waits(store):
    assert store.read_now(inbox.next_free) is None
