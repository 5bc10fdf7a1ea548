"""What a check of the database finds: which row, and what is wrong with it; never a customer's words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Table, select
from sqlalchemy.sql.elements import ColumnElement

MOST_TOLD = 20
"""Of each check so many finds are told one by one."""


@dataclass(frozen=True, slots=True)
class Find:
    """Something that must not be. ``key`` names the row; ``what`` says what is wrong with it."""

    check: str
    table: str
    key: str
    what: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def rows(conn: Connection, check: str, table: Table, wrong: ColumnElement[bool], what: str) -> Iterator[Find]:
    """Find the rows of a table for which ``wrong`` holds, in the order of their keys: each ``what``."""
    keys = list(table.primary_key)
    for row in conn.execute(select(*keys).where(wrong).order_by(*keys).limit(MOST_TOLD + 1)):
        yield Find(check, table.name, "/".join(map(str, row)), what)
