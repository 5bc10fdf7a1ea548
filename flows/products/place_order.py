"""An order as far as a bot can take it: what, how many, what it comes to; a person or the shop's page does the rest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from crm_store import tasks
from crm_store.tasks import NewTask
from flows.actions import ActionContext, action
from flows.engine.values import word
from flows.products.meaning import product_meant
from flows.products.shelf import price_of, shelf_of
from flows.relationship.told_before import FOR_A_PARCEL, with_told

ANSWERED_WITHIN = timedelta(hours=4)


@action("total_order", gives=("fits", "called", "total", "price"), may_give=("left", "most"), only_reads=True)
def total_order(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the order comes to, and whether so many can be had: ``fits`` is ``yes``, ``less`` or ``too_many``."""
    ware = product_meant(context, shelf_of(context.conn), args)
    assert ware is not None, "the flow comes here with one product"
    quantity = int(args["quantity"])
    most = context.settings.products.most_in_one_order
    fits = "less" if ware.stock is not None and quantity > ware.stock else "too_many" if quantity > most else "yes"
    total = word("product", "no_price") if ware.price is None else price_of(ware.price * quantity, ware.currency)
    shown = ware.shown(context.language)
    return {
        "fits": fits, "called": shown["called"], "price": shown["price"], "total": total, "left": ware.stock,
        "most": most,
    }  # fmt: skip


@action("take_order", gives=("done_by", "link"), irreversible=True)
def take_order(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the ``link`` where the shop has one (``done_by`` is ``link``), else open a task for a ``person``."""
    ware = product_meant(context, shelf_of(context.conn), args)
    assert ware is not None, "the flow comes here with one product"
    link = context.settings.products.order_link
    if link is not None:
        return {"done_by": "link", "link": link.replace("{sku}", quote(ware.sku, safe=""))}
    begins = context.desk.back_at(context.now) or context.now
    about = f"{ware.sku} × {int(args['quantity'])}: {ware.called(context.language)}"
    order = NewTask(
        key=f"order:{context.message}", kind="other", about=with_told(context, about, FOR_A_PARCEL),
        due_at=begins + ANSWERED_WITHIN, customer_id=context.customer_id, conversation_id=context.conversation_id,
    )  # fmt: skip
    tasks.open_task(context.conn, order, now=context.now, ids=context.ids, by="bot")
    return {"done_by": "person"}
