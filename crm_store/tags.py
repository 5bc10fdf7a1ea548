"""Tags: words of the shop's own by which customers are found and grouped."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, ForeignKey, Index, bindparam, delete, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from crm_store import customers, history
from crm_store.base import Base, Counting, UtcDateTime, table_of
from crm_store.origins import side_column

LONGEST = 40
MOST = 50
"""A customer with more tags than these is described by none of them."""


class CustomerTag(Base):
    """One tag on one customer. Two customers who became one may bear it twice; it counts once."""

    __tablename__ = "customer_tags"

    id: Mapped[int] = mapped_column(Counting, primary_key=True, autoincrement=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    tag: Mapped[str]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[str]
    side: Mapped[str | None] = side_column()

    __table_args__ = (
        Index("ix_customer_tags_customer_id", "customer_id", "tag"),
        Index("ix_customer_tags_tag", "tag"),
    )


customer_tags = table_of(CustomerTag)

_ADD = insert(customer_tags)
_OF = (
    select(customer_tags.c.tag)
    .where(customer_tags.c.customer_id == bindparam("customer_id"))
    .order_by(customer_tags.c.tag)
    .distinct()
)
_BEARING = (
    select(customer_tags.c.customer_id)
    .where(customer_tags.c.tag == bindparam("tag"))
    .order_by(customer_tags.c.customer_id)
    .distinct()
)
_REMOVE = delete(customer_tags).where(
    customer_tags.c.customer_id == bindparam("whose"), customer_tags.c.tag == bindparam("called")
)


def normal(tag: str) -> str:
    """Return a tag as it is kept: no needless spaces.

    Raises:
        ValueError: it is empty, too long, or has what cannot be printed, or a comma.
    """
    kept = " ".join(tag.split())
    if not kept or len(kept) > LONGEST or not kept.isprintable() or "," in kept or "，" in kept:
        raise ValueError(f"a tag has 1 to {LONGEST} characters and no comma")
    return kept


def of_customer(conn: Connection, customer_id: str) -> list[str]:
    """Return the customer's tags, each once, in order."""
    return list(conn.execute(_OF, {"customer_id": customer_id}).scalars())


def bearing(conn: Connection, tag: str) -> list[str]:
    """Return the internal ids of all customers who bear a tag."""
    return list(conn.execute(_BEARING, {"tag": tag}).scalars())


def add(conn: Connection, customer_id: str, tag: str, *, now: datetime, by: str) -> bool:
    """Tag a customer; return whether they did not bear it yet.

    Raises:
        ValueError: it is no tag (see `normal`), or they bear `MOST` already.
    """
    tag = normal(tag)
    customers.hold(conn, customer_id)
    theirs = of_customer(conn, customer_id)
    if tag in theirs:
        return False
    if len(theirs) >= MOST:
        raise ValueError(f"a customer bears at most {MOST} tags; take one off first")
    conn.execute(_ADD, {"customer_id": customer_id, "tag": tag, "at": now, "by": by})
    _tell(conn, customer_id, now, by, {"added": tag})
    return True


def remove(conn: Connection, customer_id: str, tag: str, *, now: datetime, by: str) -> bool:
    """Take a tag off; return whether they bore it."""
    customers.hold(conn, customer_id)
    if not conn.execute(_REMOVE, {"whose": customer_id, "called": tag}).rowcount:
        return False
    _tell(conn, customer_id, now, by, {"removed": tag})
    return True


def _tell(conn: Connection, customer_id: str, now: datetime, by: str, what: dict[str, str]) -> None:
    history.record(conn, at=now, kind="profile.changed", by=by, customer_id=customer_id, data={"field": "tags", **what})
