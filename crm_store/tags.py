"""Tags: words of the shop's own by which customers are found and grouped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, bindparam, delete, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from crm_store import customers, history, origins, sides
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
TABLE = str(customer_tags.name)
"""Plain: a merge keeps it as a key in JSON, which takes no kind of text of SQLAlchemy's own."""

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
_EVERY = select(customer_tags).where(customer_tags.c.customer_id == bindparam("customer_id"))
_REMOVE = delete(customer_tags).where(customer_tags.c.id == bindparam("key"))


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
    """Tag a customer; return whether they did not bear it yet: each side of a merge bears its own.

    Raises:
        ValueError: it is no tag (see `normal`), or they bear `MOST` already.
    """
    tag = normal(tag)
    customers.hold(conn, customer_id)
    theirs = {row.tag for row in conn.execute(_EVERY, {"customer_id": customer_id}) if row.side == origins.side()}
    if tag in theirs:
        return False
    if (aside := _put_aside(conn, customer_id, tag)) is not None:
        sides.take_up(conn, customer_id, TABLE, aside)
        put_back(conn, customer_id, origins.side(), aside.row)
        _tell(conn, customer_id, now, by, {"added": tag, "merge": aside.merge})
        return True
    if len(theirs) >= MOST:
        raise ValueError(f"a customer bears at most {MOST} tags; take one off first")
    conn.execute(_ADD, {"customer_id": customer_id, "tag": tag, "at": now, "by": by})
    _tell(conn, customer_id, now, by, {"added": tag})
    return True


def remove(conn: Connection, customer_id: str, tag: str, *, now: datetime, by: str) -> bool:
    """Take a tag off; return whether they bore it.

    One side of a merge takes off its own. A colleague means the tag that they see, whichever
    side bears it: the other side's is put aside, and theirs again after an unmerge.
    """
    customers.hold(conn, customer_id)
    rows = [row for row in conn.execute(_EVERY, {"customer_id": customer_id}) if row.tag == tag]
    own = [row for row in rows if row.side == origins.side()]
    others = [] if origins.is_said() else [row for row in rows if row not in own]
    for row in (*own, *others):
        conn.execute(_REMOVE, {"key": row.id})
    merge = sides.put_aside(conn, customer_id, TABLE, others) if others else None
    aside = _put_aside(conn, customer_id, tag)
    if aside is not None:
        sides.take_up(conn, customer_id, TABLE, aside)
    if own or aside is not None:
        _tell(conn, customer_id, now, by, {"removed": tag})
    elif merge is not None:
        _tell(conn, customer_id, now, by, {"removed": tag, "merge": merge})
    return bool(own or others or aside)


def put_back(conn: Connection, customer_id: str, side: str | None, row: Mapping[str, Any]) -> None:
    """Let a customer bear a tag again that was put aside (its row, frozen)."""
    conn.execute(_ADD, sides.thawed(customer_tags, row) | {"customer_id": customer_id, "side": side})


def _put_aside(conn: Connection, customer_id: str, tag: str) -> sides.Aside | None:
    """Return the tag of the side that acts now, where it was put aside by the other one."""
    return next((one for one in sides.aside(conn, customer_id, TABLE) if one.row["tag"] == tag), None)


def _tell(conn: Connection, customer_id: str, now: datetime, by: str, what: Mapping[str, str | int]) -> None:
    history.record(conn, at=now, kind="profile.changed", by=by, customer_id=customer_id, data={"field": "tags", **what})
