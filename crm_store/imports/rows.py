"""One row of the shop's data, or several, brought in within a transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection

from crm_store.imports import customers, orders, points, products
from crm_store.imports.cells import Cells
from crm_store.imports.outcomes import ImportSettings, RowRefused, RowResult
from crm_store.orders import STATUSES
from crm_store.ports import Ids


class PreparedRow(Protocol):
    """A row that has been read; what it says makes sense by itself."""

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


KINDS: Mapping[str, Kind] = {
    "customers": Kind(customers.COLUMNS, customers.REQUIRED, True, customers.read),
    "products": Kind(products.COLUMNS, products.REQUIRED, True, products.read),
    "orders": Kind(orders.COLUMNS, orders.REQUIRED, False, orders.read),
    "points": Kind(points.COLUMNS, points.REQUIRED, False, points.read),
}


class Ordinals:
    """Counts the rows of each order as they come: an item's line where the row names none."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def of(self, row: Mapping[str, Any]) -> int:
        order_no = str(row.get("order_no")).strip()
        self._seen[order_no] += 1
        return self._seen[order_no]


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
    if kind not in KINDS:
        raise RowRefused("load", "there is no such kind of data", f"write one of {', '.join(KINDS)}")
    prepared = KINDS[kind].read(Cells(row, settings, now=now, ordinal=line or 1))
    return prepared.apply(conn, now=now, ids=ids)


def apply_rows(
    conn: Connection,
    kind: str,
    rows: Iterable[Mapping[str, Any]],
    *,
    now: datetime,
    ids: Ids,
    settings: ImportSettings,
) -> list[RowResult]:
    """Bring in rows that belong together, as `apply_row` does, counting the items of each order.

    Raises:
        RowRefused: at the first row that cannot be taken; the rows before it are written,
            unless the caller's transaction is rolled back.
    """
    ordinals = Ordinals()
    return [
        apply_row(conn, kind, row, line=ordinals.of(row), now=now, ids=ids, settings=settings) for row in rows
    ]  # fmt: skip


def apply_shop_event(
    conn: Connection,
    event: str,
    data: Mapping[str, Any],
    *,
    now: datetime,
    ids: Ids,
    settings: ImportSettings,
) -> RowResult:
    """Take the shop's word on an order: ``order.`` and the status that it has just reached.

    ``data`` is an order row; of an order that we know, its number is enough.

    Raises:
        RowRefused: as `apply_row`, or there is no such event (field ``shop``).
    """
    status = event.removeprefix("order.")
    if not event.startswith("order.") or status not in STATUSES:
        known = ", ".join(f"order.{one}" for one in STATUSES)
        raise RowRefused("shop", "there is no such event", f"write one of {known}")
    return orders.read_event(Cells(data, settings, now=now), status).apply(conn, now=now, ids=ids)
