"""Who a stranger may be: a match that nobody vouched for is told to people, and joins nothing.

Anybody can type anybody's number. So a phone in a message leads to an entry
``identity.suggested`` in the stranger's history, and an agent who is sure asks for a
proof; only a platform's own contact or the shop's list links (`linking`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection

from crm_store import customers, history
from crm_store.showing import calling

SUGGESTED = "identity.suggested"
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


def suggestions(conn: Connection, key: str) -> list[dict[str, Any]]:
    """Return whom the customer with the internal id ``key`` may be, newest first, as people call them.

    Who has been linked with one of them since is that one, and is not suggested any more.
    """
    told = [entry for entry in history.newest(conn, key, (SUGGESTED,), most=MOST) if entry.data["match"] != key]
    if not told:
        return []
    names = calling(conn, (entry.data["match"] for entry in told))
    return [
        {"customer": names[entry.data["match"]][1], "by": entry.data["by"], "at": entry.at.isoformat()}
        for entry in told
        if entry.data["match"] in names
    ]
