"""A copy of all that is known of a customer: their page, and every row of every table that is theirs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Table, select

from crm_store import showing
from crm_store.models import metadata
from crm_store.privacy.fates import Nobodys
from crm_store.privacy.registry import REGISTRY


def export(conn: Connection, customer: str, *, now: datetime) -> dict[str, Any]:
    """Return everything held of the customer with this internal id, ready to be written as JSON.

    ``page`` is what `shuke customer show` prints; ``held`` has the rows themselves, by
    table, moments in ISO 8601 and amounts as text.

    Raises:
        LookupError: there is no such customer.
    """
    return {
        "exported_at": now.isoformat(),
        "page": showing.customer_json(conn, customer, now),
        "held": {str(table.name): found for table in metadata.sorted_tables if (found := rows(conn, table, customer))},
    }


def rows(conn: Connection, table: Table, customer: str) -> list[dict[str, Any]]:
    """Return the customer's rows of a table, in the order of their keys."""
    belonging = REGISTRY[table.name]
    if isinstance(belonging, Nobodys):
        return []
    wanted = select(table).where(belonging.whose(table, customer)).order_by(*table.primary_key)
    return [dict(_plain(row._mapping)) for row in conn.execute(wanted)]


def _plain(row: Any) -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, datetime | date):
            yield str(name), value.isoformat()
        else:
            yield str(name), str(value) if isinstance(value, Decimal) else value
