"""Orders and their items, as the shop reports them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base, Exact, UtcDateTime, table_of
from crm_store.customers import customers
from crm_store.origins import side_column
from crm_store.prepared import Prepared
from crm_store.sealing import SealedJson

_AT_ONCE = 500
"""Orders whose items one statement asks for."""
STATUSES = ("created", "paid", "shipped", "delivered", "cancelled", "refunded")
ENDED = ("cancelled", "refunded")
"""An order that is no more: what hung on it comes back."""


class Order(Base):
    """One order; its times are the earliest that the shop reported."""

    __tablename__ = "orders"

    order_no: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"))
    status: Mapped[str]
    ordered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    shipped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    eta: Mapped[datetime | None] = mapped_column(UtcDateTime)
    carrier: Mapped[str | None]
    tracking_no: Mapped[str | None]
    attributes: Mapped[dict[str, Any] | None] = mapped_column(SealedJson)
    """What a list says of it under names of the shop's own; an address may be among it, so all of it is sealed."""
    side: Mapped[str | None] = side_column()

    __table_args__ = (Index("ix_orders_customer_id", "customer_id", "ordered_at"),)


class OrderLine(Base):
    """One item of an order; the quantity of a return is negative."""

    __tablename__ = "order_lines"

    order_no: Mapped[str] = mapped_column(ForeignKey("orders.order_no"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str]
    quantity: Mapped[int]
    unit_price: Mapped[Decimal | None] = mapped_column(Exact)
    """None where neither the row nor the catalogue named one."""
    currency: Mapped[str]

    __table_args__ = (Index("ix_order_lines_sku", "sku"),)


orders = table_of(Order)
order_lines = table_of(OrderLine)

_FIND = Prepared(
    select(orders, customers.c.phone)
    .outerjoin(customers, customers.c.id == orders.c.customer_id)
    .where(orders.c.order_no == bindparam("order_no"))
)
_RECENT = Prepared(
    select(orders, customers.c.phone)
    .join(customers, customers.c.id == orders.c.customer_id)
    .where(orders.c.customer_id == bindparam("customer_id"))
    .order_by(orders.c.ordered_at.desc(), orders.c.order_no.desc())
    .limit(bindparam("most"))
)
_LINES = select(order_lines).where(order_lines.c.order_no == bindparam("order_no")).order_by(order_lines.c.line)
_LINES_OF = (
    select(order_lines)
    .where(order_lines.c.order_no.in_(bindparam("order_nos", expanding=True)))
    .order_by(order_lines.c.order_no, order_lines.c.line)
)
_COUNT = select(func.count()).select_from(orders).where(orders.c.customer_id == bindparam("customer_id"))
_HEAD = select(orders).where(orders.c.order_no == bindparam("key"))
_LINE = select(order_lines).where(
    order_lines.c.order_no == bindparam("key"), order_lines.c.line == bindparam("ordinal")
)
_ADD = insert(orders)
_PUT_LINE = insert(order_lines)
_PUT_LINE = _PUT_LINE.on_conflict_do_update(
    index_elements=["order_no", "line"],
    set_={name: _PUT_LINE.excluded[name] for name in ("sku", "quantity", "unit_price", "currency")},
)


@dataclass(frozen=True, slots=True)
class OrderItem:
    """One item of an order as others see it."""

    sku: str
    quantity: int
    unit_price: Decimal | None
    currency: str


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as others see it. ``phone_last4`` are the last digits of its customer's phone, None where unknown."""

    order_no: str
    customer_id: str | None
    status: str
    ordered_at: datetime
    paid_at: datetime | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    eta: datetime | None
    carrier: str | None
    tracking_no: str | None
    phone_last4: str | None
    items: tuple[OrderItem, ...] = ()
    attributes: Mapping[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        def moment(at: datetime | None) -> str | None:
            return at.isoformat() if at else None

        return {
            "order_no": self.order_no,
            "status": self.status,
            "ordered_at": self.ordered_at.isoformat(),
            "paid_at": moment(self.paid_at),
            "shipped_at": moment(self.shipped_at),
            "delivered_at": moment(self.delivered_at),
            "eta": moment(self.eta),
            "carrier": self.carrier,
            "tracking_no": self.tracking_no,
            "items": [
                {
                    "sku": i.sku,
                    "quantity": i.quantity,
                    "unit_price": None if i.unit_price is None else str(i.unit_price),
                    "currency": i.currency,
                }
                for i in self.items
            ],
            **({"attributes": dict(self.attributes)} if self.attributes else {}),
        }


def _view(row: Any, items: tuple[OrderItem, ...] = ()) -> OrderView:
    return OrderView(
        row.order_no, row.customer_id, row.status, row.ordered_at, row.paid_at, row.shipped_at, row.delivered_at,
        row.eta, row.carrier, row.tracking_no, row.phone[-4:] if row.phone else None, items,
        row.attributes,
    )  # fmt: skip


def find(conn: Connection, order_no: str) -> OrderView | None:
    """Return the order without its items, or None. Who may hear of it is the caller's to decide."""
    row = _FIND.one_or_none(conn, {"order_no": order_no})
    return None if row is None else _view(row)


def whole(conn: Connection, order_no: str) -> OrderView | None:
    """Return the order with its items, or None."""
    row = _FIND.one_or_none(conn, {"order_no": order_no})
    return None if row is None else _view(row, _items(conn, order_no))


def recent(conn: Connection, customer_id: str, limit: int = 2) -> list[OrderView]:
    """Return the customer's latest orders, newest first, without their items."""
    return [_view(row) for row in _RECENT.all(conn, {"customer_id": customer_id, "most": limit})]


def of_customer(conn: Connection, customer_id: str, *, most: int = 1_000_000) -> list[OrderView]:
    """Return a customer's newest ``most`` orders with their items, newest first."""
    rows = _RECENT.all(conn, {"customer_id": customer_id, "most": most})
    items: dict[str, list[OrderItem]] = defaultdict(list)
    numbers = [row.order_no for row in rows]
    for start in range(0, len(numbers), _AT_ONCE):
        for line in conn.execute(_LINES_OF, {"order_nos": numbers[start : start + _AT_ONCE]}):
            items[line.order_no].append(_item(line))
    return [_view(row, tuple(items[row.order_no])) for row in rows]


def count(conn: Connection, customer_id: str) -> int:
    """Return how many orders a customer has."""
    return int(conn.execute(_COUNT, {"customer_id": customer_id}).scalar_one())


def _items(conn: Connection, order_no: str) -> tuple[OrderItem, ...]:
    rows = conn.execute(_LINES, {"order_no": order_no})
    return tuple(_item(row) for row in rows)


def _item(row: Any) -> OrderItem:
    return OrderItem(row.sku, row.quantity, row.unit_price, row.currency)


def head(conn: Connection, order_no: str) -> Any | None:
    """Return the order's own row, or None."""
    return conn.execute(_HEAD, {"key": order_no}).one_or_none()


def add(conn: Connection, **fields: Any) -> None:
    """Add an order without its items; ``fields`` are columns of the model."""
    conn.execute(_ADD, fields)


def change(conn: Connection, order_no: str, **fields: Any) -> None:
    """Set columns of an order."""
    conn.execute(update(orders).where(orders.c.order_no == order_no).values(**fields))


def line(conn: Connection, order_no: str, ordinal: int) -> Any | None:
    """Return one item's row, or None."""
    return conn.execute(_LINE, {"key": order_no, "ordinal": ordinal}).one_or_none()


def put_line(conn: Connection, **fields: Any) -> None:
    """Add an item, or replace the one on its line; ``fields`` are columns of the model."""
    conn.execute(_PUT_LINE, fields)
