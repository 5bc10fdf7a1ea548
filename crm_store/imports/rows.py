"""One row of the shop's data, or several, brought in within a transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection

from crm_store.imports import coupons, customers, orders, points, products
from crm_store.imports.cells import Cells
from crm_store.imports.holding import Touched, hold_all
from crm_store.imports.outcomes import ImportSettings, RowRefused, RowResult
from crm_store.orders import STATUSES
from crm_store.ports import Ids

STOCK = "stock.changed"
"""The event of a product of which there are now more, or fewer, or none."""


class PreparedRow(Protocol):
    """A row that has been read; what it says makes sense by itself."""

    def touches(self) -> Touched:
        """Return what it writes about."""
        ...

    def apply(self, conn: Connection, *, now: datetime, ids: Ids) -> RowResult:
        """Write it, or raise `RowRefused` before anything of it is written."""
        ...


@dataclass(frozen=True, slots=True)
class Kind:
    """What can be imported under one name."""

    columns: tuple[str, ...]
    required: tuple[str, ...]
    keeps_others: bool
    """Whether columns that are not ours are kept, as attributes."""
    read: Callable[[Cells], PreparedRow]
    key: str | None = None
    """The column that names what a row is about, where several rows of a file may be about the same."""


KINDS: Mapping[str, Kind] = {
    "customers": Kind(customers.COLUMNS, customers.REQUIRED, True, customers.read, "customer_id"),
    "products": Kind(products.COLUMNS, products.REQUIRED, True, products.read, "sku"),
    "orders": Kind(orders.COLUMNS, orders.REQUIRED, True, orders.read, "order_no"),
    "points": Kind(points.COLUMNS, points.REQUIRED, False, points.read),
    "coupons": Kind(coupons.COLUMNS, coupons.REQUIRED, True, coupons.read),
}


class Ordinals:
    """Counts the rows about each thing as they come.

    Of an order that is an item's line, where the row names none. Of a file, the first
    row speaks and later ones complete what it left empty, so that the file means the
    same each time it is imported.
    """

    def __init__(self, key: str | None) -> None:
        self._key = key
        self._seen: Counter[str] = Counter()

    def of(self, row: Mapping[str, Any]) -> int:
        if self._key is None:
            return 1
        about = str(row.get(self._key)).strip()
        self._seen[about] += 1
        return self._seen[about]


def ordinals_of_items(kind: str) -> Ordinals:
    """Count as for rows that are said one after the other: the items of orders, and else every row is a first one."""
    return Ordinals("order_no" if kind == "orders" else None)


def apply_row(
    conn: Connection,
    kind: str,
    row: Mapping[str, Any],
    *,
    line: int | None = None,
    now: datetime,
    ids: Ids,
    settings: ImportSettings,
) -> RowResult:
    """Bring in one row; values may be text, numbers, booleans or None.

    ``line`` is an order row's ordinal within its order (the first, unless given): its
    item's line where the row does not say it.

    Raises:
        RowRefused: naming the column, the reason and the mend; nothing was written.
    """
    (result,) = _apply(conn, [_read(kind, row, line or 1, now, settings)], now, ids)
    return result


def apply_rows(
    conn: Connection,
    kind: str,
    rows: Iterable[Mapping[str, Any]],
    *,
    now: datetime,
    ids: Ids,
    settings: ImportSettings,
) -> list[RowResult]:
    """Bring in rows one after the other, as `apply_row` does, counting the items of each order.

    Raises:
        RowRefused: a row cannot be read, and nothing is written; or, at the first that cannot be
            taken, the rows before it are written, unless the caller's transaction is rolled back.
    """
    ordinals = ordinals_of_items(kind)
    return _apply(conn, [_read(kind, row, ordinals.of(row), now, settings) for row in rows], now, ids)


def _read(kind: str, row: Mapping[str, Any], ordinal: int, now: datetime, settings: ImportSettings) -> PreparedRow:
    if kind not in KINDS:
        raise RowRefused("load", "there is no such kind of data", f"write one of {', '.join(KINDS)}")
    return KINDS[kind].read(Cells(row, settings, now=now, ordinal=ordinal))


def _apply(conn: Connection, rows: list[PreparedRow], now: datetime, ids: Ids) -> list[RowResult]:
    hold_all(conn, (row.touches() for row in rows))
    return [row.apply(conn, now=now, ids=ids) for row in rows]


def apply_shop_event(
    conn: Connection,
    event: str,
    data: Mapping[str, Any],
    *,
    now: datetime,
    ids: Ids,
    settings: ImportSettings,
) -> RowResult:
    """Take the shop's word on an order: ``order.`` and the status that it has just reached; or on a stock: `STOCK`.

    ``data`` is an order row, where of an order that we know its number is enough; or ``sku`` and ``stock``.

    Raises:
        RowRefused: as `apply_row`, or there is no such event (field ``shop``).
    """
    if event == STOCK:
        (result,) = _apply(conn, [products.read_stock(Cells(data, settings, now=now))], now, ids)
        return result
    status = event.removeprefix("order.")
    if not event.startswith("order.") or status not in STATUSES:
        known = ", ".join((*(f"order.{one}" for one in STATUSES), STOCK))
        raise RowRefused("shop", "there is no such event", f"write one of {known}")
    (result,) = _apply(conn, [orders.read_event(Cells(data, settings, now=now), status)], now, ids)
    return result
