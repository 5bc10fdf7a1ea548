"""A real shop's file, imported and added up: UCI Online Retail, all 541,909 rows of it.

    .venv/bin/python -m benchmarks.imports --write
    .venv/bin/python -m benchmarks.imports --store postgresql://…/an_empty_database

The file is no part of the project: `SHUKE_DATA` names the folder that has
online_retail.csv.gz (UCI, CC BY 4.0). What was imported is compared with what the
file itself adds up to, and with what is published of it. Then come points and coupons, which the file has
none of, from lists made of a seed (`imports_made.py`).
"""

from __future__ import annotations

import argparse
import gzip
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, func, select

from benchmarks import imports_made
from benchmarks.results import machine, write_section
from crm_store import coupons, schema
from crm_store.catalogue import products
from crm_store.customers import customers
from crm_store.imports import ImportSettings, Report, import_file, load_mapping
from crm_store.orders import order_lines, orders
from crm_store.ports import SystemClock, Ulids
from crm_store.unit_of_work import Store

ROOT = Path(__file__).parents[1]
MAPS = ROOT / "docs" / "maps" / "online_retail"
DATA = Path(os.environ.get("SHUKE_DATA", ROOT.parent / "shared" / "data"))
FILE = "online_retail.csv.gz"
SETTINGS = ImportSettings(ZoneInfo("Europe/London"), region="GB", currency="GBP")


@dataclass(frozen=True, slots=True)
class Sums:
    """What a shop would check after an import."""

    customers: int
    products: int
    orders: int
    cancelled: int
    items: int
    items_of_nobody: int
    revenue: Decimal
    """In GBP, returns taken off, unrounded."""


PUBLISHED = Sums(4_372, 4_070, 25_900, 3_836, 541_909, 135_080, Decimal("9747747.934"))


@dataclass(frozen=True, slots=True)
class Stage:
    """One import of the file."""

    kind: str
    again: bool
    rows: int
    seconds: float
    report: str


def sums(conn: Connection) -> Sums:
    """Add up what is in the store."""

    def count(what: Select[tuple[int]]) -> int:
        return conn.execute(what).scalar_one()

    revenue = Decimal(0)
    items = select(order_lines.c.quantity, order_lines.c.unit_price).execution_options(yield_per=10_000)
    for quantity, price in conn.execute(items):
        revenue += quantity * price
    nobodys = select(func.count()).select_from(order_lines.join(orders)).where(orders.c.customer_id.is_(None))
    return Sums(
        customers=count(select(func.count()).select_from(customers)),
        products=count(select(func.count()).select_from(products)),
        orders=count(select(func.count()).select_from(orders)),
        cancelled=count(select(func.count()).select_from(orders).where(orders.c.status == "cancelled")),
        items=count(select(func.count()).select_from(order_lines)),
        items_of_nobody=count(nobodys),
        revenue=revenue,
    )


def run(store: Store, file: Path) -> Iterator[Stage]:
    """Import customers, products and orders from the one file, and the orders once more."""
    clock = SystemClock()
    for kind, again in (("customers", False), ("products", False), ("orders", False), ("orders", True)):
        began = time.perf_counter()
        report = import_file(
            store, kind, file, mapping=load_mapping(MAPS / f"{kind}.yml", kind), now=clock.now(), ids=Ulids(clock),
            settings=SETTINGS, progress=_shown(kind),
        )  # fmt: skip
        yield Stage(kind, again, report.rows, time.perf_counter() - began, _told(report))


def run_made(store: Store, folder: Path) -> Iterator[Stage]:
    """Import points and coupons that are made from a seed, after their customers, and the points once more."""
    clock = SystemClock()
    files = imports_made.write(folder)
    store.run_now(coupons.define, coupons.Offer(imports_made.COUPON, "percent", Decimal(10)))
    for kind, again in (("customers", False), ("points", False), ("points", True), ("coupons", False)):
        began = time.perf_counter()
        report = import_file(
            store, kind, files[kind], now=clock.now(), ids=Ulids(clock), settings=SETTINGS, progress=_shown(kind)
        )
        yield Stage(f"{kind}, made", again, report.rows, time.perf_counter() - began, _told(report))


def _told(report: Report) -> str:
    return (
        f"{report.added:,} added, {report.changed:,} changed, {report.unchanged:,} unchanged, "
        f"{report.passed_over:,} passed over, {len(report.refused):,} refused"
    )


def _shown(kind: str) -> Callable[[float], None]:
    def show(share: float) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{kind}: {share:5.1%} ")

    return show


def unpacked(folder: Path) -> Path:
    """Unpack the file into ``folder``.

    Raises:
        SystemExit: it is not there.
    """
    source = DATA / FILE
    if not source.is_file():
        raise SystemExit(f"{source} is not there; SHUKE_DATA names the folder that has it")
    target = folder / "online_retail.csv"
    with gzip.open(source) as packed, target.open("wb") as out:
        shutil.copyfileobj(packed, out)
    return target


def main() -> None:
    """Import, add up, print; exit code 1 where the sums are not those published."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--store", help="An empty database; a new SQLite file unless given.")
    options.add_argument("--write", action="store_true", help="Put the table into RESULTS.md.")
    given = options.parse_args()
    with TemporaryDirectory() as folder:
        file = unpacked(Path(folder))
        url = given.store or f"sqlite:///{folder}/retail.db"
        schema.upgrade(url)
        store = Store(url)
        try:
            stages = list(run(store, file))
            found = store.read_now(sums)
            stages += run_made(store, Path(folder))
        finally:
            store.close()
    lines = [
        f"{machine()} {url.split(':')[0].split('+')[0]}.",
        "",
        "| import | rows | seconds | rows a minute | came of it |",
        "|---|---|---|---|---|",
        *(
            f"| {one.kind}{', again' if one.again else ''} | {one.rows:,} | {one.seconds:.0f} "
            f"| {one.rows / one.seconds * 60:,.0f} | {one.report} |"
            for one in stages
        ),
        "",
        f"{found.orders:,} invoices ({found.cancelled:,} cancelled), {found.items:,} items "
        f"({found.items_of_nobody:,} of nobody), {found.customers:,} customers, {found.products:,} stock codes, "
        f"net revenue {found.revenue:,}: {'as published' if found == PUBLISHED else f'NOT AS PUBLISHED {PUBLISHED}'}.",
    ]
    print("\n".join(lines))
    if given.write:
        write_section("imports", lines)
    sys.exit(found != PUBLISHED)


if __name__ == "__main__":
    main()
