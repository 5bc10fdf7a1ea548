"""One thing more, unasked: seldom, with a reason, and never to who is angry, waits for us or never agreed to offers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from crm_store import bought_together, consents, history, orders
from flows.actions import ActionContext, action
from flows.engine.values import phrase
from flows.products.meaning import last_told, product_meant
from flows.products.shelf import Shelf, Ware, shelf_of

SUGGESTED = "offer.made"
IN_GOOD_MOOD = -0.2
"""A message with less sentiment is no moment to sell anything."""
CALM_FOR = timedelta(days=7)
"""So long after something angry was said nothing is suggested."""
_LOOKED_AT = 30


@action("find_suggestion", gives=("suggested", "also", "also_price", "also_sku", "because"), sells="unasked")
def find_suggestion(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return one product that goes with the one spoken of; ``suggested`` is False where this is no moment for it."""
    if not _is_welcome(context):
        return {"suggested": False}
    shelf = shelf_of(context.conn)
    found = ((ware, _goes_with(context, shelf, ware)) for ware in _spoken_of(context, shelf, args))
    ware, other = next(((ware, other) for ware, other in found if other is not None), (None, None))
    if ware is None or other is None:
        return {"suggested": False}
    shown = other.shown(context.language)
    context.record(SUGGESTED, {"sku": other.sku, "because": "together", "with": ware.sku})
    return {
        "suggested": True, "also": shown["called"], "also_price": shown["price"], "also_sku": other.sku,
        "because": phrase("why_together", what=ware.called(context.language)),
    }  # fmt: skip


def _spoken_of(context: ActionContext, shelf: Shelf, args: Mapping[str, Any]) -> list[Ware]:
    """Return the products that the flow is about: those of a customer's own order, or the one that is meant."""
    if args.get("order_no") is None:
        ware = product_meant(context, shelf, args)
        return [] if ware is None else [ware]
    order = orders.whole(context.conn, args["order_no"])
    if order is None or not context.verified or order.customer_id != context.customer_id:
        return []
    return [shelf[item.sku] for item in order.items if item.sku in shelf and item.quantity > 0]


def _is_welcome(context: ActionContext) -> bool:
    agreed = consents.on_channels(context.conn, context.customer_id, [context.channel])[context.channel]
    if not agreed["marketing"] or context.heard.sentiment < IN_GOOD_MOOD:
        return False
    since = context.now - context.settings.products.suggest_every
    if any(one.at > since for one in history.newest(context.conn, context.customer_id, [SUGGESTED], most=1)):
        return False
    return not _was_angry(context)


def _was_angry(context: ActionContext) -> bool:
    said = history.newest(context.conn, context.customer_id, ["message.in"], most=_LOOKED_AT)
    for entry in said:
        understood = (entry.why or {}).get("understood") or {}
        if entry.at > context.now - CALM_FOR and understood.get("sentiment", 0) < IN_GOOD_MOOD:
            return True
    return False


def _goes_with(context: ActionContext, shelf: Shelf, ware: Ware) -> Ware | None:
    has = set(bought_together.bought_by(context.conn, context.customer_id)) if context.verified else set()
    named = set(last_told(context, "product.recommended").get("skus", ()))
    for sku, _ in bought_together.bought_with(context.conn, ware.sku):
        other = shelf.get(sku)
        if other is not None and other.supply == "in" and sku not in has | named:
            return other
    return None
