"""Who a stranger may be: a match that nobody vouched for is told to people, and joins nothing.

Anybody can type anybody's number. So a phone in a message leads to an entry
``identity.suggested`` in the stranger's history, and an agent who is sure asks for a
proof; only a platform's own contact or the shop's list links (`linking`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from crm_store import customers, history
from crm_store.showing import calling

SUGGESTED = "identity.suggested"
DISMISSED = "identity.suggestion_dismissed"
"""A person has said that it is somebody else: it is suggested no more."""
MOST = 10
"""Who has typed more numbers than these is guessing."""


def by_typed_phones(conn: Connection, stranger: str, phones: Iterable[str]) -> list[dict[str, Any]]:
    """Return what is to be recorded as `SUGGESTED` of a stranger (internal id) who typed these phones (E.164).

    Each known customer is suggested once: ``match`` is the internal id, ``phone``
    is not repeated.
    """
    matches = {known for phone in phones if (known := customers.by_phone(conn, phone)) not in (None, stranger)}
    if not matches:
        return []
    told = {entry.data["match"] for entry in history.backwards(conn, stranger, SUGGESTED)}
    return [{"match": known, "by": "typed_phone"} for known in sorted(matches - told, key=str)]


def matches(conn: Connection, key: str) -> list[dict[str, Any]]:
    """Return whom the customer with the internal id ``key`` may be, newest first: ``id``, ``name``, ``called``, …

    Who has been linked with one of them since is that one, and is not suggested any
    more, nor is who was dismissed.
    """
    told = history.newest(conn, key, (SUGGESTED, DISMISSED), most=2 * MOST)
    not_them = {key} | {entry.data["match"] for entry in told if entry.kind == DISMISSED}
    left = {entry.data["match"]: entry for entry in reversed(told) if entry.data["match"] not in not_them}
    if not left:
        return []
    names = calling(conn, left)
    return [
        {"id": who, "name": names[who][0], "called": names[who][1], "by": entry.data["by"], "at": entry.at}
        for who, entry in reversed(left.items())
        if who in names
    ]


def dismiss(conn: Connection, key: str, match: str, *, by: str, now: datetime) -> bool:
    """A person says that a customer is not ``match`` (internal ids); False where that is not suggested."""
    if all(one["id"] != match for one in matches(conn, key)):
        return False
    history.record(conn, at=now, kind=DISMISSED, by=by, customer_id=key, data={"match": match})
    return True


def suggestions(conn: Connection, key: str) -> list[dict[str, Any]]:
    """Do as `matches`, as people call them."""
    return [{"customer": one["called"], "by": one["by"], "at": one["at"].isoformat()} for one in matches(conn, key)]
