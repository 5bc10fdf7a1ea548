"""A phone that somebody typed says who they may be, and no more."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from crm_store import customers, history
from crm_store.suggesting import SUGGESTED, by_typed_phones, suggestions
from crm_store.unit_of_work import Store
from tests.crm_store.people import NOW, a_customer

PHONE, OTHER = "+8613800138000", "+8613900139000"


@pytest.fixture
def store(empty_store: Store) -> Store:
    empty_store.run_now(a_customer, "known", phone=PHONE, number="C1")
    empty_store.run_now(a_customer, "stranger")
    return empty_store


def types(conn: Connection, *phones: str) -> list[str]:
    """Let the stranger type phones; returns whom that suggests."""
    found = by_typed_phones(conn, "stranger", phones)
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
