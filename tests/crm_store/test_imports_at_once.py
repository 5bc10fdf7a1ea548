"""Two imports at once that are about the same people, in opposite orders, never wait for each other in a ring."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection

from crm_store import checking, coupons, pool
from crm_store.coupons import Offer
from crm_store.imports import ImportSettings, Report, files, import_file
from crm_store.loyalty import Earning, Loyalty
from crm_store.ports import Ulids, VirtualClock
from crm_store.tiers import TierRules
from crm_store.unit_of_work import Store
from tests.crm_store.importing import NOW, SETTINGS
from tests.servers.meeting import WITHIN

PEOPLE = 40
EARNING = Loyalty(
    SETTINGS.zone, "CNY", Earning(Decimal(1)), TierRules({"gold": Decimal(100)}, SETTINGS.zone, "CNY")
)  # fmt: skip
EARNS = ImportSettings(SETTINGS.zone, loyalty=EARNING)


def customers() -> list[str]:
    return ["customer_id,name,phone", *(f"C{n},N{n},138{n:08}" for n in range(PEOPLE))]


def orders(of: str, status: str = "paid", *, whose: str = "C{n}") -> list[str]:
    rows = (f"{of}{n},{whose.format(n=n)},2026-11-20,T1,1,{10 + n},{status}" for n in range(PEOPLE))
    return ["order_no,customer_id,ordered_at,sku,quantity,unit_price,status", *rows]


def points() -> list[str]:
    return ["customer_id,points,reference", *(f"C{n},5,gift {n}" for n in range(PEOPLE))]


def gifts() -> list[str]:
    rules = ("tea", "cup")
    return ["customer_id,coupon,code", *(f"C{n},{rules[n % 2]},CODE-{n}" for n in range(PEOPLE))]


def products() -> list[str]:
    return ["sku,price", *(f"T{n},{n}" for n in range(PEOPLE))]


class Imports:
    """Two processes that import, each in a store of its own; whoever meets the other in a ring gives up at once."""

    def __init__(self, url: str, folder: Path) -> None:
        self.stores = (Store(url), Store(url))
        self.folder = folder

    def one(self, number: int, kind: str, lines: list[str]) -> Report:
        path = self.folder / f"{kind}-{number}.csv"
        path.write_text("\n".join([*lines, ""]), encoding="utf-8")
        ids = Ulids(VirtualClock(NOW), Random(number))
        return import_file(self.stores[number % 2], kind, path, now=NOW, ids=ids, settings=EARNS)

    def at_once(self, *imports: tuple[str, list[str]], patched: pytest.MonkeyPatch) -> list[Report]:
        """Import both, the second from its end; their transactions begin at the same moment."""
        begun = threading.Barrier(len(imports), timeout=WITHIN)
        apply_all = files._apply_all

        def together(conn: Connection, *rest: Any) -> Report:
            conn.exec_driver_sql("SELECT 1")
            begun.wait()
            return apply_all(conn, *rest)

        patched.setattr(pool, "MOST_RUNS", 1)
        patched.setattr(files, "_apply_all", together)
        (first, lines), (second, others) = imports
        backwards = [others[0], *others[:0:-1]]
        with ThreadPoolExecutor(len(imports)) as threads:
            started = [threads.submit(self.one, 0, first, lines), threads.submit(self.one, 1, second, backwards)]
            return [one.result(WITHIN) for one in started]


@pytest.fixture
def imports(postgres_url: str, tmp_path: Path) -> Any:
    both = Imports(postgres_url, tmp_path)
    for rule in ("tea", "cup"):
        both.stores[0].run_now(coupons.define, Offer(rule, "product", sku="T1"))
    yield both
    for store in both.stores:
        store.close()


@pytest.mark.parametrize(
    ("first", "second", "added"),
    [
        (("orders", orders("A")), ("orders", orders("B")), [PEOPLE, PEOPLE]),
        (("orders", orders("A")), ("orders", orders("A")), [0, PEOPLE]),
        (("orders", orders("A", whose="")), ("orders", orders("A", whose="")), [0, PEOPLE]),
        (("orders", orders("A", "refunded")), ("points", points()), [PEOPLE, PEOPLE]),
        (("points", points()), ("coupons", gifts()), [PEOPLE, PEOPLE]),
        (("coupons", gifts()), ("coupons", gifts()), [0, PEOPLE]),
        (("customers", customers()), ("orders", orders("A")), [0, PEOPLE]),
        (("products", products()), ("products", products()), [0, PEOPLE]),
    ],
    ids=[
        "orders of the same people", "the very same orders", "orders of nobody", "orders gone and points",
        "points and coupons", "coupons of the same stock", "people and their orders", "products",
    ],
)  # fmt: skip
def test_two_imports_at_once_come_through_and_count_each_row_once(
    imports: Imports, monkeypatch: pytest.MonkeyPatch, first: Any, second: Any, added: list[int]
) -> None:
    imports.one(2, "customers", customers())

    reports = imports.at_once(first, second, patched=monkeypatch)

    assert sorted(report.added for report in reports) == sorted(added)
    assert [report.refused for report in reports] == [[], []]

    def wrong(conn: Connection) -> list[Any]:
        return [find for name in ("points", "coupons", "references") for find in checking.checks()[name](conn)]

    assert imports.stores[0].read_now(wrong) == []


def test_new_people_who_are_in_two_lists_at_once_are_added_once(
    imports: Imports, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports = imports.at_once(("customers", customers()), ("customers", customers()), patched=monkeypatch)

    assert sorted((report.added, report.unchanged) for report in reports) == [(0, PEOPLE), (PEOPLE, 0)]
