"""What the shop sells."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base, Exact, Json, table_of


class Product(Base):
    """One thing for sale, under the names that customers use for it."""

    __tablename__ = "products"

    sku: Mapped[str] = mapped_column(primary_key=True)
    name_zh: Mapped[str | None]
    name_en: Mapped[str | None]
    aliases: Mapped[list[str] | None] = mapped_column(Json)
    category: Mapped[str | None]
    price: Mapped[Decimal | None] = mapped_column(Exact)
    currency: Mapped[str | None]
    stock: Mapped[int | None]
    description_zh: Mapped[str | None]
    description_en: Mapped[str | None]
    attributes: Mapped[dict[str, Any] | None] = mapped_column(Json)


products = table_of(Product)

_NAMES = select(products.c.sku, products.c.name_zh, products.c.name_en, products.c.aliases).order_by(products.c.sku)
_BY_SKU = select(products).where(products.c.sku == bindparam("key"))
_ADD = insert(products)


def names(conn: Connection) -> list[tuple[str, tuple[str, ...]]]:
    """Return every SKU with the names that it goes by."""
    return [
        (row.sku, tuple(name for name in (row.name_zh, row.name_en, *(row.aliases or ())) if name))
        for row in conn.execute(_NAMES)
    ]


def by_sku(conn: Connection, sku: str) -> Any | None:
    """Return the product's row, or None."""
    return conn.execute(_BY_SKU, {"key": sku}).one_or_none()


def add(conn: Connection, **fields: Any) -> None:
    """Add a product; ``fields`` are columns of the model."""
    conn.execute(_ADD, fields)


def change(conn: Connection, sku: str, **fields: Any) -> None:
    """Set columns of a product."""
    conn.execute(update(products).where(products.c.sku == sku).values(**fields))
