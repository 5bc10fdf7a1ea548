"""The shop's own data: customers, products, orders, points and coupons, from CSV files or a row at a time.

`cells.py` reads one value, `customers.py`, `products.py`, `orders.py`, `points.py` and
`coupons.py` know what a row of theirs means, `rows.py` brings in one row or many,
`holding.py` lets nobody else write about the same meanwhile, `files.py` reads a CSV file
and `journal.py` keeps how far it came, `mending.py` writes what was refused, and
`mapping.py` reads the file that says what a shop calls its columns.
Importing the same again changes nothing.
"""

from __future__ import annotations

from crm_store.imports.files import import_file, read_lines
from crm_store.imports.journal import unfinished
from crm_store.imports.mapping import ColumnMap, load_mapping
from crm_store.imports.mending import write_refused
from crm_store.imports.outcomes import ImportRefused, ImportSettings, Refused, Report, RowRefused, RowResult
from crm_store.imports.rows import KINDS, STOCK, apply_row, apply_rows, apply_shop_event

__all__ = [
    "KINDS", "STOCK", "ColumnMap", "ImportRefused", "ImportSettings", "Refused", "Report", "RowRefused", "RowResult",
    "apply_row", "apply_rows", "apply_shop_event", "import_file", "load_mapping", "read_lines", "unfinished",
    "write_refused",
]  # fmt: skip
