"""Orders of a list and of the shop's events: an order is what all its rows say, and its steps are remembered once."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection

from crm_store import orders
from crm_store.imports import RowRefused, RowResult
from tests.crm_store.importing import NOW, Shop

A_ROW = {
    "order_no": "A10427", "customer_id": "C1", "ordered_at": "2026-11-18T10:00:00+08:00", "status": "paid",
    "sku": "TEA-001", "quantity": 2, "unit_price": "168.005", "currency": "CNY", "paid_at": "2026-11-18T10:05:00+08:00",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _a_customer(shop: Shop) -> None:
    shop.load("customers", {"customer_id": "C1", "name": "Ana"}, {"customer_id": "C2", "name": "Tom"})


def order(shop: Shop, order_no: str = "A10427") -> orders.OrderView:
    def find(conn: Connection) -> orders.OrderView | None:
        return orders.whole(conn, order_no)

    found = shop.store.read_now(find)
    assert found is not None
    return found


def steps(shop: Shop, customer: str = "C1") -> list[tuple[str, str]]:
    """The order's steps in the customer's timeline, each with its Shanghai day and hour."""
    zone = NOW.tzinfo
    return [
        (entry["kind"], f"{datetime.fromisoformat(entry['at']).astimezone(zone):%d %H}")
        for entry in shop.show(customer)["timeline"]
        if entry["kind"].startswith("order.")
    ]


def test_a_row_is_an_item_and_lines_count_up_within_their_order(shop: Shop) -> None:
    results = shop.load(
        "orders", A_ROW, {**A_ROW, "order_no": "A10428"}, {**A_ROW, "sku": "POT-002", "quantity": -1},
        {**A_ROW, "sku": "CUP-003", "line": 9},
    )  # fmt: skip

    assert results == [RowResult.ADDED] * 4
    assert [(item.sku, item.quantity) for item in order(shop).items] == [
        ("TEA-001", 2),
        ("POT-002", -1),
        ("CUP-003", 2),
    ]
    assert len(order(shop, "A10428").items) == 1


def test_prices_are_kept_unrounded(shop: Shop) -> None:
    shop.load("orders", A_ROW, {**A_ROW, "unit_price": 0.1, "currency": None})

    assert [(item.unit_price, item.currency) for item in order(shop).items] == [
        (Decimal("168.005"), "CNY"), (Decimal("0.1"), "CNY"),
    ]  # fmt: skip


def test_the_catalogue_says_the_price_where_the_row_does_not(shop: Shop) -> None:
    shop.load("products", {"sku": "TEA-001", "price": "21.50", "currency": "GBP"})

    shop.load("orders", {**A_ROW, "unit_price": "", "currency": ""})

    assert [(item.unit_price, item.currency) for item in order(shop).items] == [(Decimal("21.50"), "GBP")]


def test_the_earliest_time_of_an_order_counts_whichever_row_gives_it(shop: Shop) -> None:
    later, earlier = "2026-11-19T08:00:00+08:00", "2026-11-17T08:00:00+08:00"

    shop.load(
        "orders", {**A_ROW, "ordered_at": later}, {**A_ROW, "ordered_at": earlier}, {**A_ROW, "ordered_at": later}
    )

    assert order(shop).ordered_at == datetime.fromisoformat(earlier)


def test_rows_of_an_order_that_disagree_mean_the_same_when_imported_again(shop: Shop) -> None:
    rows = [
        {**A_ROW, "status": "delivered", "carrier": "SF", "tracking_no": "SF1", "shipped_at": "2026-11-19"},
        {**A_ROW, "status": "refunded", "carrier": "EMS", "tracking_no": "E2", "eta": "2026-11-25"},
    ]
    shop.load("orders", *rows)
    before = shop.dump()

    again = shop.load("orders", *rows)

    assert again == [RowResult.UNCHANGED] * 2
    assert shop.dump() == before
    assert (order(shop).status, order(shop).tracking_no) == ("delivered", "SF1")
    assert order(shop).eta == datetime.fromisoformat("2026-11-25T23:59:59+08:00")


def test_a_moment_without_offset_is_in_the_shop_s_zone(shop: Shop) -> None:
    shop.load("orders", {**A_ROW, "ordered_at": "2026-11-18 00:30"})

    assert order(shop).ordered_at == datetime.fromisoformat("2026-11-17T16:30:00+00:00")


def test_an_order_s_steps_are_in_the_history_once_and_at_their_own_times(shop: Shop) -> None:
    shipped = {**A_ROW, "status": "shipped", "shipped_at": "2026-11-19T15:00:00+08:00"}

    for row in (A_ROW, A_ROW, shipped, A_ROW, shipped):
        shop.load("orders", row)

    assert steps(shop) == [("order.created", "18 10"), ("order.paid", "18 10"), ("order.shipped", "19 15")]
    assert order(shop).status == "shipped"


def test_a_cancelled_order_was_cancelled_after_what_is_known_and_when_we_hear_of_it(shop: Shop) -> None:
    shop.load("orders", {**A_ROW, "status": "cancelled"}, {**A_ROW, "order_no": "A10428", "customer_id": "C2"})

    for status in ("cancelled", "paid", "cancelled"):
        shop.load("orders", {**A_ROW, "order_no": "A10428", "customer_id": "C2", "status": status})

    assert steps(shop)[-1] == ("order.cancelled", "18 10")
    assert steps(shop, "C2") == [("order.created", "18 10"), ("order.paid", "18 10"), ("order.cancelled", "22 09")]


def test_an_order_of_nobody_enters_the_history_of_whom_it_turns_out_to_be(shop: Shop) -> None:
    shop.load("orders", {**A_ROW, "customer_id": ""})
    nobody = steps(shop)

    shop.load("orders", A_ROW)
    shop.load("orders", {**A_ROW, "customer_id": ""})

    assert nobody == []
    assert [kind for kind, _ in steps(shop)] == ["order.created", "order.paid"]
    assert shop.show("C1")["orders"][0]["order_no"] == "A10427"


@pytest.mark.parametrize(
    ("change", "field", "mend"),
    [
        ({"customer_id": "C9"}, "customer_id", "import customers first"),
        ({"ordered_at": "18 November"}, "ordered_at", "such as 2026-11-22T18:30:00+08:00"),
        ({"ordered_at": "0001-01-01"}, "ordered_at", "such as 2026-11-22T18:30:00+08:00"),
        ({"ordered_at": "", "paid_at": ""}, "ordered_at", "say when it was ordered"),
        ({"status": "lost"}, "status", "created, paid, shipped, delivered, cancelled, refunded"),
        ({"order_no": None}, "order_no", "every row has to name it"),
        ({"quantity": "1.5"}, "quantity", "write digits alone"),
        ({"unit_price": "1,168.00"}, "unit_price", "such as 199.50"),
        ({"unit_price": float("nan")}, "unit_price", "such as 199.50"),
        ({"unit_price": "¥168"}, "unit_price", "such as 199.50"),
        ({"currency": "yuan"}, "currency", "its three letters"),
    ],
)
def test_a_row_that_cannot_be_meant_is_refused_and_nothing_of_it_written(
    shop: Shop, change: dict[str, Any], field: str, mend: str
) -> None:
    before = shop.dump()

    with pytest.raises(RowRefused) as refused:
        shop.load("orders", {**A_ROW, **change})

    assert refused.value.field == field
    assert mend in refused.value.mend
    assert shop.dump() == before


def test_the_shop_s_events_carry_an_order_along(shop: Shop) -> None:
    shop.hears("order.created", {**A_ROW, "status": "", "paid_at": "", "ordered_at": ""})
    shop.clock.move_to(datetime.fromisoformat("2026-11-23T10:00:00+08:00"))
    shop.hears("order.paid", {"order_no": "A10427"})
    shop.clock.move_to(datetime.fromisoformat("2026-11-24T16:00:00+08:00"))
    shop.hears("order.shipped", {"order_no": "A10427", "carrier": "SF", "eta": "2026-11-26"})
    shop.clock.move_to(datetime.fromisoformat("2026-11-24T18:00:00+08:00"))

    told_again = shop.hears("order.shipped", {"order_no": "A10427"})

    assert told_again is RowResult.UNCHANGED
    assert steps(shop) == [("order.created", "22 09"), ("order.paid", "23 10"), ("order.shipped", "24 16")]
    assert (order(shop).status, order(shop).carrier, len(order(shop).items)) == ("shipped", "SF", 1)


def test_an_event_that_is_none_of_the_shop_s_is_refused(shop: Shop) -> None:
    with pytest.raises(RowRefused, match=r"shop: there is no such event; write one of order\.created, "):
        shop.hears("order.lost", A_ROW)
    with pytest.raises(RowRefused, match="ordered_at"):
        shop.hears("order.cancelled", {"order_no": "A99999"})


def test_a_price_that_nobody_knows_stays_open_and_an_order_may_come_without_items(shop: Shop) -> None:
    when = "2026-11-20T10:00:00+08:00"
    shop.load("orders", {"order_no": "A20001", "customer_id": "C1", "ordered_at": when, "sku": "NEW-1"})
    shop.load("orders", {"order_no": "A20002", "customer_id": "C1", "ordered_at": when, "status": "shipped"})

    assert [(item.sku, item.unit_price) for item in order(shop, "A20001").items] == [("NEW-1", None)]
    assert (order(shop, "A20002").status, order(shop, "A20002").items) == ("shipped", ())
