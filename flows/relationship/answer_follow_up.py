"""Open a case again whose customer says that it is not solved after all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_store import tickets
from flows.actions import ActionContext, action
from flows.engine.values import moment
from flows.promising import promise_answer


@action("reopen_followed_up", gives=(), may_give=("number", "due_at"), promises=True)
def reopen_followed_up(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Open the case again that our message asked about; nothing is returned where it is no solved case of theirs."""
    theirs = tickets.of_customer(context.conn, context.customer_id)
    found = next((one for one in theirs if one.number == args.get("case")), None)
    if found is None or found.status == "open":
        return {}
    ticket = tickets.reopen(
        context.conn, found.number, now=context.now, desk=context.desk, by="bot", channel=context.channel
    )
    promise_answer(context, ticket.due_at, ticket=ticket.number)
    return {"number": ticket.number, "due_at": moment(ticket.due_at)}
