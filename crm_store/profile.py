"""What a customer has changed in their own profile, in their own words.

A phone that was only typed is written down and proves nothing: until its owner's platform
vouches for it, nobody is linked by it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from crm_store import customers, history
from crm_store.birthdays import check_birthday
from crm_store.customers import UNPROVED, Birthday
from crm_store.memory import Said

ADDRESS = "address"
CALLED = "called"
"""The attribute by which the bot addresses somebody who wants to be called otherwise than by their name."""
COLUMNS = ("name", "phone", "email", "city", "language")


def change(conn: Connection, customer_id: str, field: str, value: str, said: Said, *, now: datetime) -> bool:
    """Set one of `COLUMNS` or `ADDRESS`, and record it: ``profile.changed``; return whether it was another.

    Raises:
        LookupError: there is no such customer.
        ValueError: it is no part of the profile.
    """
    row = _held(conn, customer_id)
    own = customers.own(conn, row)
    attributes: dict[str, Any] = dict(row.attributes or {})
    fields: dict[str, Any]
    told: dict[str, Any]
    if field == ADDRESS:
        known, joint = (own.row.attributes or {}).get(ADDRESS), attributes.get(ADDRESS)
        fields, told = {"attributes": {**attributes, ADDRESS: value}}, {ADDRESS: value}
    elif field in COLUMNS:
        known, joint = getattr(own.row, field), getattr(row, field)
        fields, told = {field: value}, {}
        if field == "phone":
            told = {UNPROVED: value}
            fields["attributes"] = {**attributes, **told}
    else:
        raise ValueError(f"a profile has no {field!r}; use one of {', '.join((*COLUMNS, ADDRESS))}")
    if known == joint == value:
        return False
    customers.change(conn, customer_id, told=told, **fields)
    _tell(conn, customer_id, field, said, now, merge=own.merge if known == value else None)
    return True


def change_birthday(
    conn: Connection, customer_id: str, birthday: Birthday, said: Said, *, now: datetime, feb29: str | None = None
) -> bool:
    """Set the birthday, and record it; return whether it was another.

    ``feb29`` is when one of 29 February is kept in other years (`birthdays.FEB29`); None leaves that as it is.

    Raises:
        LookupError: there is no such customer.
        ValueError: it is no day of its calendar.
    """
    check_birthday(birthday)
    row = _held(conn, customer_id)
    own = customers.own(conn, row)

    def is_so(one: Any) -> bool:
        return customers.birthday_of(one) == birthday and feb29 in (None, one.feb29)

    if is_so(own.row) and is_so(row):
        return False
    rule: dict[str, Any] = {"feb29": feb29} if feb29 else {}
    customers.change(
        conn, customer_id, birth_year=birthday.year, birth_month=birthday.month, birth_day=birthday.day,
        birth_calendar=birthday.calendar, birth_leap=birthday.leap_month, **rule,
    )  # fmt: skip
    _tell(conn, customer_id, "birthday", said, now, merge=own.merge if is_so(own.row) else None)
    return True


def call(conn: Connection, customer_id: str, name: str | None) -> None:
    """Note how the customer wants to be called, beside their name; None where they have no such wish any more.

    Raises:
        LookupError: there is no such customer.
    """
    row = _held(conn, customer_id)
    kept: dict[str, Any] = dict(row.attributes or {})
    wanted = {**kept, CALLED: name} if name else {key: value for key, value in kept.items() if key != CALLED}
    theirs = (customers.own(conn, row).row.attributes or {}).get(CALLED)
    if wanted != kept or theirs != name:
        customers.change(conn, customer_id, told={CALLED: name} if name else None, attributes=wanted or None)


def mark_proved(conn: Connection, row: Any) -> None:
    """Note that a platform vouches for the phone of a customer's row."""
    left = {name: value for name, value in (row.attributes or {}).items() if name != UNPROVED}
    customers.change(conn, row.id, attributes=left or None)


def _held(conn: Connection, customer_id: str) -> Any:
    customers.hold(conn, customer_id)
    row = customers.by_id(conn, customer_id)
    if row is None:
        raise LookupError("there is no such customer")
    return row


def _tell(conn: Connection, customer_id: str, field: str, said: Said, now: datetime, merge: int | None) -> None:
    data: dict[str, Any] = {"field": field, "source": said.source}
    if merge is not None:
        data["merge"] = merge  # they only repeat what they said; the other one had contradicted it
    history.record(
        conn, at=now, kind="profile.changed", by=said.by, customer_id=customer_id,
        conversation_id=said.conversation_id, channel=said.channel, data=data,
    )  # fmt: skip
