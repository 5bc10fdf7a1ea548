"""Who may hear what: somebody who is not an order's verified owner names the last digits of its phone.

Three wrong tries a day and channel identity, then a person decides. An order that
does not exist answers exactly like one that is not yours.
"""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from crm_store import orders
from crm_store.base import Base, table_of

TRIES_A_DAY = 3


class PhoneTries(Base):
    """How often an identity named wrong digits on one (UTC) day."""

    __tablename__ = "phone_tries"

    identity_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[str] = mapped_column(primary_key=True)
    wrong: Mapped[int]


phone_tries = table_of(PhoneTries)

_WRONG = select(phone_tries.c.wrong).where(
    phone_tries.c.identity_id == bindparam("identity_id"), phone_tries.c.day == bindparam("day")
)
_COUNT = (
    insert(phone_tries)
    .values(wrong=1)
    .on_conflict_do_update(index_elements=["identity_id", "day"], set_={"wrong": phone_tries.c.wrong + 1})
    .returning(phone_tries.c.wrong)
)


def phone_matches(
    conn: Connection, *, identity_id: str, order_no: str, last4: str, now: datetime
) -> Literal["match", "no_match", "locked"]:
    """Compare the digits with the order's phone; wrong ones are counted.

    Returns ``locked`` when the day's tries are used up, with this one or before it.
    """
    who = {"identity_id": identity_id, "day": now.date().isoformat()}
    wrong = conn.execute(_WRONG, who).scalar_one_or_none() or 0
    if wrong >= TRIES_A_DAY:
        return "locked"
    order = orders.find(conn, order_no)
    known = order.phone_last4 if order else None
    if known is not None and hmac.compare_digest(known.encode(), last4.encode()):
        return "match"
    wrong = conn.execute(_COUNT, who).scalar_one()
    return "locked" if wrong >= TRIES_A_DAY else "no_match"
