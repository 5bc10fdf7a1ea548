"""Where an order is, told to whom it may be told.

The verified owner hears everything. Anybody else names the last four digits of the
order's phone and hears status and arrival only; whether an order exists is not told
before, so a number that does not exist is asked about in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from crm_store import access, order_requests, orders
from crm_store.order_requests import CARRIER
from crm_store.orders import OrderView
from flows.actions import ActionContext, action
from flows.engine.values import day, word
from flows.orders.asking import ask_shop, own_order

UNDER_WAY = ("created", "paid", "shipped")
_LOOKED_THROUGH = 20


@action(
    "find_order",
    gives=("outcome", "stage", "status", "order_no"),
    may_give=("late", "eta", "since", "carrier", "tracking_no"),
    outcomes={"outcome": ("own", "not_yours", "prove"), "stage": orders.STATUSES},
    only_reads=True,
)
def find_order(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``outcome``: ``own`` with all about it, ``not_yours`` (verified), or ``prove`` (anybody else)."""
    order_no = args["order_no"]
    if not context.verified:
        return {"outcome": "prove", "order_no": order_no}
    order = orders.find(context.conn, order_no)
    if order is None or order.customer_id != context.customer_id:
        return {"outcome": "not_yours", "order_no": order_no}
    return _all_about(order, context)


@action(
    "latest_order",
    gives=("outcome", "stage", "status", "order_no"),
    may_give=("late", "eta", "since", "carrier", "tracking_no"),
    outcomes={"outcome": ("own", "which"), "stage": orders.STATUSES},
    only_reads=True,
    needs_proof=True,
)
def latest_order(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``outcome``: ``own`` with all about the only order under way, ``which`` where it isn't the only one."""
    order = _meant(context, args)
    return {"outcome": "which"} if order is None else _all_about(order, context)


@action("ask_carrier", gives=("new", "due_at"), may_give=("until",), outcomes={"new": (True, False)}, promises=True)
def ask_carrier(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Have a colleague ask the carrier about a late parcel, once."""
    order = _meant(context, args)
    assert order is not None, "it was looked up in this very turn"
    return ask_shop(context, CARRIER, order.order_no)


@action("remind_of_arrival", gives=("noted",))
def remind_of_arrival(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Note that the customer wants to hear when the parcel has arrived; told once, by the rules of care."""
    order = _meant(context, args)
    assert order is not None, "it was looked up in this very turn"
    noted = order_requests.remind(context.conn, context.customer_id, order.order_no, now=context.now)
    return {"noted": noted}


@action(
    "check_phone",
    gives=("outcome", "stage", "status"),
    may_give=("late", "eta"),
    outcomes={"outcome": ("match", "no_match", "locked"), "stage": orders.STATUSES},
)
def check_phone(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``outcome``: ``match`` with status and arrival, ``no_match``, or ``locked`` for today."""
    order_no = args["order_no"]
    outcome = access.phone_matches(
        context.conn, identity_id=context.identity_id, order_no=order_no, last4=args["phone_last4"], now=context.now
    )
    if outcome != "match":
        return {"outcome": outcome}
    order = orders.find(context.conn, order_no)
    assert order is not None, "an order whose phone matches exists"
    return {"outcome": "match", **_status(order, context.now, ZoneInfo(context.zone))}


def _meant(context: ActionContext, args: Mapping[str, Any]) -> OrderView | None:
    if args.get("order_no") is not None:
        return own_order(context, args["order_no"])
    if not context.verified:
        return None
    recent = orders.recent(context.conn, context.customer_id, _LOOKED_THROUGH)
    under_way = [order for order in recent if order.status in UNDER_WAY]
    return under_way[0] if len(under_way) == 1 else None


def _all_about(order: OrderView, context: ActionContext) -> dict[str, Any]:
    shipped = order.status in ("shipped", "delivered")
    return {
        "outcome": "own",
        "order_no": order.order_no,
        **_status(order, context.now, ZoneInfo(context.zone)),
        "since": _since(order),
        "carrier": order.carrier if shipped else None,
        "tracking_no": order.tracking_no if shipped else None,
    }


def _status(order: OrderView, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    under_way = order.status in UNDER_WAY
    # A parcel promised for today is not late before the day is over.
    late = under_way and order.eta is not None and order.eta.astimezone(zone).date() < now.astimezone(zone).date()
    return {
        "stage": order.status,
        "status": word("status", order.status),
        "late": late,
        "eta": day(order.eta) if under_way and order.eta is not None else None,
    }


def _since(order: OrderView) -> dict[str, Any] | None:
    at = {
        "created": order.ordered_at,
        "paid": order.paid_at,
        "shipped": order.shipped_at,
        "delivered": order.delivered_at,
    }.get(order.status)
    return day(at) if at is not None else None
