"""How a customer's cases are going; for verified customers only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_store import tickets
from flows.actions import ActionContext, action
from flows.engine.values import moment, word

MOST_SHOWN = 3


@action("list_tickets", gives=("ticket_count",), may_give=("tickets",), only_reads=True)
def list_tickets(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``ticket_count`` of the verified customer and the latest ``tickets``, newest first."""
    if not context.verified:
        return {"ticket_count": 0}
    theirs = tickets.of_customer(context.conn, context.customer_id)
    shown = sorted(theirs, key=lambda ticket: ticket.opened_at, reverse=True)[:MOST_SHOWN]
    return {
        "ticket_count": len(theirs),
        "tickets": [
            {
                "number": ticket.number,
                "category": word("category", ticket.category),
                "status": word("ticket", ticket.status),
                "when": moment(ticket.resolved_at or ticket.due_at),
            }
            for ticket in shown
        ],
    }
