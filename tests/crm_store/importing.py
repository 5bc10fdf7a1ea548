"""A store to import into, and what the tests of imports ask of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Table, select

from crm_store.imports import ImportSettings, Report, RowResult, apply_rows, apply_shop_event, import_file
from crm_store.imports.mapping import ColumnMap
from crm_store.models import metadata
from crm_store.ports import Ulids, VirtualClock
from crm_store.showing import customer_json, find_customer
from crm_store.unit_of_work import Store

NOW = datetime.fromisoformat("2026-11-22T09:00:00+08:00")
SETTINGS = ImportSettings(ZoneInfo("Asia/Shanghai"))


class Shop:
    """A shop without data, at `NOW`."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.folder = folder
        self.clock = VirtualClock(NOW)
        self.ids = Ulids(self.clock, Random(7))

    def load(self, kind: str, *rows: Mapping[str, Any], settings: ImportSettings = SETTINGS) -> list[RowResult]:
        return self.store.run_now(apply_rows, kind, rows, now=self.clock.now(), ids=self.ids, settings=settings)

    def hears(self, event: str, data: Mapping[str, Any]) -> RowResult:
        return self.store.run_now(apply_shop_event, event, data, now=self.clock.now(), ids=self.ids, settings=SETTINGS)

    def import_text(
        self, kind: str, text: str | bytes, *, mapping: ColumnMap | None = None, dry_run: bool = False
    ) -> Report:
        path = self.folder / f"{kind}.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return import_file(
            self.store, kind, path, mapping=mapping, dry_run=dry_run,
            now=self.clock.now(), ids=self.ids, settings=SETTINGS,
        )  # fmt: skip

    def show(self, id: str) -> dict[str, Any]:
        def page(conn: Connection) -> dict[str, Any]:
            key = find_customer(conn, id)
            assert key is not None, f"{id} is nobody"
            return customer_json(conn, key, self.clock.now())

        return self.store.read_now(page)

    def kinds(self, id: str) -> list[str]:
        return [entry["kind"] for entry in self.show(id)["timeline"]]

    def write(self, unit: Any, *args: Any, **kwargs: Any) -> Any:
        return self.store.run_now(unit, *args, **kwargs)

    def rows(self, table: Table) -> list[Any]:
        def all_of(conn: Connection) -> list[Any]:
            return list(conn.execute(select(table)))

        return self.store.read_now(all_of)

    def dump(self) -> dict[str, list[Any]]:
        shop_data = [table for table in metadata.sorted_tables if not table.name.startswith("import_")]
        return {table.name: [tuple(row) for row in self.rows(table)] for table in shop_data}
