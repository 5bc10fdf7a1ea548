"""How long each kind of data is kept: what is older goes, in small units, so that turns wait for none of it.

Amounts, counts and what was said are the shop's memory and stay, unless it sets an end for
words too. A dry run counts the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, delete, func, select, tuple_, update

from crm_store import schedule
from crm_store.access import phone_tries
from crm_store.audit import audit
from crm_store.coupons import coupons
from crm_store.guarding import opened
from crm_store.history import history
from crm_store.imports.journal import refusals, runs
from crm_store.inbox import inbox
from crm_store.outbox import outbox
from crm_store.privacy.ended import (
    empty_coupons,
    empty_surveys,
    empty_tickets,
    old_coupons,
    old_surveys,
    old_tickets,
)
from crm_store.privacy.settings import PrivacySettings
from crm_store.sign_ins import tries
from crm_store.surveys import surveys
from crm_store.tickets import tickets
from crm_store.webhooks import deliveries
from crm_store.windows import windows

A_BATCH = 500
"""Rows that one unit of work takes."""
SPOKEN = ("message.in", "message.out", "care.sent", "note")

Old = Callable[[Connection, datetime], Select[Any]]
"""Returns the keys of rows that are older than a moment."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of data. ``empties`` are columns that are cleared, or what clears them; without any, rows are deleted."""

    name: str
    table: Table
    old: Old
    empties: tuple[str, ...] | Callable[[Connection, Sequence[str]], None] = ()

    @property
    def job(self) -> str:
        """Under which name it is kept how far this has come."""
        return f"retention:{self.name}"


@dataclass(frozen=True, slots=True)
class Due:
    """What is too old: so many rows of a kind, from before a moment."""

    kind: str
    before: datetime
    rows: int


def due(conn: Connection, settings: PrivacySettings, *, now: datetime) -> list[Due]:
    """Return what is too old now, of each kind that has an end: a dry run."""
    return [
        Due(kind.name, before, _count(conn, kind.old(conn, before))) for kind, before in _ends(settings, now)
    ]  # fmt: skip


def work(settings: PrivacySettings, *, now: datetime) -> Iterator[tuple[str, Callable[[Connection], int]]]:
    """Yield each kind's name and the unit of work that takes a batch of it, to be run until it returns 0."""
    for kind, before in _ends(settings, now):
        yield kind.name, _batch(kind, before)


def _ends(settings: PrivacySettings, now: datetime) -> list[tuple[Kind, datetime]]:
    kept: Mapping[str, timedelta | None] = settings.kept
    return [(kind, now - length) for kind in KINDS if (length := kept[kind.name]) is not None]


def _batch(kind: Kind, before: datetime) -> Callable[[Connection], int]:
    keys = list(kind.table.primary_key)

    def take(conn: Connection) -> int:
        found = [tuple(row) for row in conn.execute(kind.old(conn, before).limit(A_BATCH))]
        if not found:
            schedule.advance(conn, kind.job, before)
            return 0
        if callable(kind.empties):
            kind.empties(conn, [key for (key,) in found])
            return len(found)
        those = keys[0].in_([key for (key,) in found]) if len(keys) == 1 else tuple_(*keys).in_(found)
        if kind.empties:
            with opened(conn, "retention"):
                conn.execute(update(kind.table).where(those).values(dict.fromkeys(kind.empties)))
        else:
            conn.execute(delete(kind.table).where(those))
        return len(found)

    return take


def _count(conn: Connection, keys: Select[Any]) -> int:
    return int(conn.execute(select(func.count()).select_from(keys.order_by(None).subquery())).scalar_one())


def _counted_up(table: Table, at: str, *also: ColumnElement[bool]) -> Old:
    """Rows whose keys count up with their time: those before the first that is not old, found without an index."""
    key, moment = table.c.id, table.c[at]

    def old(conn: Connection, before: datetime) -> Select[Any]:
        first = select(key).where(moment >= before).order_by(key).limit(1).scalar_subquery()
        return select(key).where(key < func.coalesce(first, 2**62), *also).order_by(key)

    return old


def _when(table: Table, *conditions: Callable[[datetime], ColumnElement[bool]]) -> Old:
    """Rows of a table that stays small."""
    keys = list(table.primary_key)

    def old(conn: Connection, before: datetime) -> Select[Any]:
        return select(*keys).where(and_(*(condition(before) for condition in conditions))).order_by(*keys)

    return old


def _entries(name: str, column: str, *kinds: str) -> Old:
    """Entries of the history that still have something in a column, since where this came to last."""

    def old(conn: Connection, before: datetime) -> Select[Any]:
        since = schedule.swept_until(conn, f"retention:{name}")
        from_there = (history.c.at >= since,) if since is not None else ()
        wanted = select(history.c.id).where(
            history.c.kind.in_(kinds), history.c.at < before, history.c[column].is_not(None), *from_there
        )
        return wanted.order_by(history.c.at, history.c.id)

    return old


_FINISHED = select(runs.c.id).where(runs.c.finished_at.is_not(None))
KINDS = (
    Kind("inbox", inbox, _counted_up(inbox, "received_at", inbox.c.status != "open")),
    Kind("outbox", outbox, _counted_up(outbox, "created_at", outbox.c.status.not_in(("queued", "sending")))),
    Kind("reasons", history, _entries("reasons", "why", "message.in"), empties=("why",)),
    Kind("words", history, _entries("words", "text", *SPOKEN), empties=("text", "why")),
    Kind("tickets", tickets, old_tickets, empties=empty_tickets),
    Kind("surveys", surveys, old_surveys, empties=empty_surveys),
    Kind("coupons", coupons, old_coupons, empties=empty_coupons),
    Kind("audit", audit, _counted_up(audit, "at")),
    Kind("tries", phone_tries, _when(phone_tries, lambda before: phone_tries.c.day < before.date().isoformat())),
    Kind("sign_ins", tries, _when(tries, lambda before: tries.c.last_at < before)),
    Kind("windows", windows, _when(windows, lambda before: windows.c.closes_at < before)),
    Kind(
        "refusals", refusals,
        _when(refusals, lambda before: refusals.c.run_id.in_(_FINISHED.where(runs.c.finished_at < before))),
    ),
    Kind("deliveries", deliveries, _when(deliveries, lambda before: deliveries.c.given_up_at < before)),
)  # fmt: skip
