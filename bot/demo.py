"""The demo shop, loaded as of today: its files are written as of a day of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml
from sqlalchemy import Connection

from crm_store import schedule
from crm_store.imports import ImportSettings, RowRefused, apply_rows, read_lines
from crm_store.ports import Ids
from crm_store.unit_of_work import Store

ORDER_OF_LOADING = ("products", "customers", "orders", "points")
_TIMES = ("ordered_at", "paid_at", "shipped_at", "delivered_at", "eta", "at", "expires_at")

Rows = Mapping[str, list[dict[str, str]]]


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """What the demo shop holds; ``loaded`` is False where it had been loaded before."""

    loaded: bool
    products: int
    customers: int
    orders: int


def load_demo(
    store: Store,
    folder: Path,
    *,
    now: datetime,
    ids: Ids,
    zone: ZoneInfo,
    progress: Callable[[float], None] | None = None,
) -> DemoSummary:
    """Load the demo shop from ``folder``, once, in one transaction.

    All times but birthdays are moved by whole days, so that the ``anchor`` of
    shop.yml is today in ``zone``. A second call loads nothing, however many days
    later. ``progress`` is told the share that is done, 0 to 1.

    Raises:
        RowRefused: a row of the demo cannot be taken; nothing was loaded.
    """
    shop = yaml.safe_load((folder / "shop.yml").read_text(encoding="utf-8"))
    anchor: date = shop["anchor"]
    moved_by = now.astimezone(zone).date() - anchor
    rows = {kind: list(_rows(folder / f"{kind}.csv", kind, moved_by)) for kind in ORDER_OF_LOADING}
    if progress is not None:
        progress(0.1)
    settings = ImportSettings(zone, currency=shop["currency"])
    loaded = store.run_now(_load_once, rows, now, ids, settings)
    if progress is not None:
        progress(1.0)
    orders = {row["order_no"] for row in rows["orders"]}
    return DemoSummary(loaded, len(rows["products"]), len(rows["customers"]), len(orders))


def _load_once(conn: Connection, rows: Rows, now: datetime, ids: Ids, settings: ImportSettings) -> bool:
    if not schedule.claim(conn, "demo", "loaded", now=now, outcome="loaded"):
        return False
    for kind in ORDER_OF_LOADING:
        apply_rows(conn, kind, rows[kind], now=now, ids=ids, settings=settings)
    return True


def _rows(path: Path, kind: str, moved_by: timedelta) -> Iterator[dict[str, str]]:
    for line in read_lines(path, kind):
        if isinstance(line.row, RowRefused):
            raise line.row
        said = line.row or {}
        yield {name: _moved(value, moved_by) if name in _TIMES and value else value for name, value in said.items()}


def _moved(moment: str, by: timedelta) -> str:
    return (datetime.fromisoformat(moment) + by).isoformat()
