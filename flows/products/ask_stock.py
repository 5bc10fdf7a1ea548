"""To hear when something is back: noted, told once, and given up on request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_store import wishes
from flows.actions import ActionContext, action
from flows.products.meaning import product_meant
from flows.products.shelf import shelf_of


@action("product_in_mind", gives=("called",), only_reads=True)
def product_in_mind(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return how the product that the flow is about is ``called``."""
    ware = product_meant(context, shelf_of(context.conn), args)
    assert ware is not None, "the flow comes here with one product"
    return {"called": ware.called(context.language)}


@action("note_wish", gives=("noted",))
def note_wish(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Note that the customer wants to hear when the product is back; ``noted`` is ``new`` or ``known``."""
    ware = product_meant(context, shelf_of(context.conn), args)
    assert ware is not None, "the flow comes here with one product"
    new = wishes.wish(context.conn, context.customer_id, ware.sku, now=context.now, ids=context.ids)
    return {"noted": "new" if new else "known"}


@action("drop_wish", gives=("dropped",))
def drop_wish(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Forget that the customer wanted to hear of the product; ``dropped`` says whether there was a wish."""
    ware = product_meant(context, shelf_of(context.conn), args)
    dropped = ware is not None and wishes.withdraw(context.conn, context.customer_id, ware.sku, now=context.now)
    return {"dropped": dropped}
