"""Approvals: what somebody may do only after another has said yes. Asked for once, answered once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, bindparam, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from crm_store import history
from crm_store.base import Base, Json, UtcDateTime, table_of
from crm_store.errors import NotAllowed
from crm_store.origins import bringing, side, side_column
from crm_store.ports import Ids

STATES = ("requested", "given", "refused")
_WAITING = text("state = 'requested'")


class Approval(Base):
    """One thing that waits for a yes or a no, or has got it."""

    __tablename__ = "approvals"

    id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    """Names what it is for: what asks twice asks once."""
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    conversation_id: Mapped[str | None]
    ticket: Mapped[str | None]
    about: Mapped[str]
    data: Mapped[dict[str, Any] | None] = mapped_column(Json)
    """What exactly is asked for, such as an amount with its currency."""
    state: Mapped[str]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_by: Mapped[str | None]
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str | None]
    side: Mapped[str | None] = side_column()

    __table_args__ = (
        Index("ix_approvals_waiting", "asked_at", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_approvals_customer_id", "customer_id", "asked_at"),
    )


approvals = table_of(Approval)

_ADD = insert(approvals).on_conflict_do_nothing(index_elements=["key"]).returning(approvals.c.id)
_BY_ID = select(approvals).where(approvals.c.id == bindparam("id"))
_BY_KEY = select(approvals).where(approvals.c.key == bindparam("key"))
_OF = (
    select(approvals)
    .where(approvals.c.customer_id == bindparam("customer_id"))
    .order_by(approvals.c.asked_at, approvals.c.id)
)
_WAITING_OF = (
    select(approvals)
    .where(_WAITING, approvals.c.asked_by == bindparam("asked_by"))
    .order_by(approvals.c.asked_at, approvals.c.id)
    .limit(bindparam("most"))
)
_ALL_WAITING = select(approvals).where(_WAITING).order_by(approvals.c.asked_at, approvals.c.id).limit(bindparam("most"))
_ANSWER = (
    update(approvals)
    .where(approvals.c.id == bindparam("which"), _WAITING)
    .values(state=bindparam("next"), answered_by=bindparam("by"), answered_at=bindparam("now"), reason=bindparam("why"))
)


@dataclass(frozen=True, slots=True)
class NewApproval:
    """What is asked for; ``key`` names what it is for."""

    key: str
    customer_id: str
    about: str
    by: str
    conversation_id: str | None = None
    ticket: str | None = None
    data: dict[str, Any] | None = None


def request(conn: Connection, new: NewApproval, *, now: datetime, ids: Ids) -> str | None:
    """Ask, and record it: ``approval.requested``; return its id, or None where this was asked before.

    Raises:
        NotAllowed: it does not say what for.
    """
    if not new.about.strip():
        raise NotAllowed("what is to be approved? Add the words", code="no_words")
    row = {
        "id": ids.new(), "key": new.key, "customer_id": new.customer_id, "conversation_id": new.conversation_id,
        "ticket": new.ticket, "about": new.about.strip(), "data": new.data, "state": "requested",
        "asked_by": new.by, "asked_at": now, "answered_by": None, "answered_at": None, "reason": None,
    }  # fmt: skip
    id: str | None = conn.execute(_ADD, row).scalar_one_or_none()
    if id is not None:
        _record(conn, "approval.requested", row, new.by, now)
    return id


def answer(conn: Connection, id: str, *, given: bool, by: str, now: datetime, reason: str | None = None) -> None:
    """Say yes or no, and record it: ``approval.given`` or ``approval.refused``.

    Raises:
        NotAllowed: there is none, it is answered, whoever asked answers, or a no has no reason.
    """
    row = by_id(conn, id)
    if row is None:
        raise NotAllowed(f"there is no approval {id}", code="no_approval")
    if row.asked_by == by:
        raise NotAllowed("who has asked for an approval does not give it; ask a colleague", code="own_approval")
    if not given and not (reason or "").strip():
        raise NotAllowed("why is it refused? Add the reason", code="no_words")
    state = "given" if given else "refused"
    answered = conn.execute(_ANSWER, {"which": id, "next": state, "by": by, "now": now, "why": reason})
    if answered.rowcount != 1:
        raise NotAllowed(f"approval {id} is {row.state} already", code="approval_answered", state=row.state)
    more = {"reason": reason} if reason else {}
    _record(conn, f"approval.{state}", row._mapping, by, now, **more)


def by_id(conn: Connection, id: str) -> Any | None:
    """Return an approval's row, or None."""
    return conn.execute(_BY_ID, {"id": id}).one_or_none()


def by_key(conn: Connection, key: str) -> Any | None:
    """Return the row of what was asked for under this key, or None."""
    return conn.execute(_BY_KEY, {"key": key}).one_or_none()


def of_customer(conn: Connection, customer_id: str) -> list[Any]:
    """Return the customer's approvals, oldest first."""
    return list(conn.execute(_OF, {"customer_id": customer_id}))


def waiting(conn: Connection, *, asked_by: str | None = None, most: int) -> list[Any]:
    """Return what waits for a yes or a no, longest first; all of it, or what somebody has asked for."""
    if asked_by is not None:
        return list(conn.execute(_WAITING_OF, {"asked_by": asked_by, "most": most}))
    return list(conn.execute(_ALL_WAITING, {"most": most}))


def _record(conn: Connection, kind: str, row: Any, by: str, now: datetime, **more: Any) -> None:
    data = {"approval": row["id"], "about": row["about"], **(row["data"] or {}), **more}
    if row["ticket"]:
        data["number"] = row["ticket"]
    with bringing(row.get("side", side())):
        history.record(
            conn, at=now, kind=kind, by=by, customer_id=row["customer_id"], conversation_id=row["conversation_id"],
            data=data,
        )  # fmt: skip
