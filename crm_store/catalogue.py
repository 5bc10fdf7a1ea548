"""What the shop sells."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base, Exact, Json, table_of

_AT_ONCE = 500
"""Names that one statement asks for."""


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
_EVERY = select(products).order_by(products.c.sku)
_BY_SKU = select(products).where(products.c.sku == bindparam("key"))
_CALLED = select(products.c.sku, products.c.name_zh, products.c.name_en).where(
    products.c.sku.in_(bindparam("skus", expanding=True))
)
_ADD = insert(products)


def names(conn: Connection) -> list[tuple[str, tuple[str, ...]]]:
    """Return every SKU with the names that it goes by."""
    return [
        (row.sku, tuple(name for name in (row.name_zh, row.name_en, *(row.aliases or ())) if name))
        for row in conn.execute(_NAMES)
    ]


def every(conn: Connection) -> list[Any]:
    """Return the rows of all products, by SKU."""
    return list(conn.execute(_EVERY))


def by_sku(conn: Connection, sku: str) -> Any | None:
    """Return the product's row, or None."""
    return conn.execute(_BY_SKU, {"key": sku}).one_or_none()


def called(conn: Connection, skus: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return what products are called, by SKU and language; what the catalogue doesn't know is left out."""
    wanted = sorted(set(skus))
    names: dict[str, dict[str, str]] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        for row in conn.execute(_CALLED, {"skus": wanted[start : start + _AT_ONCE]}):
            both = {"zh": row.name_zh or row.name_en, "en": row.name_en or row.name_zh}
            names[row.sku] = {language: name for language, name in both.items() if name}
    return names


def add(conn: Connection, **fields: Any) -> None:
    """Add a product; ``fields`` are columns of the model."""
    conn.execute(_ADD, fields)


def change(conn: Connection, sku: str, **fields: Any) -> None:
    """Set columns of a product."""
    conn.execute(update(products).where(products.c.sku == sku).values(**fields))
