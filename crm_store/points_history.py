"""The last movements of a customer's points, as a person would list them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice
from typing import Any

from sqlalchemy import Connection, bindparam, select

from crm_store.points import entries

_NEWEST = select(entries).where(entries.c.customer_id == bindparam("customer_id")).order_by(entries.c.id.desc())


@dataclass(frozen=True, slots=True)
class Movement:
    """Points that came (more than 0) or went at one time; ``kind`` is one of `points.KINDS`."""

    kind: str
    points: int
    at: datetime


def last(conn: Connection, customer_id: str, most: int) -> list[Movement]:
    """Return the customer's newest ``most`` movements, the newest first.

    What was drawn from several lots at once is one movement.
    """
    with conn.execute(_NEWEST, {"customer_id": customer_id}) as rows:
        together = ((key, sum(row.points for row in some)) for key, some in groupby(rows, _occasion))
        return [Movement(kind, count, at) for (kind, at, _), count in islice(together, most)]


def _occasion(row: Any) -> tuple[str, datetime, str | None]:
    return row.kind, row.at, row.reference
