"""A shop's file as it is: one for all, items without customers, repeated, returned, invoices with two times."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from benchmarks.imports import MAPS, SETTINGS, sums
from crm_store.customers import customers
from crm_store.imports import ImportRefused, Report, import_file, load_mapping, write_refused
from crm_store.orders import order_lines
from tests.crm_store.importing import NOW, Shop

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
FILE = HEADER + (
    "536365,85123A,WHITE HANGING HEART T-LIGHT HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n"
    "536365,85123A,WHITE HANGING HEART T-LIGHT HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n"  # repeated
    "536365,71053,,6,2010-12-01 08:27:00,3.390,17850.0,Cyprus\n"  # another time, no name, another country
    "536544,71053,WHITE METAL LANTERN,1,2010-12-01 14:32:00,7.62,,United Kingdom\n"  # of nobody
    "C536379,71053,WHITE METAL LANTERN,-2,2010-12-01 09:41:00,3.39,17850.0,United Kingdom\n"  # returned
    "A563185,B,Adjust bad debt,1,2011-08-12 14:50:00,-11062.06,,United Kingdom\n"
)


def bring_in(shop: Shop, text: str = FILE) -> dict[str, Report]:
    path = shop.folder / "retail.csv"
    path.write_text(text, encoding="utf-8")
    return {
        kind: import_file(
            shop.store, kind, path, mapping=load_mapping(MAPS / f"{kind}.yml", kind), now=NOW, ids=shop.ids,
            settings=SETTINGS,
        )
        for kind in ("customers", "products", "orders")
    }  # fmt: skip


def test_one_file_of_items_makes_customers_products_and_orders(shop: Shop) -> None:
    reports = bring_in(shop)

    found = shop.store.read_now(sums)
    assert (found.customers, found.products, found.orders, found.cancelled) == (1, 3, 4, 1)
    assert (found.items, found.items_of_nobody) == (6, 2)
    assert found.revenue == Decimal("30.600") + Decimal("20.340") + Decimal("7.62") - Decimal("6.78") - Decimal(
        "11062.06"
    )
    assert (reports["customers"].passed_over, reports["customers"].refused) == (2, [])
    shown = {order["order_no"]: order for order in shop.show("17850")["orders"]}
    assert shown["536365"]["ordered_at"] == "2010-12-01T08:26:00+00:00"
    assert shown["C536379"]["status"] == "cancelled"
    assert [item["unit_price"] for item in shown["536365"]["items"]] == ["2.55", "2.55", "3.390"]


def test_the_first_row_of_a_customer_speaks_so_the_file_means_the_same_each_time(shop: Shop) -> None:
    bring_in(shop)
    before = shop.dump()

    again = bring_in(shop)

    assert shop.dump() == before
    assert all(report.added == report.changed == 0 for report in again.values())
    assert [row.attributes["Country"] for row in shop.rows(customers)] == ["United Kingdom"]


def test_further_rows_of_a_customer_complete_and_add_a_channel(shop: Shop) -> None:
    text = (
        "customer_id,name,city,member,channel,channel_user_id,marketing_consent\nC1,王雨薇,,,telegram,1,0\n"
        "C1,小王,杭州,1,wechat,w1,1\n"
    )

    first, second = shop.import_text("customers", text), shop.import_text("customers", text)

    shown = shop.show("C1")
    assert (shown["name"], shown["member"]) == ("王雨薇", True)
    assert {one["channel"] for one in shown["identities"]} == {"telegram", "wechat"}
    assert shown["consent"]["marketing"] is False
    assert (first.added, first.changed, second.unchanged) == (1, 1, 2)


def test_refused_rows_are_written_to_a_file_that_can_be_mended_and_imported(shop: Shop) -> None:
    source, mend = shop.folder / "retail.csv", shop.folder / "mend.csv"
    mapping = load_mapping(MAPS / "orders.yml", "orders")
    reports = bring_in(shop, FILE.replace("71053,,6,", "71053,,six,"))

    written = write_refused(source, "orders", reports["orders"].refused, mend, mapping)

    (row,) = csv.DictReader(mend.read_text(encoding="utf-8").splitlines())
    assert written == 1
    assert (row["refused_line"], row["refused_field"], row["line"]) == ("4", "quantity", "3")
    assert mend.stat().st_mode & 0o777 == 0o600
    mend.write_text(mend.read_text(encoding="utf-8").replace(",six,", ",6,"), encoding="utf-8")
    report = import_file(shop.store, "orders", mend, mapping=mapping, now=NOW, ids=shop.ids, settings=SETTINGS)
    assert (report.added, report.refused) == (1, [])
    assert [(one.line, one.sku) for one in shop.rows(order_lines) if one.order_no == "536365"] == [
        (1, "85123A"),
        (2, "85123A"),
        (3, "71053"),
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("only_with: customer_id", "only_with: has to be a list such as"),
        (
            "whole_numbers: [custmer_id]",
            r"whole_numbers\.custmer_id: orders have no such column; did you mean customer",
        ),
        ("when: {column: a}", "when: has to be a list of rules"),
        ("when: [{column: order_no}]", "when, rule 1: has to have column, starts_with, set"),
        ("when: [{column: number, starts_with: C, set: {}}]", "when, rule 1.number: orders have no such column"),
        ("when: [{column: order_no, starts_with: C, set: {state: x}}]", "rule 1, set.state: orders have no such"),
    ],
)
def test_a_rule_of_a_column_map_that_cannot_be_meant_is_refused_by_its_place(
    tmp_path: Path, text: str, complaint: str
) -> None:
    path = tmp_path / "map.yml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ImportRefused, match=complaint):
        load_mapping(path, "orders")
