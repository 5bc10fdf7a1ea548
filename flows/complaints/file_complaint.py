"""Make a complaint a ticket, with a number and a time by which somebody answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_store import orders, tickets
from flows.actions import ActionContext, action
from flows.engine.values import moment, word
from flows.promising import promise_answer


@action("check_order_owner", gives=("order_is_theirs",), only_reads=True, outcomes={"order_is_theirs": (True, False)})
def check_order_owner(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``order_is_theirs``: false only where a verified customer names an order that isn't.

    What an unverified customer says is kept as said, and told nothing about.
    """
    order_no = args.get("order_no")
    return {"order_is_theirs": not context.verified or order_no is None or _is_theirs(context, order_no)}


@action("open_ticket", gives=("number", "due_at", "category_word", "priority"), promises=True)
def open_ticket(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Open a ticket from the slots and promise its answer; a verified customer's never names another's order."""
    order_no = args.get("order_no")
    summary = args.get("description") or context.text
    if order_no is not None and context.verified and not _is_theirs(context, order_no):
        summary = f"{summary}\n[{order_no}]"
        order_no = None
    ticket = tickets.open_ticket(
        context.conn,
        customer_id=context.customer_id,
        conversation_id=context.conversation_id,
        channel=context.channel,
        category=args.get("category") or "other",
        priority=args.get("priority") or "normal",
        order_no=order_no,
        summary=summary,
        now=context.now,
        ids=context.ids,
        desk=context.desk,
    )
    promise_answer(context, ticket.due_at, ticket=ticket.number)
    return {
        "number": ticket.number,
        "due_at": moment(ticket.due_at),
        "category_word": word("category", ticket.category),
        "priority": ticket.priority,
    }


def _is_theirs(context: ActionContext, order_no: str) -> bool:
    order = orders.find(context.conn, order_no)
    return order is not None and order.customer_id == context.customer_id
