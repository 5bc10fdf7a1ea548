"""What the clock does for the ledgers: points and coupons that expired are written off, tiers follow the days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Connection

from crm_store import coupon_use, points_expiry, schedule, tiers
from crm_store.loyalty import Loyalty
from crm_store.unit_of_work import Store

AT_ONCE = 200
"""Lots, or customers, that one look asks for."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """What was done: so many points expired, so many coupons, so many customers got another tier."""

    expired: int
    coupons: int
    tiers: int


async def keep_ledgers(store: Store, now: datetime, loyalty: Loyalty) -> Kept:
    """Do all that is due by ``now``, a unit for each customer.

    Whoever is killed in between, or works beside another, leaves nothing out and does
    nothing twice: a unit looks again at what it holds.
    """
    expired = 0
    while found := await store.read(points_expiry.due, now, most=AT_ONCE):
        for customer in found:
            expired += await store.run(points_expiry.expire, customer, now)
    ended = 0
    while codes := await store.read(coupon_use.due, now, most=AT_ONCE):
        for code in codes:
            ended += await store.run(coupon_use.expire, code, now)
    changed = await _keep_tiers(store, now, loyalty)
    if expired or ended or changed:
        log.info("ledgers.kept", points_expired=expired, coupons_expired=ended, tiers_changed=changed)
    return Kept(expired, ended, changed)


async def _keep_tiers(store: Store, now: datetime, loyalty: Loyalty) -> int:
    """Look at everybody's tier, once for each day that begins where the shop is."""
    rules = loyalty.tiers
    if rules is None:
        return 0
    midnight = tiers.midnight(now, rules.zone)
    until = await store.read(schedule.swept_until, tiers.JOB)
    if until is not None and until >= midnight:
        return 0
    changed = 0
    after: str | None = ""
    while after is not None:
        late, after = await store.read(tiers.behind, after, rules, now, most=AT_ONCE)
        for customer in late:
            changed += await store.run(tiers.settle, customer, rules, now=now, desk=loyalty.desk)
    await store.run(schedule.advance, tiers.JOB, midnight)
    return changed


def next_moment(conn: Connection, loyalty: Loyalty, *, after: datetime) -> datetime | None:
    """Return the next moment, later than ``after``, at which `keep_ledgers` has something to do, or None."""
    moments = [points_expiry.next_moment(conn, after), coupon_use.next_moment(conn, after)]
    if loyalty.tiers is not None:
        moments.append(tiers.midnight(after, loyalty.tiers.zone, days=1))
    return min((moment for moment in moments if moment is not None), default=None)
