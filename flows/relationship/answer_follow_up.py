"""Close a case whose customer says that it is solved, or open it again where it is not after all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_store import tickets
from crm_store.tickets import TicketView
from flows.actions import ActionContext, action
from flows.engine.values import moment
from flows.promising import promise_answer


@action("close_followed_up", gives=(), may_give=("number",))
def close_followed_up(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Close the case that our message asked about; nothing is returned where it is no solved case of theirs."""
    found = _asked_about(context, args)
    if found is None or found.status != "resolved":
        return {}
    tickets.move(context.conn, found.number, "closed", now=context.now, by="customer", channel=context.channel)
    return {"number": found.number}


@action("reopen_followed_up", gives=(), may_give=("number", "due_at"), promises=True)
def reopen_followed_up(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Open the case again that our message asked about, a step more pressing.

    Nothing is returned where it is no solved case of theirs.
    """
    found = _asked_about(context, args)
    if found is None or found.status == "open":
        return {}
    ticket = tickets.reopen(
        context.conn, found.number, now=context.now, desk=context.desk, by="bot", channel=context.channel,
        priority=tickets.raised(found.priority),
    )  # fmt: skip
    promise_answer(context, ticket.due_at, ticket=ticket.number)
    return {"number": ticket.number, "due_at": moment(ticket.due_at)}


def _asked_about(context: ActionContext, args: Mapping[str, Any]) -> TicketView | None:
    theirs = tickets.of_customer(context.conn, context.customer_id)
    return next((one for one in theirs if one.number == args.get("case")), None)
