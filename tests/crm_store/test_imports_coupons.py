"""Coupons of a list: issued once, used where the list names the order, refused by their column."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection

from crm_store import checking, coupons
from crm_store.coupons import Offer
from crm_store.imports import ImportRefused, RowRefused, RowResult, files, load_mapping
from tests.crm_store.importing import Shop

ROW = {"customer_id": "C1", "coupon": "ten-off", "code": "SPRING-001", "issued_at": "2026-11-01"}


@pytest.fixture(autouse=True)
def _a_customer(shop: Shop) -> None:
    shop.load("customers", {"customer_id": "C1"}, {"customer_id": "C2"})
    shop.write(coupons.define, Offer("ten-off", "amount", Decimal(10), currency="CNY", min_spend=Decimal(50), stock=3))


def held(shop: Shop, who: str = "C1") -> list[tuple[Any, ...]]:
    return [(one["code"], one["state"], one["order_no"]) for one in shop.show(who)["coupons"]]


def test_a_coupon_keeps_the_code_that_was_printed_on_it_and_its_own_end(shop: Shop) -> None:
    shop.load("coupons", ROW | {"expires_at": "2027-01-31"}, ROW | {"code": "", "reference": "old-2"})

    first, second = shop.show("C1")["coupons"]
    assert (first["code"], first["expires_at"]) == ("SPRING-001", "2027-01-31T15:59:59+00:00")
    assert (len(second["code"]), second["expires_at"]) == (14, "2026-11-30T16:00:00+00:00")
    assert shop.kinds("C1") == ["coupon.issued"] * 2


def test_the_same_list_again_changes_nothing(shop: Shop) -> None:
    rows = [ROW, ROW | {"code": "SPRING-002", "order_no": "A1", "used_at": "2026-11-05"}]
    shop.load("coupons", *rows)
    before = shop.dump()

    again = shop.load("coupons", *rows)

    assert again == [RowResult.UNCHANGED] * 2
    assert shop.dump() == before
    assert held(shop) == [("SPRING-001", "issued", None), ("SPRING-002", "used", "A1")]


def test_a_later_list_says_that_it_was_used(shop: Shop) -> None:
    shop.load("coupons", ROW)

    results = shop.load("coupons", ROW | {"order_no": "A1", "used_at": "2026-11-05"})

    assert results == [RowResult.CHANGED]
    assert shop.kinds("C1") == ["coupon.issued", "coupon.used"]


def test_a_coupon_that_has_come_back_is_not_used_again_by_the_old_list(shop: Shop) -> None:
    used = ROW | {"order_no": "A1", "used_at": "2026-11-20"}
    shop.load("orders", {"order_no": "A1", "customer_id": "C1", "ordered_at": "2026-11-20", "status": "paid"})
    shop.load("coupons", used)
    shop.load("orders", {"order_no": "A1", "status": "cancelled"})

    assert shop.load("coupons", used) == [RowResult.UNCHANGED]
    assert held(shop) == [("SPRING-001", "issued", None)]


@pytest.mark.parametrize(
    ("changed", "field", "mend"),
    [
        ({"customer_id": "C9"}, "customer_id", "import customers first"),
        ({"coupon": "five-off"}, "coupon", "shuke coupon define"),
        ({"coupon": ""}, "coupon", "every row has to name it"),
        ({"code": "a b"}, "code", "4 to 40"),
        ({"code": ""}, "reference", "give one of the two"),
        ({"expires_at": "2026-10-01"}, "expires_at", "a later day"),
        ({"used_at": "2026-11-05"}, "order_no", "name the order"),
        ({"used_at": "2026-10-05", "order_no": "A1"}, "used_at", "correct one of the two"),
        ({"used_at": "2027-02-05", "order_no": "A1"}, "order_no", "leave order_no and used_at out"),
        ({"reference": "other"}, "code", "a code of its own"),
        ({"customer_id": "C2"}, "reference", "a reference of its own"),
    ],
)
def test_a_coupon_that_cannot_be_meant_is_refused_and_nothing_of_it_is_kept(
    shop: Shop, changed: dict[str, str], field: str, mend: str
) -> None:
    if {"reference", "customer_id"} & set(changed):
        shop.load("coupons", ROW)
    before = shop.dump()

    with pytest.raises(RowRefused) as refused:
        shop.load("coupons", ROW | changed)

    assert refused.value.field == field
    assert mend in refused.value.mend
    assert shop.dump() == before


def test_a_file_that_was_stopped_goes_on_and_names_what_it_refuses(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "ROWS_A_TRANSACTION", 2)
    lines = ["customer_id,coupon,code", "C1,ten-off,AAAA", "C9,ten-off,BBBB", "C1,ten-off,CCCC", "C2,ten-off,DDDD"]
    text = "\n".join([*lines, "C2,ten-off,EEEE", ""])
    apply_all, through = files._apply_all, iter(range(1))

    def stopping(conn: Connection, *args: Any) -> Any:
        report = apply_all(conn, *args)
        if next(through, None) is None:
            raise KeyboardInterrupt
        return report

    with monkeypatch.context() as patched:
        patched.setattr(files, "_apply_all", stopping)
        with pytest.raises(KeyboardInterrupt):
            shop.import_text("coupons", text)

    report = shop.import_text("coupons", text)

    assert (report.resumed_at, report.rows, report.added) == (2, 5, 3)
    assert [(one.line, one.field) for one in report.refused] == [(3, "customer_id"), (6, "coupon")]
    assert [*held(shop), *held(shop, "C2")] == [
        ("AAAA", "issued", None), ("CCCC", "issued", None), ("DDDD", "issued", None),
    ]  # fmt: skip
    assert shop.store.read_now(lambda conn: list(checking.checks()["coupons"](conn))) == []


def test_its_columns_are_known_to_a_map(shop: Shop) -> None:
    path = shop.folder / "map.yml"
    path.write_text("columns: {voucher: No}\n", encoding="utf-8")

    with pytest.raises(ImportRefused, match=r"coupons have no such column"):
        load_mapping(path, "coupons")


def test_columns_of_the_shops_own_are_kept_with_the_coupon_and_a_later_list_adds_to_them(shop: Shop) -> None:
    own = ROW | {"campaign": "spring fair", "shelf": "3"}

    results = [shop.load("coupons", own), shop.load("coupons", own), shop.load("coupons", ROW | {"shelf": "4"})]

    assert results == [[RowResult.ADDED], [RowResult.UNCHANGED], [RowResult.CHANGED]]
    (coupon,) = shop.show("C1")["coupons"]
    assert coupon["attributes"] == {"campaign": "spring fair", "shelf": "4"}
    assert shop.kinds("C1") == ["coupon.issued"], "what else is said of it is no step"
