"""A one-time link makes whoever brings it back the customer whom it was sent to: once, in time, and nobody else."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from crm_store import customers, identities, link_tokens, merging
from crm_store.link_tokens import LASTS
from crm_store.link_tokens import link_tokens as table
from crm_store.showing import customer_json
from crm_store.unit_of_work import Store
from tests.crm_store.people import NOW, a_customer

TOKEN = link_tokens.made_up(Random(7))


@pytest.fixture
def store(empty_store: Store) -> Store:
    empty_store.run_now(a_customer, "ana", number="C001")
    empty_store.run_now(a_customer, "stranger")
    return empty_store


def issue(store: Store, who: str = "ana", token: str = TOKEN, **how) -> None:
    store.run_now(link_tokens.issue, who, token, now=NOW, by="user:li", **how)


def bring(store: Store, token: str = TOKEN, *, who: str = "stranger", after: timedelta = timedelta(0)) -> str | None:
    def redeem(conn):
        return link_tokens.redeem(conn, identities.find(conn, "telegram", who), token, now=NOW + after)

    return store.run_now(redeem)


def test_the_one_who_brings_it_is_the_customer_with_all_that_was_theirs(store: Store) -> None:
    issue(store)

    assert bring(store) == "ana"

    page = store.read_now(customer_json, "ana", NOW)
    assert {one["user_id"]: one["verified"] for one in page["identities"]}["stranger"] is True
    kinds = [entry["kind"] for entry in page["timeline"]]
    assert kinds.count("identity.linked") == kinds.count("identity.merged") == 1


def test_it_works_once(store: Store) -> None:
    store.run_now(a_customer, "third")
    issue(store)

    assert bring(store) == "ana"
    assert bring(store, who="third") is None
    assert store.read_now(identities.find, "telegram", "third").customer_id == "third"


@pytest.mark.parametrize(("after", "works"), [(LASTS - timedelta(seconds=1), True), (LASTS, False)])
def test_it_works_in_its_time(store: Store, after: timedelta, works: bool) -> None:
    issue(store)

    assert (bring(store, after=after) == "ana") is works


def test_one_that_nobody_was_given_does_nothing(store: Store) -> None:
    issue(store)

    assert [bring(store, token) for token in ("", "x", TOKEN[:-1], TOKEN.lower(), "\ud800")] == [None] * 5
    assert bring(store) == "ana", "and the true one still works"


def test_it_leads_to_whom_the_customer_has_become(store: Store) -> None:
    store.run_now(a_customer, "bob", number="C002")
    issue(store, "ana")
    store.run_now(merging.merge, "ana", "bob", evidence="desk", by="agent:li", now=NOW)

    assert bring(store) == "bob"


def test_what_went_to_the_address_proves_the_address(store: Store) -> None:
    issue(store, way="email")
    bring(store)

    assert store.read_now(identities.find, "telegram", "stranger").evidence == "email"


def test_the_token_itself_is_kept_nowhere_and_those_that_have_ended_are_forgotten(store: Store) -> None:
    issue(store)
    store.run_now(link_tokens.issue, "ana", "another", now=NOW + LASTS + timedelta(seconds=1), by="user:li")

    def rows(conn):
        return [tuple(row) for row in conn.execute(table.select())]

    (kept,) = store.read_now(rows)
    assert "another" not in kept
    assert TOKEN not in kept


def test_one_lasts_no_longer_than_a_month(store: Store) -> None:
    for lasts in (timedelta(0), timedelta(days=31)):
        with pytest.raises(ValueError, match="up to 30 days"):
            issue(store, lasts=lasts)


def test_a_customer_who_is_no_more_is_nobody(store: Store) -> None:
    issue(store, "nobody")

    assert bring(store) is None
    assert store.read_now(customers.by_id, "stranger") is not None
