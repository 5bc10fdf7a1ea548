"""What an agent does about promises, tasks and approvals; the conversation stays where it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from sqlalchemy import Connection

from crm_store import accounts, approvals, conversations, goodwill, order_requests, promises, tasks, tickets
from crm_store.approvals import NewApproval
from crm_store.conversations import agent_owner
from crm_store.errors import NotAllowed
from crm_store.ports import Ids
from crm_store.promises import NewPromise

APPROVERS = ("supervisor", "admin")
"""Roles of the desk that approve. Who has no account at the desk works on the machine itself, and may."""


@dataclass(frozen=True, slots=True)
class ItemAction:
    """One step: ``item`` is the id of what it is about, which may be left out where there is but one.

    ``text`` is what is promised or asked for, the proof, or the reason; ``due`` is aware.
    """

    agent: str
    action: str
    customer_id: str
    text: str = ""
    ticket: str | None = None
    due: datetime | None = None
    item: str | None = None


def act_on_item(conn: Connection, wanted: ItemAction, *, now: datetime, ids: Ids) -> str:
    """Do it, and return the id of the promise, task or approval that it was about.

    Raises:
        NotAllowed: the step does not exist from where the thing stands, there is none or more than one,
            or the agent's role may not.
    """
    by = agent_owner(wanted.agent)
    match wanted.action:
        case "promise":
            return _promise(conn, wanted, by, now, ids)
        case "keep":
            promise = _running(conn, wanted)
            promises.keep(conn, promise.id, proof=wanted.text, by=by, now=now)
            return str(promise.id)
        case "renegotiate":
            promise, due = _running(conn, wanted), _due(wanted)
            return promises.renegotiate(conn, promise.id, due_at=due, reason=wanted.text, by=by, now=now, ids=ids)
        case "withdraw":
            promise = _running(conn, wanted)
            promises.withdraw(conn, promise.id, reason=wanted.text, by=by, now=now)
            return str(promise.id)
        case "done":
            theirs = tasks.of_customer(conn, wanted.customer_id)
            task = _one([row for row in theirs if row.state == "open"], wanted, "task")
            tasks.finish(conn, task.id, by=by, now=now)
            return str(task.id)
        case "ask":
            return _ask(conn, wanted, by, now, ids)
        case _:
            return _answer(conn, wanted, by, now, ids)


def _promise(conn: Connection, wanted: ItemAction, by: str, now: datetime, ids: Ids) -> str:
    talk = conversations.of_customer(conn, wanted.customer_id)
    new = NewPromise(
        wanted.customer_id, _due(wanted), by, text=wanted.text, owner=by, ticket=_ticket(conn, wanted),
        conversation_id=talk.id if talk else None,
    )  # fmt: skip
    return promises.make(conn, new, now=now, ids=ids)


def _ask(conn: Connection, wanted: ItemAction, by: str, now: datetime, ids: Ids) -> str:
    talk = conversations.of_customer(conn, wanted.customer_id)
    new = NewApproval(
        f"agent:{ids.new()}", wanted.customer_id, wanted.text, by, ticket=_ticket(conn, wanted),
        conversation_id=talk.id if talk else None,
    )  # fmt: skip
    asked = approvals.request(conn, new, now=now, ids=ids)
    assert asked is not None, "its key is new"
    return asked


def _answer(conn: Connection, wanted: ItemAction, by: str, now: datetime, ids: Ids) -> str:
    account = accounts.of(conn, wanted.agent)
    if account is not None and account.role not in APPROVERS:
        raise NotAllowed(
            f"{wanted.agent} is {account.role}; approvals are for {' and '.join(APPROVERS)}", code="not_to_approve"
        )
    theirs = approvals.of_customer(conn, wanted.customer_id)
    waiting = [row for row in theirs if row.state == "requested"]
    if not waiting:
        raise NotAllowed("nothing waits for an approval", code="nothing_to_approve")
    found = _one(waiting, wanted, "approval")
    given = wanted.action == "approve"
    approvals.answer(conn, found.id, given=given, by=by, now=now, reason=wanted.text or None)
    if given:
        goodwill.allowed(conn, found.id, by=by, now=now, ids=ids)
    order_requests.approval_answered(conn, found, given=given, by=by, now=now)
    return str(found.id)


def _running(conn: Connection, wanted: ItemAction) -> Any:
    return _one(promises.running_of(conn, wanted.customer_id), wanted, "promise")


def _one(rows: Sequence[Any], wanted: ItemAction, what: str) -> Any:
    """Return the one that is meant, by its id, its ticket, or because there is no other."""
    if wanted.item is not None:
        rows = [row for row in rows if row.id == wanted.item]
    elif wanted.ticket is not None:
        rows = [row for row in rows if row.ticket == wanted.ticket]
    if len(rows) != 1:
        _not_one(rows, what)
    return rows[0]


def _not_one(rows: Sequence[Any], what: str) -> NoReturn:
    if not rows:
        raise NotAllowed(f"there is no such {what} of this customer that is open", code="no_item")
    named = ", ".join(row.id for row in rows)
    raise NotAllowed(f"there is more than one {what}; name one as item: {named}", code="which_item")


def _due(wanted: ItemAction) -> datetime:
    if wanted.due is None:
        raise NotAllowed(f'a {wanted.action} needs a time such as 2026-01-09T18:00:00+08:00; add "due"', code="no_due")
    return wanted.due


def _ticket(conn: Connection, wanted: ItemAction) -> str | None:
    if wanted.ticket is not None:
        theirs = tickets.of_customer(conn, wanted.customer_id)
        if wanted.ticket not in {one.number for one in theirs}:
            raise NotAllowed(f"the customer has no ticket {wanted.ticket}", code="no_ticket", number=wanted.ticket)
    return wanted.ticket
