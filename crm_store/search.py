"""Looking for words in all that was ever said and done: in the whole shop, or with one customer.

The whole shop is looked through by the index (`crm_store.search_index`), the latest
written down first; what has not got into it yet gets there before. One customer's
entries are read themselves, in the order of their timeline: there are not many, and
they move when two customers become one.

A page is never longer than asked for, and may be shorter though there is more:
``next`` tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, text

from crm_store import search_index, timeline
from crm_store.history import history
from crm_store.search_index import INDEX
from crm_store.terms import Asked
from crm_store.timeline import EVERYTHING, Filters, Place

A_PAGE = 30
CATCHES_UP = 1_000
"""Entries that a search takes into the index itself; of more, as after an import, it tells how many are missing."""
NEAR = 20_000
"""Entries. PostgreSQL looks at the newest first: of a word that is in every tenth it would read half a million."""
_ROUNDS = 5
_AT_ONCE = 500
_MOST_MONTHS = 36
_NEWEST = 2**62

_ON_SQLITE = text(
    f"SELECT rowid FROM {INDEX} WHERE {INDEX} MATCH :asked AND rowid < :before ORDER BY rowid DESC LIMIT :most"
)
# Found first and sorted then: else the planner reads everything from the newest on, for a word that is nowhere.
_NEAR_ON_POSTGRES = text(
    f"WITH found AS MATERIALIZED (SELECT id FROM {INDEX} WHERE terms @@ CAST(:asked AS tsquery)"
    " AND id < :before AND id >= :floor) SELECT id FROM found ORDER BY id DESC LIMIT :most"
)
_ON_POSTGRES = text(
    f"WITH found AS MATERIALIZED (SELECT id FROM {INDEX} WHERE terms @@ CAST(:asked AS tsquery) AND id < :before)"
    " SELECT id FROM found ORDER BY id DESC LIMIT :most"
)
_LAST = text(f"SELECT max(id) FROM {INDEX}")
_READ = select(history).where(history.c.id.in_(bindparam("keys", expanding=True))).order_by(history.c.id.desc())


@dataclass(frozen=True, slots=True)
class Found:
    """Entries that were found, the latest first. ``next`` is where to go on; None where that was all."""

    entries: list[Any]
    next: Place | int | None
    missing: int = 0
    """So many entries are not in the index yet and could not be found."""


def find(
    conn: Connection, asked: Asked, *, filters: Filters = EVERYTHING, before: int | None = None, most: int = A_PAGE
) -> Found:
    """Find entries in the whole shop; a unit that writes, since it catches up with the index first.

    ``before`` is the key that the page before has told as its ``next``.
    """
    missing = 0
    if before is None:
        for _ in range(CATCHES_UP // search_index.A_BATCH):
            if search_index.catch_up(conn) < search_index.A_BATCH:
                break
        else:
            missing = search_index.waiting(conn)
    wanted = _asked_of(conn, asked, filters)
    entries: list[Any] = []
    at = before or _NEWEST
    for _ in range(_ROUNDS):
        keys = _keys(conn, wanted, at, most)
        rows = conn.execute(_READ.where(*timeline.conditions(filters)), {"keys": keys}) if keys else ()
        entries += [row for row in rows if asked.is_in(search_index.words_of(row))]
        if len(entries) >= most:
            entries = entries[:most]
            return Found(entries, entries[-1].id, missing)
        if len(keys) < most:
            return Found(entries, None, missing)
        at = keys[-1]
    return Found(entries, at, missing)


def find_with(
    conn: Connection,
    asked: Asked,
    customer_id: str,
    *,
    filters: Filters = EVERYTHING,
    before: Place | None = None,
    most: int = A_PAGE,
) -> Found:
    """Find entries of one customer, in the order of the timeline."""
    entries: list[Any] = []
    while True:
        rows = timeline.page(conn, customer_id, filters=filters, before=before, most=_AT_ONCE)
        for row in rows:
            if asked.is_in(search_index.words_of(row)):
                entries.append(row)
                if len(entries) == most:
                    return Found(entries, timeline.place_of(row))
        if len(rows) < _AT_ONCE:
            return Found(entries, None)
        before = timeline.place_of(rows[-1])


def _keys(conn: Connection, asked: str, before: int, most: int) -> Sequence[int]:
    """Return the keys of entries that have all the terms, the newest first."""
    values: dict[str, Any] = {"asked": asked, "before": before, "most": most}
    if conn.dialect.name == "sqlite":
        return conn.execute(_ON_SQLITE, values).scalars().all()
    newest = before if before < _NEWEST else conn.execute(_LAST).scalar() or 0
    near = conn.execute(_NEAR_ON_POSTGRES, values | {"floor": newest - NEAR}).scalars().all()
    return near if len(near) == most else conn.execute(_ON_POSTGRES, values).scalars().all()


def _asked_of(conn: Connection, asked: Asked, filters: Filters) -> str:
    """Return the question as the index takes it. Terms are letters and digits alone, so nothing has to be escaped."""
    on_sqlite = conn.dialect.name == "sqlite"
    quote, beginning, both, either = ('"', " *", " AND ", " OR ") if on_sqlite else ("'", ":*", " & ", " | ")

    def any_of(terms: Sequence[str]) -> str:
        return "(" + either.join(f"{quote}{term}{quote}" for term in terms) + ")"

    parts = [f"{quote}{term}{quote}{beginning if is_begin else ''}" for term, is_begin in asked.terms()]
    if filters.groups:
        parts.append(any_of([search_index.of_group(group) for group in filters.groups]))
    if filters.channels:
        parts.append(any_of([search_index.of_channel(channel) for channel in filters.channels]))
    if months := _months(filters.since, filters.until):
        parts.append(any_of(months))
    return both.join(parts)


def _months(since: datetime | None, until: datetime | None) -> list[str]:
    """Return the terms of all months of a stretch of time, none where it is open or very long."""
    if since is None or until is None:
        return []
    found: list[str] = []
    at = since
    while at < until and len(found) <= _MOST_MONTHS:
        found.append(search_index.of_month(at))
        at = at.replace(year=at.year + at.month // 12, month=at.month % 12 + 1, day=1, hour=0, minute=0, second=0)
    return found if len(found) <= _MOST_MONTHS else []
