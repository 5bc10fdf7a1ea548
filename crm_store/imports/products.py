"""Products of a list: a row each, known by their SKU; empty columns change nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from crm_store import catalogue
from crm_store.imports.cells import Cells
from crm_store.imports.holding import Touched
from crm_store.imports.outcomes import RowRefused, RowResult
from crm_store.ports import Ids

COLUMNS = (
    "sku", "name_zh", "name_en", "aliases", "category", "price", "currency", "stock",
    "description_zh", "description_en",
)  # fmt: skip
REQUIRED = ("sku",)


@dataclass(frozen=True, slots=True)
class ProductRow:
    """``fields`` are the columns that the row speaks of, ``others`` those that are not ours."""

    sku: str
    fields: dict[str, Any]
    others: dict[str, str]
    usual_currency: str
    is_further: bool = False
    """Whether the file spoke of this product before: this row only completes."""

    def touches(self) -> Touched:
        """Return what it writes about."""
        return Touched(adds_products=True)

    def apply(self, conn: Connection, *, now: datetime, ids: Ids) -> RowResult:
        """Add the product, or change what the row says otherwise."""
        known = catalogue.by_sku(conn, self.sku)
        if known is None:
            fields = {"currency": self.usual_currency, **self.fields}
            catalogue.add(conn, sku=self.sku, **fields, attributes=self.others or None)
            return RowResult.ADDED
        changed = {
            name: value
            for name, value in self.fields.items()
            if getattr(known, name) != value and not (self.is_further and getattr(known, name) is not None)
        }
        kept = known.attributes or {}
        others = {name: value for name, value in self.others.items() if not (self.is_further and name in kept)}
        if kept | others != kept:
            changed["attributes"] = kept | others
        if not changed:
            return RowResult.UNCHANGED
        catalogue.change(conn, self.sku, **changed)
        return RowResult.CHANGED


@dataclass(frozen=True, slots=True)
class StockRow:
    """The shop's word on how many there are of a product that is in its list."""

    sku: str
    stock: int

    def touches(self) -> Touched:
        """Return what it writes about: nothing that has to be held, since a single statement writes it."""
        return Touched()

    def apply(self, conn: Connection, *, now: datetime, ids: Ids) -> RowResult:
        """Change the stock; who waits for the product is told by what looks after wishes."""
        known = catalogue.by_sku(conn, self.sku)
        if known is None:
            raise RowRefused("sku", "there is no such product", "import products first, or correct the sku")
        if known.stock == self.stock:
            return RowResult.UNCHANGED
        catalogue.change(conn, self.sku, stock=self.stock)
        return RowResult.CHANGED


def read_stock(cells: Cells) -> StockRow:
    """Read the shop's word on a product's stock; `RowRefused` names what cannot be read."""
    stock = cells.whole("stock")
    if stock is None:
        raise RowRefused("stock", "is empty", "say how many there are, such as 12")
    return StockRow(cells.required("sku"), stock)


def read(cells: Cells) -> ProductRow:
    """Read a row; `RowRefused` names the column that cannot be read."""
    said = {
        "name_zh": cells.text("name_zh"),
        "name_en": cells.text("name_en"),
        "aliases": cells.texts("aliases"),
        "category": cells.text("category"),
        "price": cells.exact("price"),
        "currency": cells.currency(),
        "stock": cells.whole("stock"),
        "description_zh": cells.text("description_zh"),
        "description_en": cells.text("description_en"),
    }
    fields = {name: value for name, value in said.items() if value is not None}
    others, currency = cells.others(COLUMNS), cells.settings.currency
    return ProductRow(cells.required("sku"), fields, others, currency, is_further=cells.ordinal > 1)
