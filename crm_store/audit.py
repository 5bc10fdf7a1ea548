"""What people did and looked at in the house: who, when, what, which customer. Append-only.

The relationship history tells what happened between a customer and the shop; this tells
who of the shop has seen it. It holds no words.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, bindparam, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base, Counting, Json, UtcDateTime, table_of
from crm_store.origins import side_column

ONE_LOOK = timedelta(minutes=10)
"""What a page loads by itself within this time belongs to the look that opened it."""


class AuditEntry(Base):
    """One thing that a person did; ``by`` is ``agent:NAME`` or ``user:NAME`` (of the operating system)."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(Counting, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[str]
    action: Mapped[str]
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"))
    data: Mapped[dict[str, Any] | None] = mapped_column(Json)
    side: Mapped[str | None] = side_column()

    __table_args__ = (Index("ix_audit_customer_id", "customer_id", "by", "at"),)


audit = table_of(AuditEntry)

_ADD = insert(audit)
_LOOKED = (
    select(audit.c.id)
    .where(
        audit.c.customer_id == bindparam("customer_id"),
        audit.c.by == bindparam("by"),
        audit.c.at > bindparam("since"),
        audit.c.action == bindparam("action"),
    )
    .limit(1)
)
_LATEST = select(audit).where(audit.c.id < bindparam("before")).order_by(audit.c.id.desc()).limit(bindparam("most"))
_NEWEST = 2**62


def record(
    conn: Connection, *, at: datetime, by: str, action: str, customer_id: str | None = None, **data: Any
) -> None:
    """Append one entry."""
    conn.execute(_ADD, {"at": at, "by": by, "action": action, "customer_id": customer_id, "data": data or None})


def has_looked(conn: Connection, *, by: str, action: str, customer_id: str, now: datetime) -> bool:
    """Return whether this look at a customer has been recorded within `ONE_LOOK`."""
    key = {"by": by, "action": action, "customer_id": customer_id, "since": now - ONE_LOOK}
    return conn.execute(_LOOKED, key).first() is not None


def latest(conn: Connection, *, before: int | None = None, most: int = 100) -> list[Any]:
    """Return the newest entries, or those before a key, newest first."""
    return list(conn.execute(_LATEST, {"before": before or _NEWEST, "most": most}))
