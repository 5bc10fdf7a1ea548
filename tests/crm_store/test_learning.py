"""What a message meant, as people say; and that a customer's no counts before any of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from crm_store import checking, consents, history, learning
from crm_store.errors import NotAllowed
from crm_store.merging import merge
from crm_store.origins import bringing
from crm_store.ports import Ulids, VirtualClock
from crm_store.unit_of_work import Store
from crm_store.unmerging import unmerge
from tests.crm_store.people import NOW, a_customer

LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def store(empty_store: Store) -> Store:
    for who in ("ana", "bob"):
        empty_store.run_now(a_customer, who)
        empty_store.run_now(said, who, f"in-{who}")
    return empty_store


def said(conn: Connection, who: str, ref: str, text: str | None = "where is it", **more: Any) -> None:
    why = {"understood": {"intent": "greet", "language": "en"}, "decided": {}}
    about = {"customer_id": who, "conversation_id": f"t-{who}", "identity_id": f"i-{who}"}
    history.record(
        conn, at=NOW, **{"kind": "message.in", "by": "customer", "ref": ref, "text": text, "why": why} | about | more
    )


def propose(store: Store, message: str, intent: str = "track_order", *, whose: str = "ana") -> None:
    store.run_now(learning.propose, message, intent, customer_id=whose, by="agent:li", now=NOW)


def accept(store: Store, message: str, intent: str = "track_order") -> None:
    store.run_now(learning.accept, message, intent, language="en", words="where is it", by="user:ops", now=LATER)


def state(store: Store, message: str) -> str:
    return str(store.read_now(learning.of_message, message).state)


def waiting(store: Store) -> list[tuple[str, str]]:
    return [(one.ref, one.meant) for one in store.read_now(learning.waiting, most=10)]


def kept(store: Store) -> list[str]:
    return [one.message for one in store.read_now(learning.kept)]


def wrongs(store: Store) -> list[tuple[str, str]]:
    """What a check of the database finds; its form is another test's matter."""

    def found(conn: Connection) -> list[tuple[str, str]]:
        looks = (look for name, look in checking.checks().items() if name != "form")
        return [(one.table, one.what) for look in looks for one in look(conn)]

    return store.read_now(found)


def test_a_colleagues_later_word_takes_the_place_of_the_earlier(store: Store) -> None:
    propose(store, "in-ana", "track_order")
    propose(store, "in-ana", "ask_stock")

    assert waiting(store) == [("in-ana", "ask_stock")]
    assert store.read_now(learning.of_messages, ["in-ana", "in-bob"]).keys() == {"in-ana"}
    lesson = store.read_now(learning.of_message, "in-ana")
    assert (lesson.understood, lesson.by, lesson.words) == ("greet", "agent:li", None)


def test_what_was_accepted_is_kept_and_waits_no_more_and_the_desk_cannot_change_it(store: Store) -> None:
    propose(store, "in-ana")
    accept(store, "in-ana", "ask_stock")

    assert (waiting(store), kept(store)) == ([], ["in-ana"])
    with pytest.raises(NotAllowed) as refused:
        propose(store, "in-ana")
    assert refused.value.code == "learnt_already"


def test_refusing_a_message_gives_up_what_was_learnt_of_it(store: Store) -> None:
    accept(store, "in-ana")

    store.run_now(learning.refuse, "in-ana", by="user:ops", now=LATER)

    assert kept(store) == []
    assert (state(store, "in-ana"), store.read_now(learning.of_message, "in-ana").words) == ("refused", None)
    accept(store, "in-ana")
    assert kept(store) == ["in-ana"], "who looks after the training may think again"


def test_a_customer_who_says_no_is_learnt_from_neither_now_nor_for_what_was_before(store: Store) -> None:
    accept(store, "in-ana")
    store.run_now(said, "ana", "in-ana-2")
    propose(store, "in-ana-2")
    accept(store, "in-bob")

    assert store.run_now(learning.say, "ana", False, evidence="agent:li", by="agent:li", now=LATER, words="别学")

    assert (kept(store), waiting(store)) == (["in-bob"], [])
    assert not store.read_now(consents.allows_learning, "ana")
    assert store.read_now(consents.refusing_learning, ["ana", "bob"]) == {"ana"}
    for ask in (propose, accept):
        with pytest.raises(NotAllowed) as refused:
            ask(store, "in-ana")
        assert refused.value.code == "learning_refused"
    assert wrongs(store) == []


def test_a_later_yes_opens_what_is_said_from_then_and_brings_nothing_back(store: Store) -> None:
    accept(store, "in-ana")
    store.run_now(learning.say, "ana", False, evidence="agent:li", by="agent:li", now=NOW)

    store.run_now(learning.say, "ana", True, evidence="agent:li", by="agent:li", now=LATER)

    assert kept(store) == []
    assert store.read_now(consents.allows_learning, "ana")
    accept(store, "in-ana")
    assert kept(store) == ["in-ana"]


def test_learning_is_no_purpose_for_which_we_write(store: Store) -> None:
    store.run_now(learning.say, "ana", False, evidence="agent:li", by="agent:li", now=NOW)

    assert store.read_now(consents.of_customer, "ana") == {"service": True, "care": False, "marketing": False}


@pytest.mark.parametrize(
    ("message", "whose"),
    [("in-bob", "ana"), ("nothing", "ana"), ("out-ana", "ana"), ("empty-ana", "ana")],
)
def test_only_a_customers_own_words_are_learnt_from(store: Store, message: str, whose: str) -> None:
    store.run_now(said, "ana", "out-ana", kind="message.out", by="bot")
    store.run_now(said, "ana", "empty-ana", text=None)

    with pytest.raises(NotAllowed) as refused:
        propose(store, message, whose=whose)
    assert refused.value.code == "no_such_message"


def test_a_lesson_goes_where_its_message_goes_when_two_become_one_and_two_again(store: Store) -> None:
    accept(store, "in-bob")
    ids = Ulids(VirtualClock(NOW))

    done = store.run_now(merge, "bob", "ana", now=NOW, by="agent:li", evidence="them")
    store.run_now(_said_since, "bob")
    propose(store, "in-bob-2", whose="ana")
    assert {store.read_now(learning.of_message, one).customer_id for one in ("in-bob", "in-bob-2")} == {"ana"}

    store.run_now(unmerge, done, now=LATER, by="agent:li", ids=ids)

    assert {store.read_now(learning.of_message, one).customer_id for one in ("in-bob", "in-bob-2")} == {"bob"}
    assert wrongs(store) == []


def _said_since(conn: Connection, side: str) -> None:
    with bringing(side):
        said(conn, "ana", "in-bob-2", identity_id="i-bob")


def test_a_no_of_one_counts_for_both_when_two_become_one(store: Store) -> None:
    accept(store, "in-bob")
    store.run_now(learning.say, "ana", False, evidence="agent:li", by="agent:li", now=NOW)

    store.run_now(merge, "bob", "ana", now=NOW, by="agent:li", evidence="them")

    assert kept(store) == []


def test_a_check_finds_words_of_what_is_not_accepted(store: Store) -> None:
    accept(store, "in-ana")
    store.run_now(lambda conn: conn.execute(learning.lessons.update().values(state="refused")))

    assert wrongs(store) == [("lessons", "is not accepted, and its words are still there")]
