"""Loyalty points in lots: earning makes a lot, spending draws on the lots that expire first.

A ledger that only sums would go negative when points expire that were spent
already; lots cannot. Points are whole numbers. Entries are append-only: what is left
of a lot is the sum of its entries, and a mistake is mended by another entry
(`points_refunds`, `points_expiry` and `take_backs` write the other kinds).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Connection, ForeignKey, Index, bindparam, func, insert, or_, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from crm_store import customers, history
from crm_store.base import Base, Counting, Exact, UtcDateTime, table_of
from crm_store.errors import NotEnoughPoints
from crm_store.origins import side_column
from crm_store.ports import Ids

KINDS = ("earned", "spent", "refunded", "taken_back", "expired")
"""What a movement is. Earned and refunded ones are positive, the others negative; an expired one is
positive where points were spent, as is told later, before they expired."""


class PointsLot(Base):
    """Points earned together, which expire together; ``remaining`` have not been spent."""

    __tablename__ = "points_lots"

    id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    points: Mapped[int]
    remaining: Mapped[int]
    earned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    order_no: Mapped[str | None]
    """The order that earned it, where one did…"""
    rate: Mapped[Decimal | None] = mapped_column(Exact)
    """…and how many points a unit of money was worth."""
    origin: Mapped[str | None]
    """The lot that these points were spent from, which had expired when they came back."""
    side: Mapped[str | None] = side_column()

    __table_args__ = (
        Index("ix_points_lots_customer_id", "customer_id", "expires_at"),
        Index(
            "ix_points_lots_expiring", "expires_at", "customer_id",
            sqlite_where=text("remaining > 0"), postgresql_where=text("remaining > 0"),
        ),
        Index(
            "ix_points_lots_order_no", "order_no",
            sqlite_where=text("order_no IS NOT NULL"), postgresql_where=text("order_no IS NOT NULL"),
        ),
    )  # fmt: skip


class PointsEntry(Base):
    """One movement of points, never changed: earned ones are positive, spent ones negative."""

    __tablename__ = "points_entries"

    id: Mapped[int] = mapped_column(Counting, primary_key=True, autoincrement=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    lot_id: Mapped[str] = mapped_column(ForeignKey("points_lots.id"))
    kind: Mapped[str]
    points: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str | None]
    reference: Mapped[str | None]
    undoes: Mapped[int | None] = mapped_column(BigInteger)
    """Of what is refunded: the spent entry whose points came back."""
    take_back_id: Mapped[str | None]

    __table_args__ = (
        Index("ix_points_entries_customer_id", "customer_id", "id"),
        Index("ix_points_entries_reference", "reference"),
        Index("ix_points_entries_lot_id", "lot_id"),
        Index(
            "ix_points_entries_undoes", "undoes",
            sqlite_where=text("undoes IS NOT NULL"), postgresql_where=text("undoes IS NOT NULL"),
        ),
    )  # fmt: skip


class TakeBack(Base):
    """Points of an order that is no more, which its customer has to give back.

    ``points`` are those that its entries took, those still ``owed``, those that had
    ``lapsed`` unspent, and those that the shop has ``forgiven``.
    """

    __tablename__ = "points_take_backs"

    id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    order_no: Mapped[str]
    points: Mapped[int]
    owed: Mapped[int]
    lapsed: Mapped[int]
    forgiven: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    side: Mapped[str | None] = side_column()

    __table_args__ = (
        Index("ix_points_take_backs_customer_id", "customer_id", "at"),
        Index("ix_points_take_backs_order_no", "order_no"),
        Index(
            "ix_points_take_backs_owed", "customer_id",
            sqlite_where=text("owed > 0"), postgresql_where=text("owed > 0"),
        ),
    )  # fmt: skip


lots = table_of(PointsLot)
entries = table_of(PointsEntry)
take_backs = table_of(TakeBack)

_NOT_DEAD = or_(lots.c.expires_at.is_(None), lots.c.expires_at > bindparam("now"))
_SOONEST_FIRST = (lots.c.expires_at.is_(None), lots.c.expires_at, lots.c.earned_at, lots.c.id)
_LIVE = (lots.c.customer_id == bindparam("customer_id"), lots.c.remaining > 0, _NOT_DEAD)
_BALANCE = select(func.coalesce(func.sum(lots.c.remaining), 0)).where(*_LIVE)
_LOTS = select(lots).where(*_LIVE).order_by(*_SOONEST_FIRST)
_EXPIRED_LATER = (
    # Of lots that were alive then, and have expired since.
    select(*lots.c, (-func.sum(entries.c.points)).label("expired"))
    .join_from(lots, entries, entries.c.lot_id == lots.c.id)
    .where(lots.c.customer_id == bindparam("customer_id"), lots.c.expires_at > bindparam("now"))
    .where(entries.c.kind == "expired")
    .group_by(*lots.c)
    .having(func.sum(entries.c.points) < 0)
)
_ADD_LOT = insert(lots)
_ADD_ENTRY = insert(entries)
_CHANGE = update(lots).where(lots.c.id == bindparam("key")).values(remaining=lots.c.remaining + bindparam("moved"))
_KNOWN = select(entries.c.id).where(entries.c.reference == bindparam("reference")).limit(1)
_OWED = (
    select(take_backs)
    .where(take_backs.c.customer_id == bindparam("customer_id"), text("points_take_backs.owed > 0"))
    .order_by(take_backs.c.at, take_backs.c.id)
)
_PAY = update(take_backs).where(take_backs.c.id == bindparam("key")).values(owed=take_backs.c.owed - bindparam("paid"))


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
    return [Lot(row.remaining, row.expires_at) for row in live_rows(conn, customer_id, now)]


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


def owed(conn: Connection, customer_id: str) -> int:
    """Return how many points the customer still has to give back; they go off what comes in next."""
    return sum(one.owed for one in conn.execute(_OWED, {"customer_id": customer_id}))


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
    order_no: str | None = None,
    rate: Decimal | None = None,
) -> None:
    """Add a lot of ``points`` (more than 0); what the customer owes is taken from it at once.

    ``order_no`` names the order that earned them, and ``rate`` what a unit of its money was worth.
    """
    if points <= 0:
        raise ValueError("a lot holds at least one point")
    customers.hold(conn, customer_id)
    lot = add_lot(
        conn, customer_id, ids, earned_at=at, expires_at=expires_at, order_no=order_no, rate=rate, points=points
    )
    move(conn, customer_id, [Move(lot, points)], "earned", at=at, reason=reason, reference=reference, by=by)
    settle(conn, customer_id, at=at, by=by)


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

    Of what is told late, ``at`` counts: points that expired since were still there to be spent.

    Raises:
        NotEnoughPoints: the balance at ``at`` is smaller; nothing has changed.
    """
    if points <= 0:
        raise ValueError("at least one point is spent")
    customers.hold(conn, customer_id)
    names = {"customer_id": customer_id, "now": at}
    back = {row.id: row for row in conn.execute(_EXPIRED_LATER, names)}
    there = {row.id: row for row in live_rows(conn, customer_id, at)} | back
    never = datetime.max.replace(tzinfo=UTC)
    in_order = sorted(there.values(), key=lambda row: (row.expires_at or never, row.earned_at, row.id))
    there_are = {row.id: row.remaining + (back[row.id].expired if row.id in back else 0) for row in in_order}
    drawn = draw(there_are.items(), points)
    if (found := sum(take for _, take in drawn)) < points:
        raise NotEnoughPoints(f"{points} points were to be spent and {found} are there")
    undone = [Move(lot, short) for lot, take in drawn if (short := take - there[lot].remaining) > 0]
    if undone:
        enter(conn, customer_id, undone, "expired", at=at, reason="spent before", reference=reference)
    moves = [Move(lot, -take) for lot, take in drawn]
    move(conn, customer_id, moves, "spent", at=at, reason=reason, reference=reference, by=by)


def settle(conn: Connection, customer_id: str, *, at: datetime, by: str) -> None:
    """Take what the customer owes from what there is now."""
    debts = conn.execute(_OWED, {"customer_id": customer_id}).all()
    if not debts:
        return
    left = {row.id: row.remaining for row in live_rows(conn, customer_id, at)}
    moves = []
    for debt in debts:
        drawn = draw(left.items(), debt.owed)
        for lot, take in drawn:
            left[lot] -= take
        moves += [Move(lot, -take, take_back_id=debt.id) for lot, take in drawn]
        conn.execute(_PAY, {"key": debt.id, "paid": sum(take for _, take in drawn)})
    if moves:
        move(
            conn, customer_id, moves, "taken_back", at=at, reason="owed", reference=None, by=by,
            owed=sum(debt.owed for debt in debts) + sum(one.points for one in moves),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Move:
    """``points`` into a lot, or with a minus out of it."""

    lot_id: str
    points: int
    undoes: int | None = None
    take_back_id: str | None = None


def draw(there: Iterable[tuple[str, int]], points: int) -> list[tuple[str, int]]:
    """Take up to ``points`` from lots (id, how many are there) in their order; return what is taken from which."""
    drawn = []
    for lot, here in there:
        if take := min(points, here):
            drawn.append((lot, take))
            points -= take
    return drawn


def live_rows(conn: Connection, customer_id: str, now: datetime) -> list[Any]:
    """Return the rows of the lots that can be drawn from, soonest to expire first."""
    return list(conn.execute(_LOTS, {"customer_id": customer_id, "now": now}))


def add_lot(conn: Connection, customer_id: str, ids: Ids, *, points: int, **columns: Any) -> str:
    """Add a lot that is empty until ``points`` are moved into it; return its id."""
    lot = ids.new()
    empty = {"order_no": None, "rate": None, "origin": None}
    row = {"id": lot, "customer_id": customer_id, "points": points, "remaining": 0}
    conn.execute(_ADD_LOT, empty | row | columns)
    return lot


def enter(
    conn: Connection, customer_id: str, moves: Sequence[Move], kind: str, *, at: datetime, reason: str | None,
    reference: str | None,
) -> None:  # fmt: skip
    """Write entries and what is left of their lots. Who calls this tells the history; `move` does both."""
    about = {"customer_id": customer_id, "kind": kind, "at": at, "reason": reason, "reference": reference}
    conn.execute(
        _ADD_ENTRY,
        [
            about | {
                "lot_id": one.lot_id, "points": one.points, "undoes": one.undoes, "take_back_id": one.take_back_id
            }
            for one in moves
        ],
    )  # fmt: skip
    conn.execute(_CHANGE, [{"key": one.lot_id, "moved": one.points} for one in moves])


def move(
    conn: Connection, customer_id: str, moves: Sequence[Move], kind: str, *, at: datetime, reason: str | None,
    reference: str | None, by: str, **more: Any,
) -> None:  # fmt: skip
    """Move points of a customer, and tell it in the history as ``points.KIND`` with ``more`` beside the balance."""
    enter(conn, customer_id, moves, kind, at=at, reason=reason, reference=reference)
    tell(
        conn, customer_id, sum(one.points for one in moves), kind, at=at, reason=reason, reference=reference, by=by,
        **more,
    )  # fmt: skip


def tell(
    conn: Connection, customer_id: str, points: int, kind: str, *, at: datetime, reason: str | None,
    reference: str | None, by: str, **more: Any,
) -> None:  # fmt: skip
    """Write into the history that ``points`` have moved, and the balance after it."""
    history.record(
        conn, at=at, kind=f"points.{kind}", by=by, customer_id=customer_id,
        data={
            "points": abs(points), "balance": balance(conn, customer_id, at), "reason": reason,
            "reference": reference, **more,
        },
    )  # fmt: skip
