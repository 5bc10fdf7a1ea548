"""What was redeemed just now is undone: the coupon is withdrawn, and its points are back in their own lots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_store import points, rewards
from crm_store.errors import NotAllowed
from flows.actions import ActionContext, action
from flows.loyalty.worth import titles


@action("undo_redemption", gives=("outcome", "title", "came_back", "balance"))
def undo_redemption(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``outcome``: ``undone`` with the points that ``came_back``, ``used`` where it is too late, or ``none``."""
    nothing = {"title": None, "came_back": None, "balance": None}
    if not context.verified:
        return nothing | {"outcome": "none"}
    since = context.now - context.settings.loyalty.undo_within
    try:
        row, back = rewards.undo(context.conn, context.customer_id, since=since, at=context.now, ids=context.ids)
    except NotAllowed as refusal:
        return nothing | {"outcome": "none" if refusal.code == "nothing_redeemed" else "used"}
    return {
        "outcome": "undone",
        "title": titles(context.conn, [row], context.language)[0],
        "came_back": back,
        "balance": points.balance(context.conn, context.customer_id, context.now),
    }
