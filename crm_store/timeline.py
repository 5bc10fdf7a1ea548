"""One customer's timeline: everything over all channels, in the order in which it happened, a page at a time.

An order that is imported a week later stands where it was placed. A page is found by
where the one before ended (`Place`), so that the thousandth costs what the first does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, or_, select, tuple_

from crm_store.history import history

GROUPS: dict[str, tuple[str, ...]] = {
    "messages": ("message.",),
    "notes": ("note",),
    "orders": ("order.",),
    "tickets": ("ticket.",),
    "promises": ("promise.", "task.", "approval."),
    "points": ("points.", "coupon.", "tier.", "member."),
    "care": ("care.",),
    "surveys": ("survey.",),
    "consent": ("consent.",),
    "profile": ("profile.", "identity.", "memory.", "customer.", "related."),
    "opportunities": ("opportunity.",),
    "talk": ("handoff.", "conversation.", "flow.", "alert."),
}
"""What a timeline is filtered by: a group has the kinds that begin so."""
OTHER = "other"
"""The group of what belongs to none of them."""
A_PAGE = 50


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a timeline an entry stands."""

    at: datetime
    id: int

    @classmethod
    def read(cls, text: str) -> Place:
        """Return the place that ``str`` has written down.

        Raises:
            ValueError: it is none.
        """
        at, separator, id = text.rpartition("_")
        moment = datetime.fromisoformat(at)
        if not separator or moment.tzinfo is None:
            raise ValueError("a place is a moment with its zone and a key")
        return cls(moment, int(id))

    def __str__(self) -> str:
        return f"{self.at.isoformat()}_{self.id}"


@dataclass(frozen=True, slots=True)
class Filters:
    """What of a timeline is asked for; empty means all. ``since`` is the first moment, ``until`` the first after."""

    groups: Sequence[str] = ()
    channels: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None


EVERYTHING = Filters()

_PAGE = (
    select(history)
    .where(history.c.customer_id == bindparam("customer_id"))
    .order_by(history.c.at.desc(), history.c.id.desc())
    .limit(bindparam("most"))
)
_BEFORE = tuple_(history.c.at, history.c.id) < tuple_(
    bindparam("at", type_=history.c.at.type), bindparam("key", type_=history.c.id.type)
)


def page(
    conn: Connection,
    customer_id: str,
    *,
    filters: Filters = EVERYTHING,
    before: Place | None = None,
    most: int = A_PAGE,
) -> list[Any]:
    """Return the latest ``most`` entries of a customer that lie before a place, the latest first."""
    asked = _PAGE.where(*conditions(filters))
    values: dict[str, Any] = {"customer_id": customer_id, "most": most}
    if before is not None:
        asked = asked.where(_BEFORE)
        values |= {"at": before.at, "key": before.id}
    return list(conn.execute(asked, values))


def place_of(entry: Any) -> Place:
    """Return where an entry stands."""
    return Place(entry.at, entry.id)


def group_of(kind: str) -> str:
    """Return the group that a kind of entry belongs to."""
    return next((group for group, begins in GROUPS.items() if kind.startswith(begins)), OTHER)


def conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """Return what the filters ask of an entry."""
    asked: list[ColumnElement[bool]] = []
    if filters.groups:
        asked.append(or_(*(_in_group(group) for group in filters.groups)))
    if filters.channels:
        asked.append(history.c.channel.in_(filters.channels))
    if filters.since is not None:
        asked.append(history.c.at >= filters.since)
    if filters.until is not None:
        asked.append(history.c.at < filters.until)
    return asked


def _in_group(group: str) -> ColumnElement[bool]:
    if group == OTHER:
        return ~or_(*(_in_group(known) for known in GROUPS))
    return or_(*(history.c.kind.startswith(begin, autoescape=True) for begin in GROUPS[group]))
