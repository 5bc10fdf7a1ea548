"""What has to be done and by when: promises, tasks, and approvals that wait, as the desk shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from crm_store import approvals, promises, tasks
from crm_store.showing import calling
from crm_store.tasks import SUPERVISORS
from desk.context import Desk, Visitor
from desk.roles import may

MOST = 50
"""Of promises, of tasks and of approvals each; what is due later than those has time."""
Kind = Literal["promise", "task", "approval"]
WHEN = ("late", "today", "later")
_RUNNING = ("open", "escalated", "requested")


@dataclass(frozen=True, slots=True)
class Item:
    """One promise, task or approval; ``by`` made it or asked for it, ``owner`` has to do it."""

    kind: Kind
    id: str
    customer_id: str | None
    customer: str
    text: str
    ticket: str | None
    by: str
    owner: str | None
    at: datetime
    """When it is due; of an approval since when it waits."""
    state: str
    ended: str
    """What came of it: the proof or the reason."""

    @property
    def runs(self) -> bool:
        """Whether something is still to be done about it."""
        return self.state in _RUNNING


@dataclass(frozen=True, slots=True)
class Due:
    """What is due, in the order of `WHEN`, and what waits for a yes; ``more`` where that is not all."""

    parts: list[tuple[str, list[Item]]]
    waiting: list[Item]
    more: bool


def due_for(conn: Connection, desk: Desk, visitor: Visitor, *, everybody: bool) -> Due:
    """Return what is due of the visitor's own and of nobody's, or of everybody's.

    A supervisor's own is also what is for whoever leads the shift, and every approval
    that a colleague waits for; others see what they have asked for themselves.
    """
    leads = may(visitor.role, "approve")
    owners = None if everybody else [visitor.owner, *([SUPERVISORS] if leads else [])]
    asked_by = None if everybody or leads else visitor.owner
    running = promises.running(conn, owner=None if everybody else visitor.owner, most=MOST)
    to_do = tasks.due(conn, owners=owners, most=MOST)
    waiting = approvals.waiting(conn, asked_by=asked_by, most=MOST)
    # A task for a promise is that promise: whoever ends the one has done the other.
    shown = {row.id for row in running}
    running += promises.by_ids(conn, {row.promise_id for row in to_do if row.promise_id} - shown)
    rows: list[tuple[Kind, Any]] = [
        *(("promise", row) for row in running),
        *(("task", row) for row in to_do if row.promise_id is None),
        *(("approval", row) for row in waiting),
    ]  # fmt: skip
    names = calling(conn, (row.customer_id for _, row in rows if row.customer_id))
    items = [_item(kind, row, names) for kind, row in rows]
    now = desk.clock.now()
    parts: dict[str, list[Item]] = {when: [] for when in WHEN}
    for item in sorted((one for one in items if one.kind != "approval"), key=lambda one: (one.at, one.id)):
        parts[_when(item.at, now, desk.zone)].append(item)
    return Due(
        [(when, those) for when, those in parts.items() if those],
        [one for one in items if one.kind == "approval"],
        more=MOST in (len(running), len(to_do), len(waiting)),
    )


def of_customer(conn: Connection, customer_id: str, *, most: int) -> dict[Kind, list[Item]]:
    """Return a customer's promises, tasks and approvals, first what has still to be done, then the latest."""
    found: dict[Kind, list[Any]] = {
        "promise": promises.of_customer(conn, customer_id),
        "task": tasks.of_customer(conn, customer_id),
        "approval": approvals.of_customer(conn, customer_id),
    }
    return {kind: _first([_item(kind, row, {}) for row in rows])[:most] for kind, rows in found.items()}


def _first(items: Sequence[Item]) -> list[Item]:
    runs = sorted((one for one in items if one.runs), key=lambda one: one.at)
    return runs + [one for one in items if not one.runs][::-1]


def _item(kind: Kind, row: Any, names: dict[str, tuple[str | None, str]]) -> Item:
    customer = next(filter(None, names.get(row.customer_id, ())), "")
    match kind:
        case "promise":
            text, by, owner, at = row.text or row.kind, row.made_by, row.owner, row.due_at
            ended = row.proof or row.reason
        case "task":
            text, by, owner, at, ended = row.about, row.opened_by, row.owner, row.due_at, None
        case "approval":
            text, by, owner, at, ended = row.about, row.asked_by, None, row.asked_at, row.reason
    return Item(kind, row.id, row.customer_id, customer, text, row.ticket, by, owner, at, row.state, ended or "")


def _when(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    if at <= now:
        return "late"
    return "today" if at.astimezone(zone).date() == now.astimezone(zone).date() else "later"
