"""Where the money of an order is; for its verified owner only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from crm_store import order_requests, orders, tickets
from crm_store.order_requests import CANCEL, MONEY, RETURNS
from crm_store.orders import OrderView
from flows.actions import ActionContext, action
from flows.engine.values import day, moment, word
from flows.orders.asking import ask_shop, own_order, under_way
from flows.promising import promise_answer

_LOOKED_THROUGH = 20
_ABOUT_MONEY = ("return", "refund", CANCEL, MONEY)


@action(
    "look_refund",
    gives=("outcome", "order_no", "status"),
    may_give=("refunded_on", "asked_at", "until", "work", "candidates", "cancelled_on"),
    only_reads=True,
    outcomes={
        "outcome": ("refunded", "requested", "looking", "late", "cancelled", "never_paid", "none", "not_yours", "which")
    },
    needs_proof=True,
)
def look_refund(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``outcome`` of the order named, or of the only one that money is owed for.

    ``refunded``, ``requested`` (an answer is to come), ``looking`` (for the money), ``late``, ``cancelled`` (with no
    refund recorded), ``never_paid``, ``none`` (nothing asked for), ``not_yours``, or ``which`` with the ``candidates``.
    """
    if args.get("order_no") is not None:
        order = own_order(context, args["order_no"])
        if order is None:
            return {"outcome": "not_yours"}
        return _told(context, order)
    candidates = _candidates(context)
    if len(candidates) == 1:
        return _told(context, candidates[0])
    if not candidates and context.verified:
        candidates = orders.recent(context.conn, context.customer_id)
    return {"outcome": "which", "candidates": [order.order_no for order in candidates]}


@action(
    "look_for_money",
    gives=("new", "due_at", "order_no"),
    may_give=("until",),
    promises=True,
    outcomes={"new": (True, False)},
    needs_proof=True,
)
def look_for_money(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Have a colleague look for the refund of a cancelled order, once."""
    order = _meant(context, args)
    return {"order_no": order.order_no, **ask_shop(context, MONEY, order.order_no)}


@action(
    "escalate_refund",
    gives=("new", "number", "due_at", "order_no"),
    may_give=("until",),
    promises=True,
    outcomes={"new": (True, False)},
    needs_proof=True,
)
def escalate_refund(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Make a late refund a case of its own, unless there is one that is open."""
    order = _meant(context, args)
    theirs = tickets.of_customer(context.conn, context.customer_id)
    for ticket in theirs:
        if (ticket.category, ticket.order_no, ticket.status) == ("billing", order.order_no, "open"):
            until = moment(ticket.due_at) if ticket.due_at > context.now else None
            return {"new": False, "number": ticket.number, "order_no": order.order_no, "until": until}
    opened = tickets.open_ticket(
        context.conn, customer_id=context.customer_id, conversation_id=context.conversation_id,
        channel=context.channel, category="billing", priority="high", order_no=order.order_no,
        summary=context.text or f"order.{MONEY} {order.order_no}", now=context.now, ids=context.ids, desk=context.desk,
    )  # fmt: skip
    due = promise_answer(context, opened.due_at, ticket=opened.number)
    return {"new": True, "number": opened.number, "order_no": order.order_no, "due_at": moment(due)}


def _meant(context: ActionContext, args: Mapping[str, Any]) -> OrderView:
    named = args.get("order_no")
    order = own_order(context, named) if named is not None else _candidates(context)[0]
    assert order is not None, "it was looked up in this very turn"
    return order


def _candidates(context: ActionContext) -> list[OrderView]:
    """Return the customer's orders that money has gone back for, or may be owed for, newest first."""
    if not context.verified:
        return []
    recent = orders.recent(context.conn, context.customer_id, _LOOKED_THROUGH)
    return [order for order in recent if order.status in orders.ENDED or _running(context, order) is not None]


def _running(context: ActionContext, order: OrderView) -> tuple[str, dict[str, Any]] | None:
    for work in (*RETURNS, CANCEL, MONEY):
        if work in _ABOUT_MONEY and (found := under_way(context, work, order.order_no)) is not None:
            return work, found
    return None


def _told(context: ActionContext, order: OrderView) -> dict[str, Any]:
    about = {"order_no": order.order_no, "status": word("status", order.status)}
    if order.status == "refunded":
        at = order_requests.reached(context.conn, context.customer_id, order.order_no, "refunded")
        return {**about, "outcome": "refunded", "refunded_on": day(at) if at is not None else None}
    if (running := _running(context, order)) is not None:
        work, found = running
        # What was promised for a time that is over is late, whatever the shop has decided about days.
        is_late = found["until"] is None or _is_late(context, order)
        outcome = "late" if is_late else "looking" if work == MONEY else "requested"
        return {**about, **found, "work": word("work", work), "outcome": outcome}
    if order.status == "cancelled":
        if order.paid_at is None:
            return {**about, "outcome": "never_paid"}
        return {**about, "outcome": "late" if _is_late(context, order) else "cancelled"}
    return {**about, "outcome": "none"}


def _is_late(context: ActionContext, order: OrderView) -> bool:
    days = context.settings.orders.refund_days
    at = order_requests.reached(context.conn, context.customer_id, order.order_no, "cancelled")
    if days is None or at is None:
        return False
    zone = ZoneInfo(context.zone)
    return at.astimezone(zone).date() + timedelta(days=days) < context.now.astimezone(zone).date()
