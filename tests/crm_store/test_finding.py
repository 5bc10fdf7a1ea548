"""A customer is found by a part of what is known of them, however it came to be known."""

import pytest
from sqlalchemy import select

from crm_store import customers, finding
from crm_store.customer_terms import customer_terms
from tests.crm_store.people import NOW, a_customer


@pytest.fixture
def store(empty_store):
    def people(conn):
        a_customer(conn, "wang", name="王雨薇", phone="+8613800001234", email="yuwei.wang@example.com")
        a_customer(conn, "ana", name="Ana María Lopez-Whitfield", phone="+447700909999")
        a_customer(conn, "nobody")
        customers.change(conn, "ana", customer_no="C0017")

    empty_store.run_now(people)
    return empty_store


def found(store, typed):
    return [row.id for row in store.read_now(finding.find, typed, region="CN")]


@pytest.mark.parametrize(
    ("typed", "who"),
    [
        ("王雨薇", "wang"), ("雨薇", "wang"), ("王雨", "wang"),
        ("ana", "ana"), ("LOPEZ", "ana"), ("whit", "ana"), ("maría lo", "ana"),
        ("1234", "wang"), ("00001234", "wang"), ("13800001234", "wang"), ("+44 7700 909999", "ana"),
        ("8613800001234", "wang"),
        ("yuwei.wang@example.com", "wang"), ("wang@ex", "wang"), ("C0017", "ana"), ("c0017", "ana"),
    ],
)  # fmt: skip
def test_somebody_is_found_by_the_beginning_of_what_is_known(store, typed, who):
    assert found(store, typed) == [who]


@pytest.mark.parametrize("typed", ["", "王", "opez", "薇雨", "%", "__", "''", "000123"])
def test_what_begins_nothing_finds_nobody(store, typed):
    assert found(store, typed) == []


def test_who_is_called_otherwise_is_found_by_that_alone(store):
    store.run_now(lambda conn: customers.change(conn, "wang", name="王小雨", phone=None))

    assert found(store, "雨薇") == []
    assert found(store, "1234") == []
    assert found(store, "小雨") == ["wang"]


def test_who_is_gone_is_not_found(store):
    def leaves(conn):
        customers.add(conn, id="liu", created_at=NOW, name="刘备")
        conn.execute(customers.customers.delete().where(customers.customers.c.id == "liu"))

    store.run_now(leaves)

    assert found(store, "刘备") == []
    with_terms = store.read_now(
        lambda conn: conn.execute(select(customer_terms.c.customer_id).distinct()).scalars().all()
    )
    assert sorted(with_terms) == ["ana", "wang"]
