"""Whole files: good rows are kept, bad ones named, and the same file again changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_store.customers import customers
from crm_store.imports import ColumnMap, ImportRefused, Refused, import_file, load_mapping
from crm_store.orders import orders
from tests.crm_store.importing import NOW, SETTINGS, Shop

DEMO = Path(__file__).parents[2] / "demo"
TWO_CUSTOMERS = "customer_id,name,phone\nC1,王雨薇,13900001208\nC2,Ana,+44 20 7946 0118\n"


def test_importing_every_file_twice_changes_nothing(shop: Shop) -> None:
    kinds = ("products", "customers", "orders", "points")
    for kind in kinds:
        shop.import_text(kind, (DEMO / f"{kind}.csv").read_bytes())
    before = shop.dump()

    again = {kind: shop.import_text(kind, (DEMO / f"{kind}.csv").read_bytes()) for kind in kinds}

    assert shop.dump() == before
    assert all(report.unchanged == report.rows > 0 for report in again.values())


def test_a_bad_row_is_named_with_line_field_and_mend_and_the_good_ones_are_kept(shop: Shop) -> None:
    report = shop.import_text("customers", TWO_CUSTOMERS + "C3,Tom,12\n\nC4,Li,13900001209\n")

    assert (report.rows, report.added) == (4, 3)
    assert report.refused == [
        Refused(4, "phone", "cannot be a phone number; write one such as +86 138 0000 0000"),
    ]
    assert shop.show("C4")["name"] == "Li"


def test_a_dry_run_reports_the_same_and_writes_nothing(shop: Shop) -> None:
    text = "customer_id,points,at,reference\nC1,100,2026-11-01,a\nC1,-60,2026-11-02,b\nC1,-60,2026-11-03,c\n"
    shop.load("customers", {"customer_id": "C1"})
    before = shop.dump()

    rehearsed = shop.import_text("points", text, dry_run=True)

    assert shop.dump() == before
    assert [path.name for path in shop.folder.iterdir() if path.is_dir()] == []
    assert rehearsed == shop.import_text("points", text)
    assert (rehearsed.added, [refused.line for refused in rehearsed.refused]) == (2, [4])


def test_a_file_with_or_without_byte_order_mark_reads_alike(shop: Shop) -> None:
    shop.import_text("customers", TWO_CUSTOMERS)

    report = shop.import_text("customers", b"\xef\xbb\xbf" + TWO_CUSTOMERS.encode())

    assert (report.unchanged, report.refused) == (2, [])


def test_a_row_that_is_not_utf_8_costs_no_other(shop: Shop) -> None:
    report = shop.import_text("customers", TWO_CUSTOMERS.encode() + "C3,李明远,\n".encode("gbk") + b"C4,Li,\n")

    assert report.added == 3
    assert report.refused == [Refused(4, "name", "holds bytes that are no UTF-8 text; save the file as UTF-8")]


def test_a_row_with_a_stray_comma_or_an_open_quote_is_refused_by_its_line(shop: Shop) -> None:
    report = shop.import_text(
        "customers", TWO_CUSTOMERS + 'C3,Brandt, Tom,\nC4,"Li" Ming,\nC5,Mo,\nC6,"never closed,\n'
    )

    assert [(refused.line, refused.field) for refused in report.refused] == [(4, "row"), (5, "row"), (7, "row")]
    assert shop.show("C5")["name"] == "Mo"


def test_a_value_of_several_lines_is_one_row_and_lines_go_on_counting(shop: Shop) -> None:
    report = shop.import_text("products", 'sku,description_en,stock\nT1,"two\nlines",4\nT2,,many\n')

    assert report.added == 1
    assert [(refused.line, refused.field) for refused in report.refused] == [(4, "stock")]


def test_unknown_columns_are_kept_as_attributes_and_named_where_there_is_no_place(shop: Shop) -> None:
    shop.import_text("customers", "customer_id,allergy\nC1,nuts\nC2,\n")
    points = shop.import_text("points", "customer_id,points,till\nC1,9,north\n")

    attributes = {row.customer_no: row.attributes for row in shop.rows(customers)}
    assert attributes == {"C1": {"allergy": "nuts"}, "C2": None}
    assert points.ignored_columns == ("till",)


def test_unknown_columns_of_an_order_are_kept_with_it_its_first_row_speaking(shop: Shop) -> None:
    rows = ["order_no,customer_id,ordered_at,sku,wrapping,door", "A1,C1,2026-11-01,T1,red,", "A1,,,T2,blue,side"]
    shop.import_text("customers", "customer_id\nC1\n")

    first = shop.import_text("orders", "\n".join([*rows, "A2,C1,2026-11-02,T1,,"]) + "\n")
    again = shop.import_text("orders", "\n".join([*rows, "A2,C1,2026-11-02,T1,,"]) + "\n")

    assert (first.ignored_columns, first.refused, again.unchanged) == ((), [], 3)
    assert {row.order_no: row.attributes for row in shop.rows(orders)} == {
        "A1": {"wrapping": "red", "door": "side"}, "A2": None,
    }  # fmt: skip
    shop.load("orders", {"order_no": "A1", "wrapping": "green"})
    assert shop.show("C1")["orders"][-1]["attributes"] == {"wrapping": "green", "door": "side"}


def test_a_header_without_the_key_is_refused_with_the_mend(shop: Shop) -> None:
    with pytest.raises(ImportRefused, match=r"customers\.csv:1: the column customer_id is missing; is customer_no the"):
        shop.import_text("customers", "customer_no,name\nC1,Ana\n")
    with pytest.raises(ImportRefused, match="apart by commas"):
        shop.import_text("points", "")
    with pytest.raises(ImportRefused, match="the column name is there twice"):
        shop.import_text("customers", "customer_id,name,name\n")


def test_a_file_that_is_not_there_and_a_kind_that_is_not_ours_are_refused(shop: Shop) -> None:
    with pytest.raises(ImportRefused, match="name a CSV file that is there"):
        import_file(
            shop.store, "orders", shop.folder / "none.csv", now=NOW, ids=shop.ids, settings=SETTINGS
        )  # fmt: skip
    with pytest.raises(ImportRefused, match="write one of customers, products, orders, points, coupons"):
        shop.import_text("vouchers", "code\nX\n")


def test_many_rows_are_written_over_several_transactions_and_progress_reaches_the_end(shop: Shop) -> None:
    path = shop.folder / "many.csv"
    path.write_text("customer_id,name\n" + "".join(f"C{n},N{n}\n" for n in range(1201)), encoding="utf-8")
    shares: list[float] = []

    report = import_file(
        shop.store, "customers", path, now=NOW, ids=shop.ids, settings=SETTINGS, progress=shares.append
    )

    assert report.added == 1201
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_a_column_map_names_their_columns_constants_and_days(shop: Shop) -> None:
    path = shop.folder / "map.yml"
    path.write_text(
        "columns: {customer_id: 会员号, name: 姓名, birthday: 生日}\n"
        "constants: {language: zh}\ndate_format: '%Y/%m/%d'\n", encoding="utf-8",
    )  # fmt: skip

    mapping = load_mapping(path, "customers")
    report = shop.import_text("customers", "会员号,姓名,生日\n8,王雨薇,1988/11/29\n9,方,29.11.88\n", mapping=mapping)

    shown = shop.show("8")
    assert (shown["name"], shown["language"]) == ("王雨薇", "zh")
    assert (shown["birthday"]["year"], shown["birthday"]["month"], shown["birthday"]["day"]) == (1988, 11, 29)
    assert report.refused == [Refused(3, "birthday", "is no day; write it as %Y/%m/%d")]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("colums: {}", r"map\.yml: colums: there is no such key; did you mean columns\?"),
        ("columns: {fone: tel}", r"columns\.fone: customers have no such column; did you mean phone\?"),
        ("constants: zh", "constants: has to hold lines"),
        ("date_format: 7", "date_format: has to be text"),
        ("- columns", r"map\.yml:1: has to hold columns"),
        ("columns: {", r"map\.yml:1: is no YAML"),
    ],
)
def test_a_column_map_that_cannot_be_meant_is_refused_by_its_key(shop: Shop, text: str, complaint: str) -> None:
    path = shop.folder / "map.yml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ImportRefused, match=complaint):
        load_mapping(path, "customers")


def test_a_map_that_names_a_column_which_the_file_lacks_is_refused(shop: Shop) -> None:
    with pytest.raises(ImportRefused, match=r"columns\.name names a column that is not here; is nome the one"):
        shop.import_text("customers", "customer_id,nome\nC1,Ana\n", mapping=ColumnMap({"name": "nom"}))
