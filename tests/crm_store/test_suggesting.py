"""A phone or an address that somebody typed, or shares, says who they may be, and no more."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from crm_store import customers, history
from crm_store.suggesting import MOST, SUGGESTED, by_typed, dismiss, matches, suggestions
from crm_store.unit_of_work import Store
from tests.crm_store.people import NOW, a_customer

PHONE, OTHER = "+8613800138000", "+8613900139000"
ADDRESS = "ana@example.com"


@pytest.fixture
def store(empty_store: Store) -> Store:
    empty_store.run_now(a_customer, "known", phone=PHONE, email=ADDRESS, number="C1")
    empty_store.run_now(a_customer, "stranger")
    return empty_store


def types(conn: Connection, *typed: str) -> list[str]:
    """Let the stranger type phones and addresses; returns whom that suggests."""
    found = by_typed(conn, "stranger", [("email" if "@" in one else "phone", one) for one in typed])
    for match in found:
        history.record(conn, at=NOW, kind=SUGGESTED, by="system", customer_id="stranger", data=match)
    return [match["match"] for match in found]


def test_a_typed_phone_suggests_its_owner_once(store: Store) -> None:
    first = store.run_now(types, PHONE, PHONE)
    again = store.run_now(types, PHONE)

    assert (first, again) == (["known"], [])
    (shown,) = store.read_now(suggestions, "stranger")
    assert shown == {"customer": "C1", "by": "typed_phone", "at": NOW.isoformat()}
    assert PHONE not in str(shown)


def test_a_phone_of_nobody_of_oneself_or_of_two_suggests_nobody(store: Store) -> None:
    store.run_now(a_customer, "twin", phone=OTHER)
    assert store.run_now(types, OTHER) == ["twin"]

    store.run_now(customers.change, "stranger", phone=OTHER)

    assert store.run_now(types, OTHER) == [], "it is theirs too"
    assert store.run_now(types, "+447700900000") == []
    assert store.run_now(types) == []


def test_who_has_become_that_customer_is_suggested_no_more(store: Store) -> None:
    store.run_now(types, PHONE)

    store.run_now(
        history.record, at=NOW, kind=SUGGESTED, by="system", customer_id="known",
        data={"match": "known", "by": "typed_phone"},
    )  # fmt: skip

    assert store.read_now(suggestions, "known") == []


def test_a_typed_address_suggests_its_owner_as_a_phone_does(store: Store) -> None:
    first = store.run_now(types, ADDRESS)
    again = store.run_now(types, PHONE, ADDRESS)

    assert (first, again) == (["known"], [])
    (shown,) = store.read_now(suggestions, "stranger")
    assert shown == {"customer": "C1", "by": "typed_email", "at": NOW.isoformat()}
    assert store.run_now(types, "nobody@example.com") == []
    assert store.read_now(suggestions, "known") == [], "who typed it may be them; they said nothing"


def test_an_address_of_two_suggests_neither_to_who_types_it(store: Store) -> None:
    store.run_now(a_customer, "twin", email=ADDRESS)

    assert store.run_now(types, ADDRESS) == []


@pytest.mark.parametrize(("shared", "by"), [({"email": ADDRESS}, "same_email"), ({"phone": PHONE}, "same_phone")])
def test_two_with_the_same_on_file_are_suggested_to_each_other(store: Store, shared: dict[str, str], by: str) -> None:
    store.run_now(customers.change, "stranger", **shared)

    told = [[(one.id, one.by, one.called) for one in store.read_now(matches, who)] for who in ("known", "stranger")]

    assert told == [[("stranger", by, "telegram:stranger")], [("known", by, "C1")]]


def test_who_shares_both_or_has_typed_it_too_is_suggested_once(store: Store) -> None:
    store.run_now(types, PHONE)
    store.run_now(customers.change, "stranger", phone=PHONE, email=ADDRESS)

    assert [one.id for one in store.read_now(matches, "stranger")] == ["known"]
    assert [one.id for one in store.read_now(matches, "known")] == ["stranger"]


def test_two_who_share_and_are_not_the_same_are_suggested_neither_way_any_more(store: Store) -> None:
    store.run_now(customers.change, "stranger", email=ADDRESS)

    dismissed = store.run_now(dismiss, "known", "stranger", by="agent:li", now=NOW)

    assert dismissed
    assert [store.read_now(matches, who) for who in ("known", "stranger")] == [[], []]


def test_what_more_share_than_tell_apart_suggests_nobody(store: Store) -> None:
    for number in range(MOST):
        store.run_now(a_customer, f"many-{number}", email=ADDRESS)
    assert len(store.read_now(matches, "known")) == MOST

    store.run_now(a_customer, "one-more", email=ADDRESS)

    assert store.read_now(matches, "known") == []
