"""A customer: who they are to the shop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, Index, bindparam, insert, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from crm_store import merges, sides
from crm_store.base import Base, UtcDateTime, table_of
from crm_store.prepared import Prepared
from crm_store.sealing import Sealed, SealedJson


class Customer(Base):
    """One person, whether the shop knows them by number or only by a channel's user id."""

    __tablename__ = "customers"

    id: Mapped[str] = mapped_column(primary_key=True)
    customer_no: Mapped[str | None] = mapped_column(unique=True)
    """The shop's own customer_id; None for somebody who only wrote to us."""
    name: Mapped[str | None]
    language: Mapped[str | None]
    timezone: Mapped[str | None]
    birth_year: Mapped[int | None]
    birth_month: Mapped[int | None]
    birth_day: Mapped[int | None]
    birth_calendar: Mapped[str | None]
    birth_leap: Mapped[bool] = mapped_column(default=False)
    feb29: Mapped[str | None]
    phone: Mapped[str | None] = mapped_column(Sealed)
    """E.164."""
    email: Mapped[str | None] = mapped_column(Sealed)
    city: Mapped[str | None]
    member: Mapped[bool] = mapped_column(default=False)
    tier: Mapped[str | None]
    stage: Mapped[str | None]
    owner: Mapped[str | None]
    attributes: Mapped[dict[str, Any] | None] = mapped_column(SealedJson)
    """What the shop keeps under names of its own; an address may be among it, so all of it is sealed."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When they were forgotten (`crm_store.privacy`); what is left is a tombstone."""

    __table_args__ = (
        Index("ix_customers_birthday", "birth_month", "birth_day"),
        # Where nearly nobody has one, an index of all would tell SQLite's planner that it parts nobody from anybody.
        Index("ix_customers_phone", "phone", sqlite_where=text("phone IS NOT NULL")),
        Index("ix_customers_email", "email", sqlite_where=text("email IS NOT NULL")),
    )


customers = table_of(Customer)

UNPROVED = "phone_unproved"
"""The attribute that is there, with the phone, while that is only the customer's word."""
MOST_OF_ONE_PHONE = 20
"""Customers with one phone that are looked at; most of them only say that it is theirs."""

_ADD = insert(customers)
_BY_NO = select(customers).where(customers.c.customer_no == bindparam("customer_no"))
_BY_IDS = select(customers).where(customers.c.id.in_(bindparam("ids", expanding=True)))
_BY_ID = select(customers).where(customers.c.id == bindparam("id"))
_HOLD = Prepared(select(customers.c.id).where(customers.c.id == bindparam("id")).with_for_update(key_share=True))
_BY_PHONE = (
    select(customers.c.id, customers.c.attributes)
    .where(customers.c.phone == bindparam("phone"))
    .order_by(customers.c.created_at)
    .limit(MOST_OF_ONE_PHONE)
)
_BY_EMAIL = (
    select(customers.c.id).where(customers.c.email == bindparam("email")).order_by(customers.c.created_at).limit(2)
)


@dataclass(frozen=True, slots=True)
class Birthday:
    """A birthday as its owner gave it; ``year`` may be unknown."""

    month: int
    day: int
    year: int | None = None
    calendar: str = "solar"
    leap_month: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "calendar": self.calendar,
            "year": self.year,
            "month": self.month,
            "day": self.day,
            "leap_month": self.leap_month,
        }


def birthday_of(row: Any) -> Birthday | None:
    """Return the birthday that a customer's row holds, if any."""
    if row.birth_month is None or row.birth_day is None:
        return None
    return Birthday(row.birth_month, row.birth_day, row.birth_year, row.birth_calendar or "solar", bool(row.birth_leap))


def add(conn: Connection, *, id: str, created_at: datetime, **fields: Any) -> None:
    """Add a customer; ``fields`` are columns of the model."""
    conn.execute(_ADD, {"id": id, "created_at": created_at, "birth_leap": False, "member": False, **fields})


def by_id(conn: Connection, id: str) -> Any | None:
    """Return the customer's row by internal id, or None."""
    return conn.execute(_BY_ID, {"id": id}).one_or_none()


def by_ids(conn: Connection, ids: Sequence[str]) -> list[Any]:
    """Return the rows of several customers by internal id, in no order."""
    return list(conn.execute(_BY_IDS, {"ids": ids}))


def hold(conn: Connection, *ids: str) -> None:
    """Let nobody else write about these customers until this transaction ends.

    Whatever writes about a customer begins with this, so that one thing after another
    happens to them. SQLite has one writer anyway, and is not asked.
    """
    if conn.dialect.name == "postgresql":
        for id in sorted(ids):  # in one order for all, else two would wait for each other
            _HOLD.run(conn, {"id": id})


def by_number(conn: Connection, customer_no: str) -> Any | None:
    """Return the customer's row by the shop's own customer_id, or None.

    The number of somebody who was merged into another customer names that one.
    """
    found = conn.execute(_BY_NO, {"customer_no": customer_no}).one_or_none()
    if found is None and (absorbed := merges.numbered(conn, customer_no)) is not None:
        return by_id(conn, merges.root(conn, absorbed))
    return found


def by_phone(conn: Connection, phone: str) -> str | None:
    """Return the one customer with this phone (E.164); None where nobody or more than one has it.

    Who only says that it is theirs does not count: else anybody could get between a customer and their own number.
    """
    found = [row for row in conn.execute(_BY_PHONE, {"phone": phone}) if not is_unproved(row, phone)]
    return found[0].id if len(found) == 1 else None


def is_unproved(row: Any, phone: str) -> bool:
    """Return whether a customer's row has this phone by the customer's word alone."""
    kept: Mapping[str, Any] = row.attributes or {}
    return bool(kept.get(UNPROVED) == phone)


def by_email(conn: Connection, email: str) -> str | None:
    """Return the one customer with this e-mail address (in lower case); None where nobody or more than one has it."""
    found = conn.execute(_BY_EMAIL, {"email": email}).all()
    return found[0].id if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class Own:
    """What the side that acts now has of a customer's profile itself; ``merge`` is one that it is part of, if any."""

    row: Any
    merge: int | None = None


def own(conn: Connection, row: Any) -> Own:
    """Return the profile with which what is written now is compared: each side of a merge keeps its own word.

    Else who repeats what the other one has said too would have said nothing.
    """
    alone = sides.alone(conn, row.id)
    if alone is None:
        return Own(row)
    return Own(SimpleNamespace(**sides.thawed(customers, alone.customer)), alone.merge)


def change(conn: Connection, id: str, *, told: Mapping[str, Any] | None = None, **fields: Any) -> None:
    """Set columns of a customer; of one who was merged, those of the side that brought it as well.

    ``told`` are the attributes that this side speaks of; unless given, those that are not what they were.
    """
    put(conn, id, fields)
    sides.keep_profile(conn, id, fields, told)


def put(conn: Connection, id: str, fields: Mapping[str, Any]) -> None:
    """Set columns of a customer as they stand, whichever side they are from."""
    conn.execute(update(customers).where(customers.c.id == id).values(**fields))
