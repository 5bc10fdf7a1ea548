"""Wishes to hear when something is in stock again: asked for by a customer, told once, then over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, bindparam, insert, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from crm_store import customers, history
from crm_store.base import Base, UtcDateTime, table_of
from crm_store.catalogue import products
from crm_store.origins import bringing, side, side_column
from crm_store.ports import Ids

STATES = ("open", "told", "ended")
LASTS = timedelta(days=180)
"""Nobody remembers after that what they asked for."""
_IS_OPEN = text("state = 'open'")


class StockWish(Base):
    """One customer who wants to hear when ``sku`` is back; ``message`` is what told them."""

    __tablename__ = "stock_wishes"

    id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    sku: Mapped[str]
    state: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    message: Mapped[str | None]
    side: Mapped[str | None] = side_column()

    __table_args__ = (
        Index("ix_stock_wishes_open", "sku", "id", sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
        Index("ix_stock_wishes_customer_id", "customer_id", "asked_at"),
    )


stock_wishes = table_of(StockWish)

_OPEN = text("stock_wishes.state = 'open'")
_ADD = insert(stock_wishes)
_OF = (
    select(stock_wishes)
    .where(stock_wishes.c.customer_id == bindparam("customer_id"))
    .order_by(stock_wishes.c.asked_at, stock_wishes.c.id)
)
_OPEN_OF = (
    select(stock_wishes)
    .where(stock_wishes.c.customer_id == bindparam("customer_id"), stock_wishes.c.sku == bindparam("which"), _OPEN)
    .order_by(stock_wishes.c.id)
)
_READY = (
    select(stock_wishes)
    .join(products, products.c.sku == stock_wishes.c.sku)
    .where(_OPEN, products.c.stock > 0, stock_wishes.c.id > bindparam("behind"))
    .order_by(stock_wishes.c.id)
    .limit(bindparam("most"))
)
_BY_ID = select(stock_wishes).where(stock_wishes.c.id == bindparam("key"))
_END = (
    update(stock_wishes)
    .where(stock_wishes.c.id == bindparam("key"), _OPEN)
    .values(state=bindparam("ends"), ended_at=bindparam("now"), message=bindparam("ref"))
)
_REOPEN = (
    update(stock_wishes)
    .where(
        stock_wishes.c.message == bindparam("ref"),
        stock_wishes.c.customer_id == bindparam("whose"),
        stock_wishes.c.state == "told",
    )
    .values(state="open", ended_at=None, message=None)
)


def wish(conn: Connection, customer_id: str, sku: str, *, now: datetime, ids: Ids) -> bool:
    """Note that a customer wants to hear when ``sku`` is back; False where that is noted already.

    Each side of a merge has its own; they are told once.
    """
    customers.hold(conn, customer_id)
    if any(one.side == side() for one in open_of(conn, customer_id, sku)):
        return False
    row = {
        "id": ids.new(), "customer_id": customer_id, "sku": sku, "state": "open", "asked_at": now,
        "until": now + LASTS, "ended_at": None, "message": None,
    }  # fmt: skip
    conn.execute(_ADD, row)
    _record(conn, "wish.noted", row, "customer", now)
    return True


def withdraw(conn: Connection, customer_id: str, sku: str, *, now: datetime) -> bool:
    """Let a wish rest that its customer gave up; return whether there was one."""
    customers.hold(conn, customer_id)
    rows = open_of(conn, customer_id, sku)
    for row in rows:
        end(conn, row, "withdrawn", by="customer", now=now)
    return bool(rows)


def end(conn: Connection, row: Any, reason: str, *, by: str, now: datetime) -> None:
    """End an open wish (its row) that nobody is told about any more, for ``reason``."""
    if conn.execute(_END, {"key": row.id, "ends": "ended", "now": now, "ref": None}).rowcount == 1:
        _record(conn, "wish.ended", row._mapping, by, now, reason=reason)


def tell(conn: Connection, row: Any, *, ref: str, now: datetime) -> None:
    """Mark a wish (its row) as told by the message ``ref``, and any other of the customer for the same thing."""
    for one in open_of(conn, row.customer_id, row.sku):
        conn.execute(_END, {"key": one.id, "ends": "told", "now": now, "ref": ref})


def reopen(conn: Connection, customer_id: str, ref: str) -> None:
    """What the message ``ref`` was to tell was not told after all: the wish stands again."""
    conn.execute(_REOPEN, {"whose": customer_id, "ref": ref})


def ready(conn: Connection, behind: str, most: int) -> list[Any]:
    """Return open wishes for what is in stock, in the order of their keys, those ``behind`` one of them."""
    return list(conn.execute(_READY, {"behind": behind, "most": most}))


def by_id(conn: Connection, id: str) -> Any | None:
    """Return a wish's row, or None."""
    return conn.execute(_BY_ID, {"key": id}).one_or_none()


def open_of(conn: Connection, customer_id: str, sku: str) -> list[Any]:
    """Return the customer's open wishes for a product: one, but for two customers who became one."""
    return list(conn.execute(_OPEN_OF, {"customer_id": customer_id, "which": sku}))


def of_customer(conn: Connection, customer_id: str) -> list[Any]:
    """Return the customer's wishes, oldest first."""
    return list(conn.execute(_OF, {"customer_id": customer_id}))


def _record(conn: Connection, kind: str, row: Any, by: str, now: datetime, **more: Any) -> None:
    with bringing(row.get("side", side())):
        history.record(conn, at=now, kind=kind, by=by, customer_id=row["customer_id"], data={"sku": row["sku"], **more})
