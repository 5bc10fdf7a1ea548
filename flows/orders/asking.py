"""What the flows about a customer's own orders have in common: whose an order is, and asking the shop for something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_store import catalogue, order_requests, orders, tickets
from crm_store.order_requests import Request
from crm_store.orders import OrderView
from flows.actions import ActionContext
from flows.engine.values import moment
from flows.promising import promise_answer


def own_order(context: ActionContext, order_no: str) -> OrderView | None:
    """Return the order with its items if it is the verified customer's, else None: nobody else hears that it exists."""
    order = orders.whole(context.conn, order_no) if context.verified else None
    return order if order is not None and order.customer_id == context.customer_id else None


def item_names(context: ActionContext, order: OrderView) -> dict[str, str]:
    """Return what the order's items are called in the customer's language, by SKU, in their order."""
    skus = list(dict.fromkeys(item.sku for item in order.items))
    called = catalogue.called(context.conn, skus)
    return {sku: called.get(sku, {}).get(context.language, sku) for sku in skus}


def ask_shop(
    context: ActionContext, work: str, order_no: str, words: str = "", *, event: str | None = None,
    told: Mapping[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Open the task of a request and promise its answer, once; record ``event`` with ``told``.

    Returns ``new`` and, where the answer is promised for a time to come, that time as ``due_at``.
    """
    request = Request(work, order_no, context.customer_id, words, context.conversation_id)
    due = tickets.due_at(context.now, "normal", context.desk)
    due = tickets.answer_due(due, context.desk, now=context.now)
    new = order_requests.enter(context.conn, request, due_at=due, now=context.now, ids=context.ids) is not None
    promise = order_requests.promise_of(context.conn, context.customer_id, work, order_no)
    if not new:
        return {"new": False, "until": until(promise, context)}
    due = promise.due_at if promise is not None else promise_answer(context, due, about=request.label)
    if event is not None:
        context.record(event, {"order_no": order_no, **(told or {}), "due_at": due.isoformat()})
    return {"new": True, "due_at": moment(due)}


def under_way(context: ActionContext, work: str, order_no: str) -> dict[str, Any] | None:
    """Return since when (``asked_at``) and until when (if that is to come) a request is seen to; None if it isn't."""
    task = order_requests.running(context.conn, work, order_no)
    if task is None:
        return None
    promise = order_requests.promise_of(context.conn, context.customer_id, work, order_no)
    return {"asked_at": moment(task.opened_at), "until": until(promise, context)}


def until(promise: Any | None, context: ActionContext) -> dict[str, Any] | None:
    """Return by when an answer is promised, or None where that time is over or nothing is promised."""
    return moment(promise.due_at) if promise is not None and promise.due_at > context.now else None
