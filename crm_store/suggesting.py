"""Who a customer may be: a match that nobody vouched for is told to people, and joins nothing.

Anybody can type anybody's number. So a phone or an e-mail address in a message leads to an
entry ``identity.suggested`` in the stranger's history, and an agent who is sure asks for a
proof; only a platform's own contact, a one-time link or the shop's list links (`linking`).
Two whose profiles have the same phone or address are suggested to each other as long as
they do, and nothing is written down about it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import Connection, bindparam, literal, select, union_all

from crm_store import customers, history
from crm_store.showing import calling

SUGGESTED = "identity.suggested"
DISMISSED = "identity.suggestion_dismissed"
"""A person has said that it is somebody else: it is suggested no more."""
MOST = 10
"""Who has typed more numbers than these is guessing; what more people share than these tells nobody apart."""

By = Literal["typed_phone", "typed_email", "same_phone", "same_email"]
BYS: tuple[By, ...] = get_args(By)
TELLING: Mapping[str, Callable[[Connection, str], str | None]] = {
    "phone": customers.by_phone, "email": customers.by_email,
}  # fmt: skip
"""What somebody may type that leads to a customer, and to whom it does."""

_me, _other = customers.customers.alias("me"), customers.customers.alias("other")
_SAME = (
    select(_other.c.id, literal(f"same_{name}").label("by"), _me.c.created_at, _other.c.created_at.label("theirs"))
    .join(_me, _other.c[name] == _me.c[name])
    .where(_me.c.id == bindparam("key"), _other.c.id != _me.c.id)
    .limit(MOST + 1)
    .subquery()
    for name in TELLING
)
_SHARING = union_all(*(select(same) for same in _SAME))


@dataclass(frozen=True, slots=True)
class Match:
    """Whom somebody may be (internal id), by what, and since when."""

    id: str
    by: str
    at: datetime
    name: str | None = None
    called: str = ""
    """As people call them: number, or the way they write on."""


def by_typed(conn: Connection, stranger: str, typed: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return what is to be recorded as `SUGGESTED` of a stranger (internal id) who typed this.

    ``typed`` are names of `TELLING` with a phone in E.164 or an address in lower case. Each
    known customer is suggested once: ``match`` is the internal id, what was typed is not repeated.
    """
    found: dict[str, str] = {}
    for what, value in typed:
        known = TELLING[what](conn, value)
        if known is not None and known != stranger:
            found.setdefault(known, f"typed_{what}")
    if not found:
        return []
    told = {entry.data["match"] for entry in history.backwards(conn, stranger, SUGGESTED)}
    return [{"match": known, "by": found[known]} for known in sorted(found.keys() - told)]


def matches(conn: Connection, key: str) -> list[Match]:
    """Return whom the customer with the internal id ``key`` may be, the newest first.

    Who has been linked with one of them since is that one, and is not suggested any
    more, nor is who was dismissed.
    """
    told = history.newest(conn, key, (SUGGESTED, DISMISSED), most=2 * MOST)
    not_them = {key} | {entry.data["match"] for entry in told if entry.kind == DISMISSED}
    left = {row.id: Match(row.id, row.by, max(row.created_at, row.theirs)) for row in _sharing(conn, key)}
    for entry in reversed(told):
        if entry.kind == SUGGESTED:
            left[entry.data["match"]] = Match(entry.data["match"], entry.data["by"], entry.at)
    wanted = [one for who, one in left.items() if who not in not_them]
    if not wanted:
        return []
    names = calling(conn, (one.id for one in wanted))
    known = [Match(one.id, one.by, one.at, *names[one.id]) for one in wanted if one.id in names]
    return sorted(known, key=lambda one: (one.at, one.id), reverse=True)[:MOST]


def dismiss(conn: Connection, key: str, match: str, *, by: str, now: datetime) -> bool:
    """A person says that a customer is not ``match`` (internal ids); False where that is not suggested."""
    found = next((one for one in matches(conn, key) if one.id == match), None)
    if found is None:
        return False
    history.record(conn, at=now, kind=DISMISSED, by=by, customer_id=key, data={"match": match})
    if found.by.startswith("same_"):  # it was suggested to both
        history.record(conn, at=now, kind=DISMISSED, by=by, customer_id=match, data={"match": key})
    return True


def suggestions(conn: Connection, key: str) -> list[dict[str, Any]]:
    """Do as `matches`, as people call them."""
    return [{"customer": one.called, "by": one.by, "at": one.at.isoformat()} for one in matches(conn, key)]


def _sharing(conn: Connection, key: str) -> list[Any]:
    found = list(conn.execute(_SHARING, {"key": key}))
    many = {by for by, rows in Counter(row.by for row in found).items() if rows > MOST}
    return [row for row in found if row.by not in many]
