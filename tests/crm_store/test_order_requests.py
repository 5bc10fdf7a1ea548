"""Requests about orders: entered once however many ask at once, ended by what the shop reports."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from crm_store import customers, history, order_requests, orders, promises, tasks
from crm_store.order_requests import CANCEL, Request
from crm_store.ports import Ulids, VirtualClock
from crm_store.promises import ANSWER, NewPromise
from crm_store.unit_of_work import Store

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
DUE = NOW + timedelta(hours=4)
IDS = Ulids(VirtualClock(NOW), Random(5))


@pytest.fixture
def shop(empty_store: Store) -> Store:
    empty_store.run_now(_fill)
    return empty_store


def _fill(conn):
    customers.add(conn, id="wang", created_at=NOW, name="王芳")
    orders.add(conn, order_no="A1", customer_id="wang", status="paid", ordered_at=NOW)


def ask(store: Store, words: str = "", work: str = CANCEL) -> str | None:
    return store.run_now(order_requests.enter, Request(work, "A1", "wang", words), due_at=DUE, now=NOW, ids=IDS)


def theirs(store: Store) -> list[tuple[str, str]]:
    return [(row.about, row.state) for row in store.read_now(tasks.of_customer, "wang")]


def test_what_is_asked_for_twice_is_one_task(shop):
    first, second = ask(shop), ask(shop)

    assert (first is not None, second) == (True, None)
    assert theirs(shop) == [("order.cancel A1", "open")]


async def test_however_many_ask_at_once_one_task_is_opened(shop):
    request = Request(CANCEL, "A1", "wang")

    opened = await asyncio.gather(
        *(shop.run(order_requests.enter, request, due_at=DUE, now=NOW, ids=IDS) for _ in range(12))
    )

    assert len([one for one in opened if one is not None]) == 1
    assert theirs(shop) == [("order.cancel A1", "open")]


def test_what_was_seen_to_can_be_asked_for_again(shop):
    shop.run_now(tasks.finish, ask(shop), by="agent:li", now=NOW)

    again = ask(shop)

    assert again is not None
    assert theirs(shop) == [("order.cancel A1", "done"), ("order.cancel A1", "open")]


def test_other_words_take_the_place_of_those_under_way(shop):
    ask(shop, "Baker Street 5", "change_address")
    same = ask(shop, "Baker Street 5", "change_address")

    other = ask(shop, "Baker Street 7", "change_address")

    assert (same, other is not None) == (None, True)
    assert theirs(shop) == [
        ("order.change_address A1: Baker Street 5", "done"), ("order.change_address A1: Baker Street 7", "open"),
    ]  # fmt: skip


@pytest.mark.parametrize(("status", "is_over"), [("cancelled", True), ("refunded", True), ("shipped", False)])
def test_the_orders_own_status_keeps_the_promise_once(shop, status, is_over):
    ask(shop)
    promise = NewPromise("wang", DUE, "bot", ANSWER, text=order_requests.label(CANCEL, "A1"))
    shop.run_now(promises.make, promise, now=NOW, ids=IDS)
    shop.run_now(lambda conn: orders.change(conn, "A1", status=status))

    for _ in range(2):
        shop.run_now(order_requests.order_changed, "A1", by="import", now=NOW)

    entries = shop.read_now(lambda conn: list(conn.execute(history.history.select())))
    told = [row.data for row in entries if row.kind == "order.request_answered"]
    assert told == ([{"order_no": "A1", "work": "cancel", "status": status}] if is_over else [])
    assert len([row for row in entries if row.kind == "promise.kept"]) == is_over
    assert theirs(shop) == [("order.cancel A1", "done" if is_over else "open")]
