"""What a customer agreed to hear from us, per purpose.

``service`` is on unless everything is stopped; ``care`` (birthdays, tips) and
``marketing`` (offers) are off until the customer, or the shop's import, says yes.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, ForeignKey, bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from crm_store import history
from crm_store.base import Base, UtcDateTime, table_of

PURPOSES = ("service", "care", "marketing")


class Consent(Base):
    """The present word of a customer on one purpose; earlier words are in the history."""

    __tablename__ = "consents"

    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[bool]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    evidence: Mapped[str | None]
    """Where the word comes from: ``import``, or the reference of the message that said it."""


consents = table_of(Consent)

_OF = select(consents.c.purpose, consents.c.value).where(consents.c.customer_id == bindparam("customer_id"))
_SET = insert(consents)
_SET = _SET.on_conflict_do_update(
    index_elements=["customer_id", "purpose"],
    set_={"value": _SET.excluded.value, "at": _SET.excluded.at, "evidence": _SET.excluded.evidence},
)


def of_customer(conn: Connection, customer_id: str) -> dict[str, bool]:
    """Return the customer's consent for every purpose."""
    said = {row.purpose: bool(row.value) for row in conn.execute(_OF, {"customer_id": customer_id})}
    return {purpose: said.get(purpose, purpose == "service") for purpose in PURPOSES}


def set_consent(
    conn: Connection,
    customer_id: str,
    purpose: str,
    value: bool,
    *,
    now: datetime,
    evidence: str,
    by: str = "customer",
    conversation_id: str | None = None,
    channel: str | None = None,
) -> bool:
    """Keep the customer's word on one purpose; return whether they had not said just that before.

    A no is kept even where nothing had been agreed to: it outlives a later yes of somebody else.
    """
    said = {row.purpose: bool(row.value) for row in conn.execute(_OF, {"customer_id": customer_id})}
    if said.get(purpose) == value:
        return False
    conn.execute(
        _SET,
        {"customer_id": customer_id, "purpose": purpose, "value": value, "at": now, "evidence": evidence},
    )
    history.record(
        conn,
        at=now,
        customer_id=customer_id,
        conversation_id=conversation_id,
        channel=channel,
        kind="consent.changed",
        by=by,
        data={"purpose": purpose, "value": value, "evidence": evidence},
    )
    return True


def set_marketing(
    conn: Connection,
    customer_id: str,
    value: bool,
    *,
    now: datetime,
    evidence: str,
    by: str = "customer",
    conversation_id: str | None = None,
    channel: str | None = None,
) -> bool:
    """Say yes or no to care and marketing together, as an opt-in or opt-out does."""
    changed = [
        set_consent(
            conn, customer_id, purpose, value,
            now=now, evidence=evidence, by=by, conversation_id=conversation_id, channel=channel,
        )
        for purpose in ("care", "marketing")
    ]  # fmt: skip
    return any(changed)
