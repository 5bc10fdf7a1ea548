"""A customer on a channel: (channel, user_id) is one identity, and it belongs to one customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, UniqueConstraint, bindparam, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base, UtcDateTime, table_of
from crm_store.customers import customers
from crm_store.origins import side_column
from crm_store.prepared import Prepared

ERASED = "erased:"
"""So begins the user id of somebody who was erased: nobody is reached by it."""


class Identity(Base):
    """Somebody on a channel.

    ``verified`` says that we know the customer behind it to be the one the shop
    has on file, and ``evidence`` by what: ``import``, ``contact``, ``link``,
    ``email`` (a link that went there) or ``signature`` (the shop's own page says who is logged in).
    """

    __tablename__ = "identities"

    id: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str]
    user_id: Mapped[str]
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    verified: Mapped[bool] = mapped_column(default=False)
    evidence: Mapped[str | None]
    unreachable_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the platform said that this customer blocked or left us; cleared when they write again."""
    last_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    side: Mapped[str | None] = side_column()

    __table_args__ = (
        UniqueConstraint("channel", "user_id"),
        Index("ix_identities_customer_id", "customer_id"),
        Index("ix_identities_user_id", "user_id"),
    )


identities = table_of(Identity)

_FIND = select(identities).where(
    identities.c.channel == bindparam("channel"), identities.c.user_id == bindparam("user_id")
)
_HOLD_CUSTOMER = Prepared(
    select(customers.c.id)
    .join(identities, identities.c.customer_id == customers.c.id)
    .where(identities.c.channel == bindparam("channel"), identities.c.user_id == bindparam("user_id"))
    .with_for_update(key_share=True, of=customers)
)
_ADD = insert(identities)
_OF = select(identities).where(identities.c.customer_id == bindparam("customer_id")).order_by(identities.c.id)
_OF_MANY = (
    select(identities).where(identities.c.customer_id.in_(bindparam("who", expanding=True))).order_by(identities.c.id)
)
_REACHABLE_AGAIN = (
    update(identities)
    .where(identities.c.id == bindparam("key"))
    .values(unreachable_since=None, last_seen_at=bindparam("now"))
)
_GONE = (
    update(identities)
    .where(identities.c.id == bindparam("key"), identities.c.unreachable_since.is_(None))
    .values(unreachable_since=bindparam("now"))
)
_SET_PROOF = (
    update(identities)
    .where(identities.c.id == bindparam("key"), identities.c.evidence == bindparam("present"))
    .values(verified=bindparam("verified"), evidence=bindparam("evidence"))
)


def find(conn: Connection, channel: str, user_id: str) -> Any | None:
    """Return the identity's row, or None."""
    return conn.execute(_FIND, {"channel": channel, "user_id": user_id}).one_or_none()


def hold_customer(conn: Connection, channel: str, user_id: str) -> None:
    """Do as `customers.hold` for whoever has this identity."""
    if conn.dialect.name == "postgresql":
        _HOLD_CUSTOMER.run(conn, {"channel": channel, "user_id": user_id})


def add(
    conn: Connection,
    *,
    id: str,
    channel: str,
    user_id: str,
    customer_id: str,
    now: datetime,
    verified: bool = False,
    evidence: str | None = None,
) -> None:
    """Add an identity of a customer."""
    row = {"id": id, "channel": channel, "user_id": user_id, "customer_id": customer_id}
    conn.execute(_ADD, {**row, "verified": verified, "evidence": evidence, "created_at": now})


def of_customer(conn: Connection, customer_id: str) -> list[Any]:
    """Return the customer's identities, oldest first."""
    return list(conn.execute(_OF, {"customer_id": customer_id}))


def of_customers(conn: Connection, who: Sequence[str]) -> list[Any]:
    """Return the identities of several customers, oldest first."""
    return list(conn.execute(_OF_MANY, {"who": who}))


def set_proof(
    conn: Connection, identity_id: str, *, verified: bool, evidence: str | None, unless_other_than: str
) -> None:
    """Set what an identity is verified by, where it still is ``unless_other_than``."""
    proof = {"key": identity_id, "present": unless_other_than, "verified": verified, "evidence": evidence}
    conn.execute(_SET_PROOF, proof)


def mark_reachable(conn: Connection, identity_id: str, now: datetime) -> None:
    """The customer wrote: whatever we believed, they can be reached."""
    conn.execute(_REACHABLE_AGAIN, {"key": identity_id, "now": now})


def mark_unreachable(conn: Connection, identity_id: str, now: datetime) -> None:
    """The customer blocked or left us: send nothing until they write again."""
    conn.execute(_GONE, {"key": identity_id, "now": now})
