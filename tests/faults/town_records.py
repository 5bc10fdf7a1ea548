"""All that a town has written down, read once it is quiet."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

Row = dict[str, Any]

_READ = {
    "inbox": "SELECT t.*, i.user_id FROM inbox t JOIN identities i ON i.id = t.identity_id ORDER BY t.id",
    "outbox": "SELECT t.*, t.recipient AS user_id FROM outbox t ORDER BY id",
    "history": "SELECT t.*, i.user_id FROM history t"
    " LEFT JOIN (SELECT DISTINCT ON (customer_id) customer_id, user_id FROM identities) i USING (customer_id)"
    " ORDER BY t.id",
    "tickets": "SELECT t.*, i.user_id FROM tickets t JOIN identities i USING (customer_id)",
    "entries": "SELECT t.*, i.user_id FROM points_entries t JOIN identities i USING (customer_id) ORDER BY t.id",
    "lots": "SELECT t.*, i.user_id FROM points_lots t JOIN identities i USING (customer_id)",
    "talks": "SELECT t.*, i.user_id, t.lease_until > clock_timestamp() AS leased"
    " FROM conversations t JOIN identities i ON i.id = t.identity_id",
    # Not the nightly tidying: whoever is killed in it leaves the rest to the next night.
    "claims": "SELECT * FROM schedule_claims WHERE job <> 'keeping_house'",
}


@dataclass(frozen=True, slots=True)
class Records:
    """The tables of a town; of what belongs to a customer the rows have their ``user_id``."""

    tables: dict[str, list[Row]]
    read_at: datetime
    """By the database's clock."""

    def of(self, table: str, user: str) -> list[Row]:
        """Return a customer's rows of a table, by their user id."""
        return [row for row in self.tables[table] if row["user_id"] == user]


def read_records(url: str) -> Records:
    """Read everything in one snapshot."""
    with psycopg.connect(url, row_factory=dict_row) as db:
        db.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        tables = {name: db.execute(query).fetchall() for name, query in _READ.items()}
        row = db.execute("SELECT clock_timestamp() AS now").fetchone()
        assert row is not None
        return Records(tables, row["now"])


def text_of(row: Row) -> str:
    """Return the words of an outbox row."""
    text: str = from_json(row["body"])["text"]
    return text


def from_json(value: Any) -> Any:
    """Return what a JSON column holds, however its driver gives it."""
    return json.loads(value) if isinstance(value, str) else value
