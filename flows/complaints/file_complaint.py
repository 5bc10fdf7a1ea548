"""Make a complaint a ticket, with a number and a time by which somebody answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from crm_store import customers, evidence, orders, promises, tickets
from crm_store.tickets import PRIORITIES, TicketView
from flows.actions import ActionContext, action
from flows.complaints.priority import Judged, judge
from flows.engine.values import Tagged, moment, word
from flows.feedback.call_backs import wanted_call
from flows.promising import promise_answer

SHOWN = ("product_quality", "missing_wrong_item")
"""Kinds of cases that a photo helps with."""
APOLOGISED_FOR = timedelta(days=2)
"""So long after a case was opened its apology has not been forgotten."""
_KNOWN = {"angry": "anger", "danger": "safety"}


@action("check_order_owner", gives=("order_is_theirs",), only_reads=True, outcomes={"order_is_theirs": (True, False)})
def check_order_owner(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``order_is_theirs``: false only where a verified customer names an order that isn't.

    What an unverified customer says is kept as said, and told nothing about.
    """
    order_no = args.get("order_no")
    return {"order_is_theirs": not context.verified or order_no is None or _is_theirs(context, order_no)}


@action("find_open_case", gives=("open_case",), only_reads=True)
def find_open_case(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``open_case``: the number of a case under way that this complaint may be about as well, or None."""
    found = _open_case(context, args)
    return {"open_case": found.number if found else None}


@action(
    "open_ticket",
    gives=("number", "due_at", "category_word", "priority", "is_new"),
    may_give=("sorry", "photo_helps", "reasons", "call"),
    promises=True,
    takes={"join": (True, False)},
)
def open_ticket(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Open a ticket from the slots and promise its answer; a verified customer's never names another's order.

    With ``join``, what is about a case that is open already becomes a step of that one, and ``is_new`` is false.
    ``sorry`` is the apology for what went wrong, unless one was said a short while ago.
    """
    same = _open_case(context, args) if args.get("join") else None
    if same is not None:
        return _add(context, args, same)
    order_no = args.get("order_no")
    summary = args.get("description") or context.text
    if order_no is not None and context.verified and not _is_theirs(context, order_no):
        summary = f"{summary}\n[{order_no}]"
        order_no = None
    judged = _judge(context, args)
    sorry = _sorry(context, args.get("category") or "other", judged)
    shown = evidence.sent_before(context.conn, context.customer_id, now=context.now)
    ticket = tickets.open_ticket(
        context.conn,
        customer_id=context.customer_id,
        conversation_id=context.conversation_id,
        channel=context.channel,
        category=args.get("category") or "other",
        priority=judged.priority,
        order_no=order_no,
        summary=summary,
        now=context.now,
        ids=context.ids,
        desk=context.desk,
        about={"reasons": [*judged.reasons]} | ({"evidence": shown} if shown else {}),
    )
    result = _told(context, ticket) | {"is_new": True, "sorry": sorry, "reasons": [*judged.reasons]}
    call = wanted_call(context, summary, ticket=ticket.number)
    return result | {"photo_helps": not shown and ticket.category in SHOWN, "call": call}


@action("add_to_case", gives=("number", "due_at", "category_word", "priority", "is_new"), promises=True)
def add_to_case(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Keep what the customer says as a step of the open case that it is about; where that is gone, open one."""
    same = _open_case(context, args)
    return open_ticket(context, args) if same is None else _add(context, args, same)


def _add(context: ActionContext, args: Mapping[str, Any], case: TicketView) -> dict[str, Any]:
    judged = _judge(context, args, again=case.status != "open")
    step: dict[str, Any] = {"added": args.get("description") or context.text, "reasons": [*judged.reasons]}
    if shown := evidence.sent_before(context.conn, context.customer_id, now=context.now):
        step["evidence"] = shown
    if case.status != "open":
        case = tickets.reopen(
            context.conn, case.number, now=context.now, desk=context.desk, by="bot", channel=context.channel,
            priority=tickets.raised(case.priority),
        )  # fmt: skip
    tickets.add_step(context.conn, case.number, now=context.now, by="customer", channel=context.channel, said=step)
    if PRIORITIES.index(judged.priority) > PRIORITIES.index(case.priority):
        case = tickets.change(
            context.conn, case.number, now=context.now, desk=context.desk, by="bot", priority=judged.priority,
            channel=context.channel,
        )  # fmt: skip
    return _told(context, case) | {"is_new": False}


def _told(context: ActionContext, ticket: TicketView) -> dict[str, Any]:
    # Of an open case that is added to, what was promised may be over by now, and is promised anew.
    due = tickets.answer_due(ticket.due_at, context.desk, now=context.now)
    promised = promises.running_of(context.conn, context.customer_id)
    if not any(one.ticket == ticket.number and context.now < one.due_at <= due for one in promised):
        promise_answer(context, due, ticket=ticket.number)
    return {
        "number": ticket.number,
        "due_at": moment(due),
        "category_word": word("category", ticket.category),
        "priority": ticket.priority,
    }


def _judge(context: ActionContext, args: Mapping[str, Any], *, again: bool = False) -> Judged:
    customer = customers.by_id(context.conn, context.customer_id)
    known = [_KNOWN[reason] for reason in (args.get("reason"),) if reason in _KNOWN]
    return judge(
        args.get("description") or context.text,
        known=known,
        tier=customer.tier if customer is not None else None,
        first_tiers=context.settings.complaints.first_tiers,
        again=again,
    )


def _sorry(context: ActionContext, category: str, judged: Judged) -> Tagged | None:
    theirs = tickets.of_customer(context.conn, context.customer_id)
    if any(one.opened_at > context.now - APOLOGISED_FOR for one in theirs):
        return None
    grave = judged.priority in ("high", "urgent")
    return word("sorry_grave" if grave else "sorry", category)


def _open_case(context: ActionContext, args: Mapping[str, Any]) -> TicketView | None:
    """Return the customer's latest case about the same order, or of the same kind where an order isn't named.

    One that we hold for solved counts for a while too; one that they said is solved does not.
    """
    order_no, category = args.get("order_no"), args.get("category")
    since = context.now - context.settings.complaints.same_case_for
    for case in reversed(tickets.of_customer(context.conn, context.customer_id)):
        solved = case.status == "resolved" and case.resolved_at is not None and case.resolved_at >= since
        if case.status != "open" and not solved:
            continue
        if order_no is not None and case.order_no == order_no:
            return case
        unnamed = order_no is None or case.order_no is None
        if unnamed and case.opened_at >= since and category in (None, case.category):
            return case
    return None


def _is_theirs(context: ActionContext, order_no: str) -> bool:
    order = orders.find(context.conn, order_no)
    return order is not None and order.customer_id == context.customer_id
