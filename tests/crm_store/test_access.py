"""A stranger asking after an order proves who they are by its phone, in three tries a day, and learns nothing else."""

from datetime import timedelta

import pytest

from crm_store import access, orders
from crm_store.unit_of_work import Store
from tests.crm_store.people import NOW, a_customer


@pytest.fixture
def store(empty_store: Store) -> Store:
    empty_store.run_now(a_customer, "ana", phone="+8613800138000")
    empty_store.run_now(a_customer, "bob")
    for order_no, who in (("A-1", "ana"), ("B-1", "bob"), ("N-1", None)):
        empty_store.run_now(orders.add, order_no=order_no, customer_id=who, status="paid", ordered_at=NOW)
    return empty_store


def tries(store, *attempts, who="i-eve", now=NOW):
    return [
        store.run_now(access.phone_matches, identity_id=who, order_no=order_no, last4=last4, now=now)
        for order_no, last4 in attempts
    ]


def test_the_right_digits_open_the_order(store):
    assert tries(store, ("A-1", "8000")) == ["match"]


def test_right_digits_never_use_a_try_up(store):
    assert tries(store, *[("A-1", "8000")] * 5, ("A-1", "1111")) == ["match"] * 5 + ["no_match"]


def test_after_three_wrong_tries_not_even_the_right_digits_help(store):
    wrong = ("A-1", "1111")

    assert tries(store, wrong, wrong, wrong, ("A-1", "8000")) == ["no_match", "no_match", "locked", "locked"]


@pytest.mark.parametrize("order_no", ["A-1", "B-1", "N-1", "X-1"])
def test_an_unknown_order_answers_exactly_like_one_that_is_not_yours(store, order_no):
    """A-1 is somebody else's, B-1's customer has no phone, N-1 has no customer, X-1 does not exist."""
    answers = tries(store, *[(order_no, "1111")] * 4)

    assert answers == ["no_match", "no_match", "locked", "locked"]


def test_tries_at_several_orders_count_together(store):
    assert tries(store, ("A-1", "1111"), ("X-1", "1111"), ("B-1", "1111")) == ["no_match", "no_match", "locked"]


def test_the_next_day_brings_new_tries(store):
    wrong = ("A-1", "1111")
    assert tries(store, *[wrong] * 3)[-1] == "locked"

    assert tries(store, ("A-1", "8000"), now=NOW + timedelta(days=1)) == ["match"]


def test_one_persons_wrong_tries_lock_nobody_else_out(store):
    assert tries(store, *[("A-1", "1111")] * 3)[-1] == "locked"

    assert tries(store, ("A-1", "8000"), who="i-ana") == ["match"]


@pytest.mark.parametrize("last4", ["", "0138000", "８０００", "80OO"])
def test_only_exactly_the_four_digits_match(store, last4):
    assert tries(store, ("A-1", last4)) == ["no_match"]
