"""A gesture once a case is open: offered within what the shop allows, asked of a supervisor above it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_store import goodwill, tickets
from crm_store.errors import NotAllowed
from crm_store.goodwill import Bounds, Gesture
from flows.actions import ActionContext, action
from flows.engine.values import money


@action("weigh_goodwill", gives=("goodwill",), may_give=("gift_worth", "gift_points"))
def weigh_goodwill(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``goodwill`` for the case opened last: offer, ask (a supervisor was asked) or none; and what it would be.

    Nothing is given to whom we don't know for certain, nor for what is urgent: a person speaks then.
    """
    wanted = _gesture(context) if context.verified else None
    open_ones = [one for one in tickets.of_customer(context.conn, context.customer_id) if one.status == "open"]
    if wanted is None or not open_ones or open_ones[-1].priority == "urgent":
        return {"goodwill": "none"}
    number = open_ones[-1].number
    shop = context.settings.complaints.goodwill
    bounds = Bounds(shop.per_case, shop.share, shop.tier_shares)
    weighed = goodwill.weigh(context.conn, context.customer_id, number, wanted, bounds, now=context.now)
    if weighed == "ask":
        goodwill.ask(
            context.conn, context.customer_id, number, wanted, about=_about(number, wanted),
            conversation_id=context.conversation_id, now=context.now, ids=context.ids,
        )  # fmt: skip
    if weighed != "offer":
        return {"goodwill": weighed}
    goodwill.offer(context.conn, context.customer_id, number, wanted, now=context.now)
    told = {"gift_points": wanted.points} if wanted.points else {"gift_worth": money(wanted.worth, wanted.currency)}
    return {"goodwill": weighed} | told


@action("give_goodwill", gives=(), may_give=("coupon", "gift_points"))
def give_goodwill(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give what was offered last, once a case: ``coupon`` is its code. Nothing comes back where no coupon is left."""
    offered = goodwill.offered(context.conn, context.customer_id)
    if offered is None or not context.verified:
        return {}
    number, wanted = offered
    try:
        given = goodwill.give(
            context.conn, context.customer_id, number, wanted, by="bot", now=context.now, ids=context.ids
        )
    except NotAllowed:
        # The last coupon went to somebody else meanwhile: a supervisor finds something else.
        goodwill.ask(
            context.conn, context.customer_id, number, wanted, about=_about(number, wanted),
            conversation_id=context.conversation_id, now=context.now, ids=context.ids,
        )  # fmt: skip
        return {}
    return {name: given[key] for name, key in (("coupon", "coupon"), ("gift_points", "points")) if key in given}


def _gesture(context: ActionContext) -> Gesture | None:
    shop = context.settings.complaints.goodwill
    return goodwill.gesture(
        context.conn, per_case=shop.per_case, coupon=shop.coupon, point_worth=shop.point_worth, currency=shop.currency
    )


def _about(number: str, wanted: Gesture) -> str:
    what = f"{wanted.points} points" if wanted.points else f"coupon {wanted.coupon}"
    return f"{number}: {what} ({wanted.worth} {wanted.currency}) as goodwill"
