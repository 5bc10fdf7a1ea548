"""Points and products of a list."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection

from crm_store import catalogue
from crm_store.imports import RowRefused, RowResult
from tests.crm_store.importing import Shop


def a_row(points: Any, at: str, reference: str, expires_at: str | None = None) -> dict[str, Any]:
    return {
        "customer_id": "C1", "points": points, "reason": "order", "at": at, "expires_at": expires_at,
        "reference": reference,
    }  # fmt: skip


@pytest.fixture(autouse=True)
def _a_customer(shop: Shop) -> None:
    shop.load("customers", {"customer_id": "C1", "member": "1"})


def test_spending_draws_on_the_lot_that_expires_soonest(shop: Shop) -> None:
    shop.load(
        "points",
        a_row(100, "2026-10-01", "late", "2027-10-01"),
        a_row(50, "2026-10-02", "never"),
        a_row(80, "2026-10-03", "soon", "2026-12-24"),
        a_row(-90, "2026-11-01", "redeem"),
    )

    shown = shop.show("C1")
    assert shown["points"] == 140
    assert shown["lots"] == [
        {"points": 90, "expires_at": "2027-10-01T15:59:59+00:00"}, {"points": 50, "expires_at": None},
    ]  # fmt: skip
    assert shop.kinds("C1") == ["points.earned"] * 3 + ["points.spent"]


def test_a_reference_is_entered_once(shop: Shop) -> None:
    rows = [a_row(100, "2026-10-01", "a"), a_row(-40, "2026-10-02", "b")]
    shop.load("points", *rows)
    before = shop.dump()

    again = shop.load("points", *rows)

    assert again == [RowResult.UNCHANGED] * 2
    assert shop.dump() == before


def test_a_row_without_a_reference_is_named_by_what_it_says(shop: Shop) -> None:
    shop.load("points", a_row(100, "2026-10-01", ""))
    shop.load("points", a_row(100, "2026-10-01", ""))
    shop.load("points", a_row(100, "2026-10-02", ""))

    assert shop.show("C1")["points"] == 200


def test_a_lot_that_has_expired_meanwhile_is_entered_so_that_what_was_spent_of_it_is_true(shop: Shop) -> None:
    shop.load("points", a_row(100, "2025-01-01", "a", "2025-12-31"), a_row(-30, "2025-06-01", "b"))

    shown = shop.show("C1")
    assert (shown["points"], shown["lots"]) == (0, [])
    assert [entry["data"]["balance"] for entry in shown["timeline"]] == [100, 70]


@pytest.mark.parametrize(
    ("row", "field", "mend"),
    [
        (a_row(0, "2026-10-01", "a"), "points", "points spent with a minus"),
        (a_row("", "2026-10-01", "a"), "points", "every row has to name it"),
        (a_row("ten", "2026-10-01", "a"), "points", "digits alone"),
        (a_row(10**12, "2026-10-01", "a"), "points", "digits alone"),
        (a_row(-1, "2026-10-01", "a"), "points", "oldest on top"),
        (a_row(10, "2026-10-01", "a", "2026-09-01"), "expires_at", "a later day"),
        ({**a_row(10, "2026-10-01", "a"), "customer_id": "C9"}, "customer_id", "import customers first"),
    ],
)
def test_a_movement_that_cannot_be_meant_is_refused(shop: Shop, row: dict[str, Any], field: str, mend: str) -> None:
    before = shop.dump()

    with pytest.raises(RowRefused) as refused:
        shop.load("points", row)

    assert refused.value.field == field
    assert mend in refused.value.mend
    assert shop.dump() == before


def test_a_product_goes_by_all_its_names_and_empty_columns_keep_what_is_known(shop: Shop) -> None:
    def product(conn: Connection) -> Any:
        return catalogue.by_sku(conn, "TEA-001")

    shop.load(
        "products", {"sku": "TEA-001", "name_zh": "龙井", "aliases": "longjing | dragon well||", "price": "168.00"}
    )
    results = shop.load(
        "products",
        {"sku": "TEA-001", "price": 168, "stock": None},
        {"sku": "TEA-001", "stock": 0, "origin": "Xinchang"},
        {"sku": "TEA-001", "stock": "0", "origin": "Xinchang", "aliases": ["longjing", "dragon well"]},
    )

    kept = shop.store.read_now(product)
    assert results == [RowResult.UNCHANGED, RowResult.CHANGED, RowResult.UNCHANGED]
    assert shop.store.read_now(catalogue.names) == [("TEA-001", ("龙井", "longjing", "dragon well"))]
    assert (str(kept.price), kept.currency, kept.stock, kept.attributes) == ("168.00", "CNY", 0, {"origin": "Xinchang"})
