"""Who is a member of the shop's club: joining and leaving, each told once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from crm_store import consents, customers, funnels, history, points, tickets
from crm_store.birthdays import check_birthday
from crm_store.customers import Birthday
from crm_store.desk_hours import DeskHours
from crm_store.memory import Said
from crm_store.points import Move

JOINED = "member.joined"
LEFT = "member.left"
FUNNEL = "join_membership"
STEPS = ("begun", "phone", "birthday", "consent", "confirm", "joined")
"""How far somebody comes who begins to join."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What somebody who joins has told: a phone (E.164), which proves nothing, a birthday, and a word on purposes."""

    phone: str | None = None
    birthday: Birthday | None = None
    agrees: Mapping[str, bool] | None = None
    """``care`` and ``marketing``: yes or no; what was not asked is left as it is."""
    feb29: str | None = None
    """When a birthday of 29 February is kept in other years (`birthdays.FEB29`), where they said so."""


@dataclass(frozen=True, slots=True)
class Goodbye:
    """What somebody has lost who left: so many points for good, and their tier."""

    forfeited: int
    tier: str | None


def has_left(conn: Connection, customer_id: str) -> bool:
    """Return whether the customer was a member by their own word and left, and has not joined again."""
    return any(entry.kind == LEFT for entry in history.newest(conn, customer_id, (JOINED, LEFT), most=1))


def join(conn: Connection, customer_id: str, told: Enrolment, said: Said, *, now: datetime) -> bool:
    """Make a customer a member with what they told; return False, and change nothing, where they are one.

    Raises:
        LookupError: there is no such customer.
        ValueError: the birthday is no day of its calendar.
    """
    row = _held(conn, customer_id)
    if row.member:
        return False
    if told.birthday is not None:
        check_birthday(told.birthday)
    about = {"conversation_id": said.conversation_id, "channel": said.channel}
    customers.change(conn, customer_id, member=True)
    history.record(
        conn, at=now, kind=JOINED, by=said.by, customer_id=customer_id, data={"source": said.source}, **about
    )
    own, fields = customers.own(conn, row).row, dict[str, dict[str, Any]]()
    if told.phone is not None and told.phone != own.phone:
        fields["phone"] = {
            "phone": told.phone, "attributes": {**(row.attributes or {}), customers.UNPROVED: told.phone},
        }  # fmt: skip
    if (born := told.birthday) is not None and not (
        born == customers.birthday_of(own) and told.feb29 in (None, own.feb29)
    ):
        fields["birthday"] = {
            "birth_year": born.year, "birth_month": born.month, "birth_day": born.day, "birth_calendar": born.calendar,
            "birth_leap": born.leap_month, **({"feb29": told.feb29} if told.feb29 else {}),
        }  # fmt: skip
    for field, columns in fields.items():
        unproved = {customers.UNPROVED: told.phone} if field == "phone" else None
        customers.change(conn, customer_id, told=unproved, **columns)
        history.record(
            conn, at=now, kind="profile.changed", by=said.by, customer_id=customer_id,
            data={"field": field, "source": said.source}, **about,
        )  # fmt: skip
    for purpose, value in (told.agrees or {}).items():
        consents.set_consent(
            conn, customer_id, purpose, value, now=now, evidence=said.source, by=said.by,
            conversation_id=said.conversation_id, channel=said.channel,
        )  # fmt: skip
    funnels.reach(conn, customer_id, FUNNEL, "joined", now=now, **about)
    return True


def leave(
    conn: Connection, customer_id: str, said: Said, *, forfeits: bool, desk: DeskHours, now: datetime
) -> Goodbye | None:
    """Let a member go: the tier ends, the points stay or are written off; None where they are no member.

    What they agreed to hear from us stays as they said it.

    Raises:
        LookupError: there is no such customer.
    """
    row = _held(conn, customer_id)
    if not row.member:
        return None
    customers.change(conn, customer_id, member=False, tier=None)
    gone = 0
    if forfeits and (live := points.live_rows(conn, customer_id, now)):
        gone = sum(lot.remaining for lot in live)
        moves = [Move(lot.id, -lot.remaining) for lot in live]
        points.move(
            conn, customer_id, moves, "expired", at=now, reason="left the club", reference=None, by=said.by
        )  # fmt: skip
    about = {"conversation_id": said.conversation_id, "channel": said.channel}
    history.record(
        conn, at=now, kind=LEFT, by=said.by, customer_id=customer_id,
        data={"source": said.source, "forfeited": gone, "tier": row.tier}, **about,
    )  # fmt: skip
    if row.tier is not None:
        history.record(
            conn, at=now, kind="tier.changed", by=said.by, customer_id=customer_id,
            data={"from": row.tier, "to": None, "why": "left the club"}, **about,
        )  # fmt: skip
        tickets.tier_changed(conn, customer_id, now=now, desk=desk, by="system")
    return Goodbye(gone, row.tier)


def _held(conn: Connection, customer_id: str) -> Any:
    customers.hold(conn, customer_id)
    row = customers.by_id(conn, customer_id)
    if row is None:
        raise LookupError("there is no such customer")
    return row
