"""What calls of the API and of hooks came to, so that one that is made again changes nothing and is told the same.

Kept in the transaction that did what was asked: either both are there or neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Index, bindparam, delete, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base, UtcDateTime, table_of

KEPT = timedelta(days=7)
"""For so long a call may be made again."""


class ApiAnswer(Base):
    """The answer to one call; ``caller`` is a key's name, or the hook that took it."""

    __tablename__ = "api_answers"

    caller: Mapped[str] = mapped_column(primary_key=True)
    call: Mapped[str] = mapped_column(primary_key=True)
    """What the caller named it by."""
    request_hash: Mapped[str]
    status: Mapped[int]
    body: Mapped[str]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    about: Mapped[str | None]
    """The customer of whom the body tells, by internal id: erased with them."""

    __table_args__ = (Index("ix_api_answers_at", "at"), Index("ix_api_answers_about", "about"))


api_answers = table_of(ApiAnswer)

_FIND = select(api_answers).where(api_answers.c.caller == bindparam("of"), api_answers.c.call == bindparam("named"))
_KEEP = insert(api_answers)
_FORGET = delete(api_answers).where(api_answers.c.at < bindparam("before"))


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a body of JSON."""

    status: int
    body: str
    about: str | None = None
    request_hash: str = ""


def find(conn: Connection, caller: str, call: str) -> Answer | None:
    """Return the answer that a call got, or None."""
    row = conn.execute(_FIND, {"of": caller, "named": call}).one_or_none()
    return None if row is None else Answer(row.status, row.body, row.about, row.request_hash)


def keep(conn: Connection, caller: str, call: str, answer: Answer, *, now: datetime) -> None:
    """Keep the answer to a call, and forget those of long ago."""
    conn.execute(_FORGET, {"before": now - KEPT})
    conn.execute(
        _KEEP,
        {
            "caller": caller, "call": call, "request_hash": answer.request_hash,
            "status": answer.status, "body": answer.body, "at": now, "about": answer.about,
        },
    )  # fmt: skip
