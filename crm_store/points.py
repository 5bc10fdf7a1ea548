"""Loyalty points in lots: earning makes a lot, spending draws on the lots that expire first.

A ledger that only sums would go negative when points expire that were spent
already; lots cannot. Points are whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, bindparam, func, insert, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from crm_store import customers, history
from crm_store.base import Base, Counting, UtcDateTime, table_of
from crm_store.errors import NotEnoughPoints
from crm_store.origins import side_column
from crm_store.ports import Ids


class PointsLot(Base):
    """Points earned together, which expire together; ``remaining`` have not been spent."""

    __tablename__ = "points_lots"

    id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    points: Mapped[int]
    remaining: Mapped[int]
    earned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    side: Mapped[str | None] = side_column()

    __table_args__ = (Index("ix_points_lots_customer_id", "customer_id", "expires_at"),)


class PointsEntry(Base):
    """One movement of points, never changed: earned ones are positive, spent ones negative."""

    __tablename__ = "points_entries"

    id: Mapped[int] = mapped_column(Counting, primary_key=True, autoincrement=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    lot_id: Mapped[str] = mapped_column(ForeignKey("points_lots.id"))
    points: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str | None]
    reference: Mapped[str | None]

    __table_args__ = (
        Index("ix_points_entries_customer_id", "customer_id", "id"),
        Index("ix_points_entries_reference", "reference"),
    )


lots = table_of(PointsLot)
entries = table_of(PointsEntry)

_LIVE = (
    lots.c.customer_id == bindparam("customer_id"),
    lots.c.remaining > 0,
    or_(lots.c.expires_at.is_(None), lots.c.expires_at > bindparam("now")),
)
_BALANCE = select(func.coalesce(func.sum(lots.c.remaining), 0)).where(*_LIVE)
_LOTS = select(lots).where(*_LIVE).order_by(lots.c.expires_at.is_(None), lots.c.expires_at, lots.c.earned_at, lots.c.id)
_ADD_LOT = insert(lots)
_ADD_ENTRY = insert(entries)
_DRAW = update(lots).where(lots.c.id == bindparam("key")).values(remaining=lots.c.remaining - bindparam("drawn"))
_KNOWN = select(entries.c.id).where(entries.c.reference == bindparam("reference")).limit(1)


@dataclass(frozen=True, slots=True)
class Lot:
    """What is left of a lot."""

    points: int
    expires_at: datetime | None


def balance(conn: Connection, customer_id: str, now: datetime) -> int:
    """Return the points that the customer can spend at ``now``."""
    return int(conn.execute(_BALANCE, {"customer_id": customer_id, "now": now}).scalar_one())


def live_lots(conn: Connection, customer_id: str, now: datetime) -> list[Lot]:
    """Return what can be spent, soonest to expire first."""
    return [Lot(row.remaining, row.expires_at) for row in _rows(conn, customer_id, now)]


def next_expiry(conn: Connection, customer_id: str, now: datetime) -> tuple[int, datetime] | None:
    """Return how many points expire next and when, or None where none do."""
    left = live_lots(conn, customer_id, now)
    expires_at = left[0].expires_at if left else None
    if expires_at is None:
        return None
    return sum(lot.points for lot in left if lot.expires_at == expires_at), expires_at


def is_known(conn: Connection, reference: str) -> bool:
    """Return whether a movement with this reference has been entered already."""
    return conn.execute(_KNOWN, {"reference": reference}).first() is not None


def earn(
    conn: Connection,
    customer_id: str,
    points: int,
    *,
    at: datetime,
    ids: Ids,
    expires_at: datetime | None = None,
    reason: str | None = None,
    reference: str | None = None,
    by: str = "system",
) -> None:
    """Add a lot of ``points`` (more than 0)."""
    if points <= 0:
        raise ValueError("a lot holds at least one point")
    lot = ids.new()
    conn.execute(
        _ADD_LOT,
        {
            "id": lot,
            "customer_id": customer_id,
            "points": points,
            "remaining": points,
            "earned_at": at,
            "expires_at": expires_at,
        },
    )
    _move(conn, customer_id, [(lot, points)], at, reason, reference, by, "points.earned")


def spend(
    conn: Connection,
    customer_id: str,
    points: int,
    *,
    at: datetime,
    reason: str | None = None,
    reference: str | None = None,
    by: str = "system",
) -> None:
    """Spend ``points`` (more than 0), soonest to expire first.

    Raises:
        NotEnoughPoints: the balance at ``at`` is smaller; nothing has changed.
    """
    if points <= 0:
        raise ValueError("at least one point is spent")
    customers.hold(conn, customer_id)
    left = points
    drawn: list[tuple[str, int]] = []
    for lot in _rows(conn, customer_id, at):
        take = min(left, lot.remaining)
        drawn.append((lot.id, take))
        left -= take
        if left == 0:
            break
    if left:
        raise NotEnoughPoints(f"{points} points were to be spent and {points - left} are there")
    conn.execute(_DRAW, [{"key": lot, "drawn": take} for lot, take in drawn])
    _move(conn, customer_id, [(lot, -take) for lot, take in drawn], at, reason, reference, by, "points.spent")


def _rows(conn: Connection, customer_id: str, now: datetime) -> list[Any]:
    return list(conn.execute(_LOTS, {"customer_id": customer_id, "now": now}))


def _move(
    conn: Connection, customer_id: str, moves: list[tuple[str, int]], at: datetime, reason: str | None,
    reference: str | None, by: str, kind: str,
) -> None:  # fmt: skip
    conn.execute(
        _ADD_ENTRY,
        [
            {
                "customer_id": customer_id,
                "lot_id": lot,
                "points": points,
                "at": at,
                "reason": reason,
                "reference": reference,
            }
            for lot, points in moves
        ],
    )
    history.record(
        conn, at=at, kind=kind, by=by, customer_id=customer_id,
        data={
            "points": abs(sum(points for _, points in moves)), "balance": balance(conn, customer_id, at),
            "reason": reason, "reference": reference,
        },
    )  # fmt: skip
