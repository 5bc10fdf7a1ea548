"""Cancel or change an order: whether it still can be, and the request to whoever does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_store.order_requests import CANCEL
from flows.actions import ActionContext, action
from flows.engine.values import word
from flows.orders.asking import ask_shop, item_names, own_order, under_way


@action(
    "look_change",
    gives=("stage", "status"),
    may_give=("items", "carrier", "tracking_no", "asked_at", "until"),
    only_reads=True,
    outcomes={"stage": ("open", "cancelling", "shipped", "delivered", "ended", "not_yours")},
    needs_proof=True,
)
def look_change(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``stage``: ``open``, ``cancelling`` (asked for), ``shipped``, ``delivered``, ``ended`` or ``not_yours``.

    ``items`` are the names of what was ordered.
    """
    order = own_order(context, args["order_no"])
    if order is None:
        return {"stage": "not_yours"}
    told = {
        "status": word("status", order.status),
        "items": list(item_names(context, order).values()),
        "carrier": order.carrier,
        "tracking_no": order.tracking_no,
    }
    if order.status in ("cancelled", "refunded"):
        return {**told, "stage": "ended"}
    if order.status in ("shipped", "delivered"):
        return {**told, "stage": order.status}
    cancelling = under_way(context, CANCEL, order.order_no)
    return {**told, "stage": "open"} if cancelling is None else {**told, **cancelling, "stage": "cancelling"}


@action(
    "request_cancel",
    gives=("new", "due_at"),
    may_give=("until",),
    promises=True,
    outcomes={"new": (True, False, None)},
    irreversible=True,
    needs_proof=True,
)
def request_cancel(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ask the shop to cancel the order: a task, a promised answer and ``order.cancel_requested``, once."""
    return _request(context, args, CANCEL, "", "order.cancel_requested", {})


@action(
    "request_change",
    gives=("new", "due_at"),
    may_give=("until",),
    promises=True,
    outcomes={"new": (True, False, None)},
    irreversible=True,
    needs_proof=True,
)
def request_change(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ask the shop for another address, phone or item; what is asked for anew takes the place of what was."""
    change = args["change"]
    detail = str(args[{"address": "address", "phone": "phone", "items": "wish"}[change]])
    return _request(context, args, f"change_{change}", detail, "order.change_requested", {"change": change})


def _request(
    context: ActionContext, args: Mapping[str, Any], work: str, words: str, event: str, told: Mapping[str, Any]
) -> dict[str, Any]:
    order = own_order(context, args["order_no"])
    if order is None or order.status not in ("created", "paid"):
        return {"new": None}  # it went out while the customer was thinking
    return ask_shop(context, work, order.order_no, words, event=event, told=told)
