"""What is bought together is counted over orders that stand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from crm_store import bought_together, customers, orders
from crm_store.unit_of_work import Store
from tests.crm_store.people import NOW


@pytest.fixture
def shop(empty_store: Store) -> Store:
    def fill(conn: Connection) -> None:
        customers.add(conn, id="ana", created_at=NOW)
        for number, (status, skus) in enumerate(
            [("paid", "tea cup"), ("delivered", "tea cup pot"), ("cancelled", "tea pot"), ("delivered", "tea tea")], 1
        ):
            orders.add(
                conn, order_no=f"A{number}", customer_id="ana" if number == 2 else None, status=status,
                ordered_at=NOW - timedelta(days=number * 20),
            )  # fmt: skip
            for line, sku in enumerate(skus.split(), 1):
                orders.put_line(
                    conn, order_no=f"A{number}", line=line, sku=sku, quantity=1, unit_price=None, currency="CNY"
                )

    empty_store.run_now(fill)
    return empty_store


def test_what_stands_together_in_several_orders_goes_together(shop: Store) -> None:
    assert shop.read_now(bought_together.bought_with, "tea") == [("cup", 2)]
    assert shop.read_now(lambda conn: bought_together.bought_with(conn, "tea", least=1)) == [("cup", 2), ("pot", 1)]


def test_what_a_customer_bought_and_kept_is_known(shop: Store) -> None:
    assert shop.read_now(bought_together.bought_by, "ana") == ["cup", "pot", "tea"]


def test_what_sells_best_lately_is_counted_by_orders(shop: Store) -> None:
    best = shop.read_now(lambda conn: bought_together.best_sellers(conn, since=NOW - timedelta(days=50)))

    assert best == {"cup": 2, "tea": 2, "pot": 1}
