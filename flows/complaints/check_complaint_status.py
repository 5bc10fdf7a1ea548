"""How a customer's cases are going; for verified customers only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crm_store import history, tickets
from crm_store.tickets import TicketView
from flows.actions import ActionContext, action
from flows.engine.values import moment, word

MOST_SHOWN = 5
_STEPS = ("ticket.opened", "ticket.updated", "ticket.resolved", "ticket.reopened", "ticket.closed")


@action("list_tickets", gives=("ticket_count",), may_give=("tickets",), only_reads=True, needs_proof=True)
def list_tickets(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``ticket_count`` of the verified customer and their ``tickets``: all that are open, else the latest one.

    Of each what it is, how it stands, and the last step with its time.
    """
    if not context.verified:
        return {"ticket_count": 0}
    theirs = sorted(
        tickets.of_customer(context.conn, context.customer_id), key=lambda one: one.opened_at, reverse=True
    )  # fmt: skip
    open_ones = [one for one in theirs if one.status == "open"]
    shown = (open_ones or theirs[:1])[:MOST_SHOWN]
    last = _last_steps(context, {one.number for one in shown})
    return {"ticket_count": len(theirs), "tickets": [_told(one, last) for one in shown]}


def _told(ticket: TicketView, last: Mapping[str, tuple[str, datetime]]) -> dict[str, Any]:
    step, at = last.get(ticket.number, ("opened", ticket.opened_at))
    return {
        "number": ticket.number,
        "category": word("category", ticket.category),
        "status": word("ticket", ticket.status),
        "when": moment(ticket.resolved_at or ticket.due_at),
        "step": word("ticket_step", step),
        "step_at": moment(at),
    }


def _last_steps(context: ActionContext, numbers: set[str]) -> dict[str, tuple[str, datetime]]:
    found: dict[str, tuple[str, datetime]] = {}
    for entry in history.backwards(context.conn, context.customer_id, *_STEPS):
        number = (entry.data or {}).get("number")
        if number in numbers and number not in found:
            found[number] = (entry.kind.removeprefix("ticket."), entry.at)
        if len(found) == len(numbers):
            break
    return found
