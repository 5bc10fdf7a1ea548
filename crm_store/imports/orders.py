"""Orders of a list, a row an item.

The first row of an order in a file speaks for the order; its further rows bring
items, and complete what the first left empty (parcels of one order may have
tracking numbers of their own, and the file shall mean the same each time). Of each
step the earliest time that any row gives is the order's. Empty columns change
nothing. An order's steps are part of its customer's history, each once and at its
own time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, select

from crm_store import catalogue, coupon_use, history, loyalty, order_requests, orders
from crm_store.history import history as history_table
from crm_store.imports.cells import Cells
from crm_store.imports.holding import Touched
from crm_store.imports.lookups import brought_to, customer_named
from crm_store.imports.outcomes import RowRefused, RowResult
from crm_store.loyalty import Loyalty
from crm_store.ports import Ids

COLUMNS = (
    "order_no", "line", "customer_id", "ordered_at", "status", "sku", "quantity", "unit_price", "currency", "paid_at",
    "shipped_at", "delivered_at", "eta", "carrier", "tracking_no",
)  # fmt: skip
REQUIRED = ("order_no",)
TIMES = {"created": "ordered_at", "paid": "paid_at", "shipped": "shipped_at", "delivered": "delivered_at"}
"""The column that tells when an order reached a status; the others have none."""

_OWNER = ("customer_id", "side")
"""Whose an order is: of two who were merged, on whose side."""
_RECORDED = select(history_table.c.kind, history_table.c.data, history_table.c.side).where(
    history_table.c.customer_id == bindparam("customer"),
    history_table.c.kind.in_([f"order.{status}" for status in orders.STATUSES]),
)


@dataclass(frozen=True, slots=True)
class Item:
    """One item; ``unit_price`` is None where the catalogue has to say it, and stays so where that does not know."""

    line: int
    sku: str
    quantity: int
    unit_price: Decimal | None
    currency: str | None
    usual_currency: str

    def row(self, conn: Connection) -> dict[str, Any]:
        """Return the item as a row of `orders.order_lines`, without its order."""
        price, currency = self.unit_price, self.currency
        if price is None:
            product = catalogue.by_sku(conn, self.sku)
            if product is not None:
                price, currency = product.price, currency or product.currency
        return {
            "line": self.line, "sku": self.sku, "quantity": self.quantity, "unit_price": price,
            "currency": currency or self.usual_currency,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One row: what it says of the order, and the item where it names one."""

    order_no: str
    customer_no: str | None
    fields: dict[str, Any]
    item: Item | None
    is_further: bool = False
    """Whether the file spoke of this order before."""
    loyalty: Loyalty | None = None
    others: dict[str, str] = field(default_factory=dict)
    """Columns that are not ours."""

    def touches(self) -> Touched:
        """Return what it writes about."""
        number = frozenset({self.order_no})
        if self.customer_no is None:
            return Touched(orders=number)
        return Touched(customers=frozenset({self.customer_no}), owned_orders=number)

    def apply(self, conn: Connection, *, now: datetime, ids: Ids) -> RowResult:
        """Add the order or its item, or change what the row says otherwise."""
        fields, before = dict(self.fields), orders.head(conn, self.order_no)
        side = None if before is None else before.side
        if self.customer_no is not None:
            fields["customer_id"], fields["side"] = customer_named(conn, self.customer_no)
            if not (self.is_further and before is not None and before.customer_id is not None):
                side = fields["side"]
        with brought_to(side):
            return self._apply(conn, before, fields, now, ids)

    def _apply(self, conn: Connection, before: Any, fields: dict[str, Any], now: datetime, ids: Ids) -> RowResult:
        line = self.item.row(conn) if self.item else None
        result = self._write(conn, before, fields, line, now)
        if result is not RowResult.UNCHANGED and fields.get("status") in orders.ENDED:
            self._let_coupons_go(conn, now)
        if result is RowResult.CHANGED and "status" in fields:
            order_requests.order_changed(conn, self.order_no, by="import", now=now)
        if self.loyalty is not None and result is not RowResult.UNCHANGED:
            loyalty.order_changed(conn, self.order_no, self.loyalty, now=now, ids=ids)
        return result

    def _let_coupons_go(self, conn: Connection, now: datetime) -> None:
        order = orders.head(conn, self.order_no)
        if order is not None and order.status in orders.ENDED:  # a further row's word does not count
            coupon_use.order_ended(conn, self.order_no, at=now, by="import")

    def _write(
        self, conn: Connection, before: Any, fields: dict[str, Any], line: dict[str, Any] | None, now: datetime
    ) -> RowResult:
        changed = self._add(conn, fields) if before is None else self._change(conn, before, fields, now)
        put = RowResult.UNCHANGED if line is None else self._put_line(conn, line)
        if before is None or put is RowResult.ADDED:
            return RowResult.ADDED
        return RowResult.CHANGED if changed else put

    def _add(self, conn: Connection, fields: dict[str, Any]) -> bool:
        times = _times(fields)
        if not times:
            raise RowRefused("ordered_at", "is empty", "say when it was ordered, such as 2026-11-22T18:30:00+08:00")
        furthest = list(times)[-1]
        fields = {
            "customer_id": None, "status": furthest, "ordered_at": min(times.values()),
            "attributes": self.others or None, **fields,
        }  # fmt: skip
        orders.add(conn, order_no=self.order_no, **fields)
        # When it was cancelled or refunded is not known: not before the last thing that is.
        self._record(conn, fields["customer_id"], _steps(fields, otherwise=max(times.values())))
        return True

    def _change(self, conn: Connection, before: Any, fields: dict[str, Any], now: datetime) -> bool:
        present = {name: getattr(before, name) for name in (*_OWNER, "status", *TIMES.values())}
        if self.is_further:
            is_somebodys = before.customer_id is not None
            fields = {
                name: value for name, value in fields.items()
                if name in TIMES.values() or (not is_somebodys if name in _OWNER else getattr(before, name) is None)
            }  # fmt: skip
        for column in TIMES.values():
            if present[column] is not None and column in fields:
                fields[column] = min(present[column], fields[column])
        changed = {name: value for name, value in fields.items() if getattr(before, name) != value}
        kept = before.attributes or {}
        if (attributes := self.others | kept if self.is_further else kept | self.others) != kept:
            changed["attributes"] = attributes
        if not changed:
            return False
        orders.change(conn, self.order_no, **changed)
        after = present | changed
        new = _steps(after, otherwise=now)
        if all(after[name] == present[name] for name in _OWNER):
            known = _steps(present, otherwise=now)
            new = {status: at for status, at in new.items() if status not in known}
        if new and after["customer_id"] is not None:
            for row in conn.execute(_RECORDED, {"customer": after["customer_id"]}):
                if row.data["order_no"] == self.order_no and row.side == after["side"]:
                    new.pop(row.kind.removeprefix("order."), None)
        self._record(conn, after["customer_id"], new)
        return True

    def _put_line(self, conn: Connection, line: dict[str, Any]) -> RowResult:
        present = orders.line(conn, self.order_no, line["line"])
        if present is not None and all(getattr(present, name) == value for name, value in line.items()):
            return RowResult.UNCHANGED
        orders.put_line(conn, order_no=self.order_no, **line)
        return RowResult.ADDED if present is None else RowResult.CHANGED

    def _record(self, conn: Connection, customer_id: str | None, steps: dict[str, datetime]) -> None:
        # An order of nobody is in nobody's history, until a row says whose it is.
        if customer_id is None or not steps:
            return
        conn.execute(
            history.ADD,
            [
                history.entry(
                    at=at, kind=f"order.{status}", by="import", customer_id=customer_id,
                    data={"order_no": self.order_no},
                )
                for status, at in sorted(steps.items(), key=lambda step: step[1])
            ],
        )  # fmt: skip


def read(cells: Cells) -> OrderRow:
    """Read a row of a list; `RowRefused` names the column that cannot be read."""
    order_no, fields = cells.required("order_no"), _fields(cells)
    return OrderRow(
        order_no,
        cells.text("customer_id"),
        fields,
        _item(cells),
        cells.ordinal > 1,
        cells.settings.loyalty,
        cells.others(COLUMNS),
    )


def read_event(cells: Cells, status: str) -> OrderRow:
    """Read the shop's word that an order has just become ``status``; it need name no item.

    Where the row leaves the time of that step open, it is now.
    """
    fields = _fields(cells) | {"status": status}
    if status in TIMES:
        fields.setdefault(TIMES[status], cells.now)
    rules = cells.settings.loyalty
    return OrderRow(cells.required("order_no"), cells.text("customer_id"), fields, _item(cells), loyalty=rules)


def _fields(cells: Cells) -> dict[str, Any]:
    said = {
        "status": cells.one_of("status", orders.STATUSES),
        **{column: cells.moment(column) for column in TIMES.values()},
        "eta": cells.moment("eta", until_end_of_day=True),
        "carrier": cells.text("carrier"),
        "tracking_no": cells.text("tracking_no"),
    }
    return {name: value for name, value in said.items() if value is not None}


def _item(cells: Cells) -> Item | None:
    sku = cells.text("sku")
    if sku is None:
        return None
    line, quantity = cells.whole("line"), cells.whole("quantity")
    return Item(
        line=cells.ordinal if line is None else line,
        sku=sku,
        quantity=1 if quantity is None else quantity,
        unit_price=cells.exact("unit_price"),
        currency=cells.currency(),
        usual_currency=cells.settings.currency,
    )


def _times(fields: dict[str, Any]) -> dict[str, datetime]:
    return {status: fields[column] for status, column in TIMES.items() if fields.get(column) is not None}


def _steps(fields: dict[str, Any], *, otherwise: datetime) -> dict[str, datetime]:
    """When an order became each status that it has been in, the one it is in now included."""
    times = _times(fields)
    times.setdefault(fields["status"], otherwise)
    return times
