"""What the clock does for the ledgers: points that have expired are written off, each once, however late it comes."""

from __future__ import annotations

from datetime import datetime

import structlog
from sqlalchemy import Connection

from crm_store import points_expiry
from crm_store.unit_of_work import Store

AT_ONCE = 200
"""Lots that one look asks for."""

log = structlog.get_logger(__name__)


async def keep_ledgers(store: Store, now: datetime) -> int:
    """Do all that is due by ``now``, a unit for each customer; return how many points have expired.

    Whoever is killed in between, or works beside another, leaves nothing out and does
    nothing twice: a unit looks again at what it holds.
    """
    expired = 0
    while found := await store.read(points_expiry.due, now, most=AT_ONCE):
        for customer in found:
            expired += await store.run(points_expiry.expire, customer, now)
    if expired:
        log.info("points.expired", points=expired)
    return expired


def next_moment(conn: Connection, *, after: datetime) -> datetime | None:
    """Return the next moment, later than ``after``, at which `keep_ledgers` has something to do, or None."""
    return points_expiry.next_moment(conn, after)
