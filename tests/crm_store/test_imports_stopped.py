"""An import that is stopped, wherever, goes on where it was, and nobody takes half of it for the whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection

from crm_store.customers import customers
from crm_store.imports import ImportRefused, Refused, files, import_file, journal, unfinished
from crm_store.orders import order_lines
from crm_store.unit_of_work import Store
from tests.crm_store.importing import NOW, SETTINGS, Shop

ROWS_A_TRANSACTION = 20
ROWS = 64
"""More than three transactions."""


@pytest.fixture(autouse=True)
def small_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "ROWS_A_TRANSACTION", ROWS_A_TRANSACTION)


class Stopped(Exception):
    """The process dies here."""


def items(count: int = ROWS) -> str:
    """A row in eight of a customer whom nobody knows, so that there is something to refuse."""
    rows = (f"A{n // 4},{'C9' if n % 8 == 7 else ''},2026-11-01T09:00:00,T{n % 9},2" for n in range(count))
    return "order_no,customer_id,ordered_at,sku,quantity\n" + "\n".join(rows) + "\n"


def stop_after(monkeypatch: pytest.MonkeyPatch, transactions: int) -> None:
    """Let so many transactions of the next import through, and none after them."""
    through = iter(range(transactions))
    apply_all: Callable[..., Any] = files._apply_all

    def stopping(conn: Connection, *args: Any) -> Any:
        report = apply_all(conn, *args)
        if next(through, None) is None:
            raise Stopped  # written and not committed
        return report

    monkeypatch.setattr(files, "_apply_all", stopping)


@pytest.mark.parametrize("transactions", [0, 1, 3])
def test_an_import_that_was_stopped_goes_on_and_ends_as_if_it_had_not_been(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, transactions: int
) -> None:
    with monkeypatch.context() as patched:
        stop_after(patched, transactions)
        with pytest.raises(Stopped):
            shop.import_text("orders", items())
    written = len(shop.rows(order_lines))

    report = shop.import_text("orders", items())

    assert report.resumed_at == transactions * ROWS_A_TRANSACTION
    assert written == report.resumed_at - report.resumed_at // 8
    assert (report.rows, report.added, len(report.refused)) == (ROWS, ROWS * 7 // 8, ROWS // 8)
    assert report.refused == sorted(report.refused)
    assert {(row.order_no, row.line, row.sku) for row in shop.rows(order_lines)} == {
        (f"A{n // 4}", n % 4 + 1, f"T{n % 9}") for n in range(ROWS) if n % 8 != 7
    }
    assert shop.store.read_now(unfinished) == []


def test_a_half_import_is_named_until_it_is_finished(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        stop_after(patched, 2)
        with pytest.raises(Stopped):
            shop.import_text("orders", items())

    (run,) = shop.store.read_now(unfinished)
    assert (run.kind, run.file, run.rows) == ("orders", "orders.csv", 2 * ROWS_A_TRANSACTION)

    shop.import_text("orders", items())
    assert shop.store.read_now(unfinished) == []


def test_a_file_that_was_mended_meanwhile_begins_anew_and_says_so(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        stop_after(patched, 1)
        with pytest.raises(Stopped):
            shop.import_text("orders", items())

    report = shop.import_text("orders", items(ROWS - 4))

    assert (report.replaced, report.resumed_at, report.rows) == (True, 0, ROWS - 4)
    assert report.unchanged == ROWS_A_TRANSACTION * 7 // 8 + 1, "and one row of the last order was refused"
    assert shop.store.read_now(unfinished) == []


def test_the_same_file_read_otherwise_does_not_go_on_from_there(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shop.folder / "orders.csv"
    path.write_text(items(), encoding="utf-8")
    of_shop = journal.digest_of(path, "orders", files.ColumnMap(), SETTINGS)

    assert of_shop != journal.digest_of(path, "orders", files.ColumnMap(constants={"carrier": "SF"}), SETTINGS)
    assert of_shop != journal.digest_of(path, "points", files.ColumnMap(), SETTINGS)


def test_a_file_that_two_processes_import_is_written_by_one_of_them(shop: Shop) -> None:
    digest = "the same"
    mine = shop.write(journal.begin, "orders", "orders.csv", digest, now=NOW, ids=shop.ids)
    theirs = shop.write(journal.begin, "orders", "orders.csv", digest, now=NOW, ids=shop.ids)
    mine.before.rows = 500
    shop.write(journal.advance, mine.id, 0, mine.before, now=NOW, is_end=False)

    with pytest.raises(ImportRefused, match="by another process too"):
        shop.write(journal.advance, theirs.id, 0, theirs.before, now=NOW, is_end=False)


def test_a_refused_header_and_a_dry_run_leave_no_trace(shop: Shop) -> None:
    with pytest.raises(ImportRefused):
        shop.import_text("orders", "number\nA1\n")
    shop.import_text("orders", items(10), dry_run=True)

    assert shop.rows(journal.runs) == []


def test_a_file_of_nothing_but_its_header_is_finished_at_once(shop: Shop) -> None:
    report = shop.import_text("customers", "customer_id,name\n")

    assert report.rows == 0
    assert shop.store.read_now(unfinished) == []


def test_what_was_refused_before_the_stop_is_in_the_report_after_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "customer_id,phone\nC0,12\n" + "".join(f"C{n},\n" for n in range(1, 30))
    with monkeypatch.context() as patched:
        stop_after(patched, 1)
        with pytest.raises(Stopped):
            shop.import_text("customers", text)

    report = shop.import_text("customers", text)

    assert report.resumed_at == ROWS_A_TRANSACTION
    assert report.refused == [Refused(2, "phone", "cannot be a phone number; write one such as +86 138 0000 0000")]
    assert len(shop.rows(customers)) == 29


def test_an_import_goes_on_in_another_process(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        stop_after(patched, 2)
        with pytest.raises(Stopped):
            shop.import_text("orders", items())
    other = Store(shop.store.url)

    report = import_file(
        other, "orders", shop.folder / "orders.csv", now=NOW, ids=shop.ids, settings=SETTINGS
    )  # fmt: skip
    other.close()

    assert (report.resumed_at, report.rows) == (2 * ROWS_A_TRANSACTION, ROWS)
