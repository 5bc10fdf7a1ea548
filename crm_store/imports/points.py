"""Movements of points in a list: positive ones are earned, negative ones spent, oldest row first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection

from crm_store import customers, points
from crm_store.errors import NotEnoughPoints
from crm_store.imports.cells import Cells
from crm_store.imports.holding import Touched
from crm_store.imports.lookups import brought_to, customer_named
from crm_store.imports.outcomes import RowRefused, RowResult
from crm_store.ports import Ids

COLUMNS = ("customer_id", "points", "reason", "at", "expires_at", "reference")
REQUIRED = ("customer_id", "points")


@dataclass(frozen=True, slots=True)
class PointsRow:
    """One movement; ``reference`` is its name, by which it is entered once."""

    customer_no: str
    points: int
    reason: str | None
    at: datetime
    expires_at: datetime | None
    reference: str

    def touches(self) -> Touched:
        """Return what it writes about."""
        return Touched(customers=frozenset({self.customer_no}))

    def apply(self, conn: Connection, *, now: datetime, ids: Ids) -> RowResult:
        """Earn or spend, unless the reference is known.

        A lot that has expired meanwhile is entered all the same: it was there to be
        spent, and the history has to say so.
        """
        customer, side = customer_named(conn, self.customer_no)
        customers.hold(conn, customer)
        if points.is_known(conn, self.reference):
            return RowResult.UNCHANGED
        with brought_to(side):
            self._move(conn, customer, ids)
        return RowResult.ADDED

    def _move(self, conn: Connection, customer: str, ids: Ids) -> None:
        if self.points > 0:
            points.earn(
                conn, customer, self.points, at=self.at, ids=ids, expires_at=self.expires_at,
                reason=self.reason, reference=self.reference, by="import",
            )  # fmt: skip
            return
        try:
            points.spend(
                conn, customer, -self.points, at=self.at, reason=self.reason, reference=self.reference, by="import"
            )
        except NotEnoughPoints:
            raise RowRefused(
                "points", "are more than there were at that time", "put the rows that earned them first, oldest on top"
            ) from None


def read(cells: Cells) -> PointsRow:
    """Read a row; `RowRefused` names the column that cannot be read."""
    cells.required("points")
    moved = cells.whole("points")
    if not moved:
        raise RowRefused("points", "moves nothing", "write points earned, or points spent with a minus")
    at = cells.moment("at") or cells.now
    expires_at = cells.moment("expires_at", until_end_of_day=True)
    if expires_at is not None and expires_at <= at:
        raise RowRefused("expires_at", "lies before the points were earned", "write a later day, or leave it empty")
    customer_no, reason = cells.required("customer_id"), cells.text("reason")
    reference = cells.text("reference") or _derived(customer_no, moved, reason, at, expires_at)
    return PointsRow(customer_no, moved, reason, at, expires_at, reference)


def _derived(*said: object) -> str:
    """Name a row that has no name of its own by all that it says: the same row again is the same movement."""
    return "row:" + sha256(repr(said).encode()).hexdigest()[:24]
