"""How many points a verified customer has, and which expire next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_store import points
from flows.actions import ActionContext, action
from flows.engine.values import day


@action("points_balance", gives=("points",), may_give=("expiring", "expires_on"), only_reads=True)
def points_balance(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the balance, and how many points expire next and when; nothing for the unverified."""
    if not context.verified:
        return {"points": None}
    known: dict[str, Any] = {"points": points.balance(context.conn, context.customer_id, context.now)}
    expiry = points.next_expiry(context.conn, context.customer_id, context.now)
    if expiry is None:
        return known
    expiring, at = expiry
    return known | {"expiring": expiring, "expires_on": day(at)}
