"""Tickets: a matter that the shop owes an answer to, with number, priority and due time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, bindparam, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from crm_store import counters, customers, history, origins, promises, resolution
from crm_store.base import Base, UtcDateTime, table_of
from crm_store.desk_hours import ANSWER_DUE, DeskHours
from crm_store.errors import ChangedMeanwhile, NotAllowed
from crm_store.origins import side_column
from crm_store.ports import Ids

CATEGORIES = ("product_quality", "service", "delivery", "billing", "missing_wrong_item", "other")
PRIORITIES = ("low", "normal", "high", "urgent")
"""From the least to the most pressing."""
FIRST_NUMBER = 1001

AFTER_OPENING = timedelta(hours=1)
"""How long people have for what would have fallen due while nobody was there; what is urgent comes first."""

STEPS = {
    "open": {"resolved", "closed"},
    "resolved": {"open", "closed"},
    "closed": {"open"},
}
"""To which statuses a case can go from where it stands."""


class Ticket(Base):
    """One matter; ``status`` is ``open``, ``resolved`` or ``closed``. Its steps are in the history."""

    __tablename__ = "tickets"

    id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    conversation_id: Mapped[str | None]
    category: Mapped[str]
    priority: Mapped[str]
    status: Mapped[str]
    order_no: Mapped[str | None]
    summary: Mapped[str]
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opened_by: Mapped[str]
    side: Mapped[str | None] = side_column()

    __table_args__ = (Index("ix_tickets_customer_id", "customer_id", "opened_at"),)


tickets = table_of(Ticket)

_ADD = insert(tickets)
_OF = (
    select(tickets).where(tickets.c.customer_id == bindparam("customer_id")).order_by(tickets.c.opened_at, tickets.c.id)
)
_BY_NUMBER = select(tickets).where(tickets.c.number == bindparam("number"))
_SET_STATUS = (
    update(tickets)
    .where(tickets.c.number == bindparam("key"), tickets.c.status == bindparam("present"))
    .values(status=bindparam("next"), resolved_at=bindparam("resolved_at"))
)


_SET_DUE = (
    update(tickets)
    .where(tickets.c.number == bindparam("key"))
    .values(due_at=bindparam("due"), priority=bindparam("next_priority"))
)
_CHANGE = (
    update(tickets)
    .where(tickets.c.number == bindparam("key"), tickets.c.status == "open")
    .values(priority=bindparam("next_priority"), category=bindparam("next_category"), due_at=bindparam("due"))
)


@dataclass(frozen=True, slots=True)
class TicketView:
    """A ticket as others see it."""

    number: str
    category: str
    priority: str
    status: str
    order_no: str | None
    summary: str
    opened_at: datetime
    due_at: datetime
    resolved_at: datetime | None

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "category": self.category,
            "priority": self.priority,
            "status": self.status,
            "order_no": self.order_no,
            "summary": self.summary,
            "opened_at": self.opened_at.isoformat(),
            "due_at": self.due_at.isoformat(),
        }


def _view(row: Any) -> TicketView:
    return TicketView(
        row.number, row.category, row.priority, row.status, row.order_no, row.summary,
        row.opened_at, row.due_at, row.resolved_at,
    )  # fmt: skip


def due_at(opened_at: datetime, priority: str, desk: DeskHours, tier: str | None = None) -> datetime:
    """Return by when a person answers a ticket of ``priority``, a moment that the desk can keep.

    Where nobody would be there, that is an hour after the desk opens again, and for an
    urgent ticket the opening itself; but not later than the desk closes that day. A
    customer's ``tier`` may make it sooner, and never makes it later than a slower one.
    """
    return min(_kept(opened_at + wait, priority, desk) for wait in desk.answers.of(priority, tier)).astimezone(
        opened_at.tzinfo
    )


def _kept(due: datetime, priority: str, desk: DeskHours) -> datetime:
    opening = desk.back_at(due)
    if opening is None:
        return due
    return opening if priority == "urgent" else min(opening + AFTER_OPENING, desk.closing(opening))


def open_ticket(
    conn: Connection,
    *,
    customer_id: str,
    conversation_id: str | None,
    channel: str | None,
    category: str,
    priority: str,
    order_no: str | None,
    summary: str,
    now: datetime,
    ids: Ids,
    desk: DeskHours,
    by: str = "bot",
    about: Mapping[str, Any] | None = None,
) -> TicketView:
    """Open a ticket, due by its priority and the desk's hours, and record it in the history.

    ``about`` is what its first step says besides, such as the reasons for its priority.

    Raises:
        ValueError: category or priority is not one of ours.
    """
    if category not in CATEGORIES or priority not in ANSWER_DUE:
        raise ValueError(f"no such ticket: category {category!r}, priority {priority!r}")
    number = f"T-{counters.next_value(conn, 'ticket', first=FIRST_NUMBER)}"
    due = due_at(now, priority, desk, _tier(conn, customer_id))
    conn.execute(
        _ADD,
        {
            "id": ids.new(), "number": number, "customer_id": customer_id, "conversation_id": conversation_id,
            "category": category, "priority": priority, "status": "open", "order_no": order_no, "summary": summary,
            "opened_at": now, "due_at": due, "resolved_at": None, "opened_by": by,
        },
    )  # fmt: skip
    view = TicketView(number, category, priority, "open", order_no, summary, now, due, None)
    _record(conn, "ticket.opened", view, customer_id, conversation_id, channel, now, by, **(about or {}))
    return view


def answer_due(due: datetime, desk: DeskHours, *, now: datetime) -> datetime:
    """Return by when an answer is promised that falls due at ``due``: people have to be there for a while before."""
    present = desk.back_at(now) or now
    return due if due > present else present + AFTER_OPENING


def find(conn: Connection, number: str) -> tuple[str, TicketView] | None:
    """Return whose ticket has this number, by internal id, and the ticket; None where there is none."""
    row = conn.execute(_BY_NUMBER, {"number": number}).one_or_none()
    return None if row is None else (row.customer_id, _view(row))


def of_customer(conn: Connection, customer_id: str) -> list[TicketView]:
    """Return the customer's tickets, oldest first."""
    return [_view(row) for row in conn.execute(_OF, {"customer_id": customer_id})]


def has_open(conn: Connection, customer_id: str) -> bool:
    """Return whether any of the customer's matters is unsolved."""
    return any(ticket.status == "open" for ticket in of_customer(conn, customer_id))


def move(
    conn: Connection, number: str, status: str, *, now: datetime, by: str, channel: str | None = None
) -> TicketView:
    """Bring a ticket to another status and record it: ``ticket.resolved``, ``closed`` or ``reopened``.

    Raises:
        NotAllowed: there is no such ticket, or this step does not exist from where it stands.
    """
    row = conn.execute(_BY_NUMBER, {"number": number}).one_or_none()
    if row is None:
        raise NotAllowed(f"there is no ticket {number}", code="no_ticket", number=number)
    if status not in STEPS[row.status]:
        raise NotAllowed(
            f"ticket {number} is {row.status} and cannot become {status}",
            code="ticket_elsewhere", number=number, status=row.status,
        )  # fmt: skip
    resolved_at = now if status == "resolved" else row.resolved_at if status == "closed" else None
    moved = conn.execute(
        _SET_STATUS, {"key": number, "present": row.status, "next": status, "resolved_at": resolved_at}
    )
    if moved.rowcount != 1:
        raise ChangedMeanwhile(f"ticket {number} has been moved by somebody else at the same moment")
    view = replace(_view(row), status=status, resolved_at=resolved_at)
    kind = "ticket.reopened" if status == "open" else f"ticket.{status}"
    more = {"open_s": _open_for(conn, row, now)} if row.status == "open" else {}
    with origins.bringing(row.side):  # whoever takes a step, it is one of this case
        _record(conn, kind, view, row.customer_id, row.conversation_id, channel, now, by, **more)
    if status != "open":
        promises.keep_answers_to(conn, row.customer_id, number, by=by, now=now)
    return view


def _open_for(conn: Connection, row: Any, now: datetime) -> int:
    """Return for how many seconds a ticket has been open by the clock, all its stretches together."""
    stretches = resolution.spans(resolution.steps(conn, row.customer_id, row.number))
    return int(sum(((span.until or now) - span.since).total_seconds() for span in stretches))


def reopen(
    conn: Connection, number: str, *, now: datetime, desk: DeskHours, by: str, channel: str | None = None,
    priority: str | None = None,
) -> TicketView:  # fmt: skip
    """Open a ticket again, due anew by its priority, or by another; as `move` otherwise."""
    row = conn.execute(_BY_NUMBER, {"number": number}).one_or_none()
    if row is not None:
        priority = priority or row.priority
        due = due_at(now, priority, desk, _tier(conn, row.customer_id))
        conn.execute(_SET_DUE, {"key": number, "due": due, "next_priority": priority})
    return move(conn, number, "open", now=now, by=by, channel=channel)


def raised(priority: str) -> str:
    """Return the next higher priority; the highest stays."""
    return PRIORITIES[min(PRIORITIES.index(priority) + 1, len(PRIORITIES) - 1)]


def add_step(
    conn: Connection, number: str, *, now: datetime, by: str, said: Mapping[str, Any], channel: str | None = None
) -> TicketView:
    """Keep what has become known about an open ticket as a step of it: ``ticket.updated`` with ``said``.

    Raises:
        NotAllowed: there is no such ticket, or it is not open.
    """
    row = conn.execute(_BY_NUMBER, {"number": number}).one_or_none()
    if row is None:
        raise NotAllowed(f"there is no ticket {number}", code="no_ticket", number=number)
    if row.status != "open":
        raise NotAllowed(
            f"ticket {number} is {row.status}; open it again first",
            code="ticket_elsewhere", number=number, status=row.status,
        )  # fmt: skip
    with origins.bringing(row.side):
        _record(conn, "ticket.updated", _view(row), row.customer_id, row.conversation_id, channel, now, by, **said)
    return _view(row)


def change(
    conn: Connection,
    number: str,
    *,
    now: datetime,
    desk: DeskHours,
    by: str,
    priority: str | None = None,
    category: str | None = None,
    channel: str | None = None,
) -> TicketView:
    """Give an open ticket another priority or category, and record it: ``ticket.updated``.

    With another priority it falls due anew, as one opened now would, but never later than it did before:
    what was said to the customer stands.

    Raises:
        NotAllowed: there is no such ticket, or it is not open.
        ValueError: priority or category is not one of ours.
    """
    row = conn.execute(_BY_NUMBER, {"number": number}).one_or_none()
    if row is None:
        raise NotAllowed(f"there is no ticket {number}", code="no_ticket", number=number)
    wanted = replace(_view(row), priority=priority or row.priority, category=category or row.category)
    if wanted.category not in CATEGORIES or wanted.priority not in ANSWER_DUE:
        raise ValueError(f"no such ticket: category {category!r}, priority {priority!r}")
    if wanted.priority != row.priority:
        anew = due_at(now, wanted.priority, desk, _tier(conn, row.customer_id))
        wanted = replace(wanted, due_at=min(row.due_at, anew))
    _change(conn, row, wanted, now=now, by=by, channel=channel)
    return wanted


def tier_changed(conn: Connection, customer_id: str, *, now: datetime, desk: DeskHours, by: str) -> list[str]:
    """Let the customer's open tickets follow their new tier; return the numbers of those that fall due sooner.

    Each waits from now on no longer than the tier lets one wait that is opened now, so a rise
    makes nothing late that was not; after a fall what was said stands.
    """
    tier, sooner = _tier(conn, customer_id), []
    for row in conn.execute(_OF, {"customer_id": customer_id}).all():
        due = due_at(now, row.priority, desk, tier)
        if row.status == "open" and due < row.due_at:
            _change(conn, row, replace(_view(row), due_at=due), now=now, by=by, reason="tier")
            sooner.append(row.number)
    return sooner


def _change(
    conn: Connection, row: Any, wanted: TicketView, *, now: datetime, by: str, channel: str | None = None, **more: str
) -> None:
    changed = conn.execute(
        _CHANGE,
        {"key": row.number, "next_priority": wanted.priority, "next_category": wanted.category, "due": wanted.due_at},
    )
    if changed.rowcount != 1:
        raise NotAllowed(
            f"ticket {row.number} is {row.status}; open it again first",
            code="ticket_elsewhere", number=row.number, status=row.status,
        )  # fmt: skip
    with origins.bringing(row.side):
        _record(conn, "ticket.updated", wanted, row.customer_id, row.conversation_id, channel, now, by, **more)


def _tier(conn: Connection, customer_id: str) -> str | None:
    row = customers.by_id(conn, customer_id)
    return row.tier if row is not None else None


def _record(
    conn: Connection, kind: str, view: TicketView, customer_id: str, conversation_id: str | None,
    channel: str | None, now: datetime, by: str, **more: Any,
) -> None:  # fmt: skip
    history.record(
        conn, at=now, kind=kind, by=by, customer_id=customer_id, conversation_id=conversation_id, channel=channel,
        data={
            "number": view.number, "category": view.category, "priority": view.priority,
            "order_no": view.order_no, "summary": view.summary, "due_at": view.due_at.isoformat(),
            **more,
        },
    )  # fmt: skip
