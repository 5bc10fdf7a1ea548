"""In which time zone a customer lives, and by what evidence.

What the customer said themselves comes first, then what the shop's list says, then the
country of their phone, then the shop's own zone. The list stands above the phone: a list
that names a zone means it, and phones move with people.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from phonenumbers import timezone as by_number
from sqlalchemy import Connection, ForeignKey, Index, bindparam, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from crm_store import customers, history, origins
from crm_store.base import Base, Counting, UtcDateTime, table_of
from crm_store.memory import Said
from crm_store.origins import side_column

Source = Literal["said", "import", "phone"]
# Two zones that keep the same time through a year of today are one to a customer of today.
_COMPARED = tuple(datetime(2026, month, 1, tzinfo=UTC) for month in range(1, 13))


class ZoneWord(Base):
    """A customer said where they live, or what stood there before they did. Append-only."""

    __tablename__ = "zone_words"

    id: Mapped[int] = mapped_column(Counting, primary_key=True, autoincrement=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    zone: Mapped[str]
    source: Mapped[str]
    """``said``, or ``import``: what the list had said before."""
    evidence: Mapped[str | None]
    """The reference of the message, or who knows it."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    side: Mapped[str | None] = side_column()

    __table_args__ = (Index("ix_zone_words_customer_id", "customer_id", "id"),)


zone_words = table_of(ZoneWord)

_ADD = insert(zone_words)
_OF = select(zone_words).where(zone_words.c.customer_id == bindparam("customer_id")).order_by(zone_words.c.id)


def of_row(row: Any) -> str | None:
    """Return the zone of a customer's row, by its own word or its phone; None where nothing tells."""
    return row.timezone or of_phone(row.phone)


def of_phone(phone: str | None) -> str | None:
    """Return the zone of a phone's country or area (E.164); None where it has more than one time."""
    return _of_phone(phone) if phone else None


@lru_cache(maxsize=65_536)
def _of_phone(phone: str) -> str | None:
    try:
        names = by_number.time_zones_for_number(phonenumbers.parse(phone))
    except phonenumbers.NumberParseException:
        return None
    known = sorted(name for name in names if name in available_timezones())
    if not known or len({_clock(name) for name in known}) != 1:
        return None
    return known[-1]  # of the British ones London, of one name that name


@lru_cache(maxsize=1_024)
def _clock(zone: str) -> tuple[Any, ...]:
    return tuple(at.astimezone(ZoneInfo(zone)).utcoffset() for at in _COMPARED)


def say(conn: Connection, customer_id: str, zone: str, said: Said, *, now: datetime) -> bool:
    """Keep the customer's own word on their zone (an IANA name); return whether it was another.

    Raises:
        LookupError: there is no such customer.
        ValueError: there is no such zone.
    """
    if zone not in available_timezones():
        raise ValueError(f"there is no time zone {zone!r}; write one such as Asia/Shanghai")
    customers.hold(conn, customer_id)
    row = customers.by_id(conn, customer_id)
    if row is None:
        raise LookupError("there is no such customer")
    # What the other side of a merge has said is theirs: each keeps their own, and the last word of both counts.
    own = customers.own(conn, row)
    words = [one for one in evidence(conn, customer_id) if one.side == origins.side()]
    if words and words[-1].zone == zone == own.row.timezone:
        if row.timezone == zone:
            return False
        _set(conn, customer_id, zone, said, now, merge=own.merge)  # the other one had contradicted it
        return True
    if own.row.timezone is not None and not words:
        conn.execute(
            _ADD, {"customer_id": customer_id, "zone": own.row.timezone, "source": "import", "evidence": "import",
                   "at": own.row.created_at}
        )  # fmt: skip
    conn.execute(
        _ADD, {"customer_id": customer_id, "zone": zone, "source": "said", "evidence": said.source, "at": now}
    )  # fmt: skip
    if row.timezone == own.row.timezone == zone:
        return False
    _set(conn, customer_id, zone, said, now, merge=own.merge if own.row.timezone == zone else None)
    return bool(row.timezone != zone)


def _set(conn: Connection, customer_id: str, zone: str, said: Said, now: datetime, merge: int | None) -> None:
    customers.change(conn, customer_id, timezone=zone)
    data: dict[str, Any] = {"field": "timezone", "source": said.source}
    if merge is not None:
        data["merge"] = merge
    history.record(
        conn, at=now, kind="profile.changed", by=said.by, customer_id=customer_id,
        conversation_id=said.conversation_id, channel=said.channel, data=data,
    )  # fmt: skip


def said_by(conn: Connection, customer_id: str) -> str | None:
    """Return the zone that the customer named last, or None: no list changes that."""
    return next((str(one.zone) for one in reversed(evidence(conn, customer_id)) if one.source == "said"), None)


def evidence(conn: Connection, customer_id: str) -> list[Any]:
    """Return the words on a customer's zone, oldest first."""
    return list(conn.execute(_OF, {"customer_id": customer_id}))


def source_of(conn: Connection, row: Any) -> Source | None:
    """Return by what we know the zone of a customer's row; None where the shop's own zone counts."""
    if row.timezone is not None:
        return "said" if said_by(conn, row.id) == row.timezone else "import"
    return "phone" if of_phone(row.phone) is not None else None
