"""The difference to a lower price: worked out from what was paid and what the catalogue says, approved by a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from crm_store import approvals, catalogue, order_requests, orders, tickets
from crm_store.approvals import NewApproval
from crm_store.order_requests import PRICE
from crm_store.orders import OrderView
from flows.actions import ActionContext, action
from flows.engine.values import day, moment, money, word
from flows.orders.asking import ask_shop, item_names, own_order, until
from flows.promising import promise_answer

_LOOKED_THROUGH = 20


@dataclass(frozen=True, slots=True)
class Cheaper:
    """An item of an order with its price then and now, each for one piece."""

    sku: str
    quantity: int
    paid: Decimal
    now: Decimal
    currency: str

    @property
    def difference(self) -> Decimal:
        return max(Decimal(0), self.paid - self.now) * self.quantity


@action(
    "compare_prices",
    gives=("outcome", "order_no", "status", "paid", "price_now", "difference", "last_day"),
    may_give=("until", "items", "days"),
    only_reads=True,
    outcomes={"outcome": ("lower", "not_lower", "unknown", "late", "asked", "ended", "not_yours", "which")},
    needs_proof=True,
)
def compare_prices(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``outcome``: ``lower``, ``not_lower``, ``unknown`` (a price is), ``late``, ``asked``, ``ended``,
    ``not_yours`` or ``which``; with ``paid``, ``price_now`` and ``difference`` of what it is about.
    """
    order = _meant(context, args)
    if order is None:
        return {"outcome": "which" if args.get("order_no") is None else "not_yours"}
    about: dict[str, Any] = dict.fromkeys(("paid", "price_now", "difference", "last_day"))
    about |= {"order_no": order.order_no, "status": word("status", order.status)}
    if order.status in orders.ENDED:
        return {**about, "outcome": "ended"}
    if _is_waiting(context, order.order_no):
        return {**about, "outcome": "asked", "until": _promised(context, order.order_no)}
    compared = _compared(context, order, args.get("product"))
    if not compared or len({item.currency for item in compared}) > 1:
        return {**about, "outcome": "unknown"}
    told = {**about, **_sums(compared), "items": [item_names(context, order)[item.sku] for item in compared]}
    if not _difference(compared):
        return {**told, "outcome": "not_lower"}
    days = context.settings.orders.price_days
    if days is None:
        return {**told, "outcome": "lower"}
    zone = ZoneInfo(context.zone)
    last = order.ordered_at.astimezone(zone).date() + timedelta(days=days)
    told |= {"days": days, "last_day": day(datetime.combine(last, time(12), zone))}
    return {**told, "outcome": "lower" if context.now.astimezone(zone).date() <= last else "late"}


@action(
    "request_difference",
    gives=("new", "due_at"),
    may_give=("until",),
    promises=True,
    outcomes={"new": (True, False)},
    needs_proof=True,
)
def request_difference(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ask for the difference to be paid: an approval with the sum worked out, and an answer promised, once."""
    order = _meant(context, args)
    assert order is not None, "it was looked up in this very turn"
    compared = _compared(context, order, args.get("product"))
    amount, currency = _difference(compared), compared[0].currency
    items = [
        {"sku": item.sku, "quantity": item.quantity, "paid": str(item.paid), "now": str(item.now)} for item in compared
    ]
    label = order_requests.label(PRICE, order.order_no)
    new = NewApproval(
        f"order:{PRICE}:{order.order_no}:{amount}", context.customer_id, f"{label}: {amount} {currency}", "bot",
        conversation_id=context.conversation_id,
        data={
            "order_no": order.order_no, "work": PRICE, "amount": str(amount), "currency": currency, "items": items,
        },
    )  # fmt: skip
    if approvals.request(context.conn, new, now=context.now, ids=context.ids) is None:
        return {"new": False, "until": _promised(context, order.order_no)}
    due = promise_answer(context, tickets.due_at(context.now, "normal", context.desk), about=label)
    return {"new": True, "due_at": moment(due)}


@action(
    "ask_about_price",
    gives=("new", "due_at", "order_no"),
    may_give=("until",),
    promises=True,
    outcomes={"new": (True, False)},
    needs_proof=True,
)
def ask_about_price(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Have a colleague look, once, where a price is not known."""
    order = _meant(context, args)
    assert order is not None, "it was looked up in this very turn"
    return {"order_no": order.order_no, **ask_shop(context, PRICE, order.order_no, str(args.get("product") or ""))}


def _meant(context: ActionContext, args: Mapping[str, Any]) -> OrderView | None:
    """Return the order that is named; else the latest with the product that is named; else the only one."""
    if args.get("order_no") is not None:
        return own_order(context, args["order_no"])
    if not context.verified:
        return None
    recent = orders.of_customer(context.conn, context.customer_id, most=_LOOKED_THROUGH)
    theirs = [order for order in recent if order.status not in orders.ENDED]
    if (sku := args.get("product")) is not None:
        return next((order for order in theirs if any(item.sku == sku for item in order.items)), None)
    return theirs[0] if len(theirs) == 1 else None


def _compared(context: ActionContext, order: OrderView, sku: str | None) -> list[Cheaper]:
    """Return the items whose price then and now is known in one currency; of the product alone where it is in there."""
    bought = [item for item in order.items if item.quantity > 0]
    if any(item.sku == sku for item in bought):
        bought = [item for item in bought if item.sku == sku]
    found = []
    for item in bought:
        product = catalogue.by_sku(context.conn, item.sku)
        if item.unit_price is None or product is None or product.price is None or product.currency != item.currency:
            continue
        found.append(Cheaper(item.sku, item.quantity, item.unit_price, product.price, item.currency))
    return found


def _difference(compared: list[Cheaper]) -> Decimal:
    return sum((item.difference for item in compared), Decimal(0))


def _sums(compared: list[Cheaper]) -> dict[str, Any]:
    currency = compared[0].currency
    paid = sum((item.paid * item.quantity for item in compared), Decimal(0))
    today = sum((item.now * item.quantity for item in compared), Decimal(0))
    return {
        "paid": money(paid, currency),
        "price_now": money(today, currency),
        "difference": money(_difference(compared), currency),
    }


def _is_waiting(context: ActionContext, order_no: str) -> bool:
    """Return whether somebody is deciding about this order's price already."""
    about = {"work": PRICE, "order_no": order_no}
    for row in approvals.of_customer(context.conn, context.customer_id):
        if row.state == "requested" and about.items() <= (row.data or {}).items():
            return True
    return order_requests.running(context.conn, PRICE, order_no) is not None


def _promised(context: ActionContext, order_no: str) -> dict[str, Any] | None:
    return until(order_requests.promise_of(context.conn, context.customer_id, PRICE, order_no), context)
