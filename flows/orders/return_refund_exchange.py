"""Goods that come back: until when they may, and the request to whoever takes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from crm_store import catalogue
from crm_store.order_requests import RETURNS
from crm_store.orders import OrderView
from flows.actions import ActionContext, action
from flows.engine.values import day, word
from flows.orders.asking import ask_shop, item_names, own_order, under_way
from flows.orders.settings import OrderSettings

_STAGES = {"created": "unsent", "paid": "unsent", "shipped": "shipped", "cancelled": "ended", "refunded": "ended"}
_ALL = ("全部", "都", "所有", "整单", "all", "both", "everything", "whole")


@action("return_days", gives=("days", "exchange_days"), only_reads=True)
def return_days(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return how many days after delivery goods come back without a reason, and within how many they are exchanged."""
    orders = context.settings.orders
    return {"days": orders.return_days, "exchange_days": orders.exchange_days}


@action(
    "look_return",
    gives=("stage", "status"),
    may_give=("items", "several", "asked_at", "until", "asked_kind", "eta"),
    only_reads=True,
    outcomes={"stage": ("there", "asked", "unsent", "shipped", "ended", "not_yours"), "several": (True, False)},
    needs_proof=True,
)
def look_return(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``stage``: ``there``, ``asked`` (already), ``unsent``, ``shipped``, ``ended`` or ``not_yours``.

    ``items`` are the names of what was ordered, ``several`` says that there is more than one.
    """
    order = own_order(context, args["order_no"])
    if order is None:
        return {"stage": "not_yours"}
    items = list(item_names(context, order).values())
    told = {
        "status": word("status", order.status),
        "items": items,
        "several": len(items) > 1,
        "eta": day(order.eta) if order.eta is not None else None,
    }
    if order.status in _STAGES:
        return {**told, "stage": _STAGES[order.status]}
    for kind in RETURNS:
        if (running := under_way(context, kind, order.order_no)) is not None:
            return {**told, **running, "stage": "asked", "asked_kind": word("kind", kind)}
    return {**told, "stage": "there"}


@action(
    "judge_return",
    gives=("verdict", "days"),
    may_give=("item_name", "last_day", "delivered_on"),
    only_reads=True,
    outcomes={"verdict": ("fine", "late", "not_returnable", "no_such_item")},
    needs_proof=True,
)
def judge_return(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``verdict``: ``fine``, ``late``, ``not_returnable`` or ``no_such_item``, with the days it follows from.

    Where nobody knows when it was delivered a colleague decides: that is ``fine``.
    """
    order = own_order(context, args["order_no"])
    days = days_for(args["kind"], context.settings.orders)
    if order is None:
        return {"verdict": "no_such_item", "days": days}
    names = item_names(context, order)
    wanted = _named(args.get("item"), names)
    if not wanted:
        return {"verdict": "no_such_item", "days": days}
    told: dict[str, Any] = {"days": days, "item_name": [names[sku] for sku in wanted]}
    if any(_category(context, sku) in context.settings.orders.not_returnable for sku in wanted):
        return {**told, "verdict": "not_returnable"}
    if order.delivered_at is None:
        return {**told, "verdict": "fine"}
    zone = ZoneInfo(context.zone)
    last = last_day(order.delivered_at, days, zone)
    told |= {
        "delivered_on": day(order.delivered_at),
        "last_day": day(datetime.combine(last, time(12), zone)),
    }
    return {**told, "verdict": "fine" if context.now.astimezone(zone).date() <= last else "late"}


@action(
    "request_return",
    gives=("new", "due_at"),
    may_give=("until",),
    promises=True,
    outcomes={"new": (True, False, None)},
    irreversible=True,
    needs_proof=True,
)
def request_return(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ask the shop to take it back: a task, a promised answer and ``order.return_requested``, once for an order."""
    order = own_order(context, args["order_no"])
    if order is None or order.status != "delivered" or _asked(context, order):
        return {"new": None}
    kind = args["kind"]
    names = item_names(context, order)
    skus = _named(args.get("item"), names)
    reason = str(args.get("description") or args.get("cause") or "")
    words = "; ".join(filter(None, (", ".join(names[sku] for sku in skus), reason)))
    told = {"kind": kind, "items": skus, "reason": reason, "photo": bool(args.get("photo"))}
    return ask_shop(context, kind, order.order_no, words, event="order.return_requested", told=told)


def days_for(kind: str, settings: OrderSettings) -> int:
    """Return within how many days after the day of delivery this may be asked for."""
    return settings.exchange_days if kind == "exchange" else settings.return_days


def last_day(delivered_at: datetime, days: int, zone: ZoneInfo) -> date:
    """Return the last day of the window: the day of delivery, the customer's own, does not count."""
    return delivered_at.astimezone(zone).date() + timedelta(days=days)


def _asked(context: ActionContext, order: OrderView) -> bool:
    return any(under_way(context, kind, order.order_no) is not None for kind in RETURNS)


def _named(said: Any, names: Mapping[str, str]) -> list[str]:
    """Return the SKUs that are meant of an order's ``names``: all where nothing is said or there is but one."""
    if said is None or len(names) == 1:
        return list(names)
    text = str(said).strip().casefold()
    found = [sku for sku, name in names.items() if sku.casefold() in text or name.casefold() in text]
    found = found or [sku for sku, name in names.items() if text in name.casefold()]
    if not found and any(every in text for every in _ALL):
        return list(names)
    return found


def _category(context: ActionContext, sku: str) -> str | None:
    product = catalogue.by_sku(context.conn, sku)
    return product.category if product is not None else None
