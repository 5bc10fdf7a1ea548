"""Leaving the club: what is lost is said before, and nothing is taken but that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_store import consents, customers, membership, points
from crm_store.memory import Said
from flows.actions import ActionContext, action
from flows.engine.values import word
from flows.loyalty.join_membership import is_their_own


@action("leaving_costs", gives=("outcome", "forfeits", "points"), may_give=("tier",), only_reads=True)
def leaving_costs(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``outcome``: ``member``, ``none`` or ``prove``; and what they would lose.

    Points and tier are told where the record is verified alone.
    """
    forfeits = context.settings.loyalty.points_on_leaving == "forfeited"
    if not is_their_own(context):
        return {"outcome": "prove", "forfeits": forfeits, "points": 0}
    row: Any = customers.by_id(context.conn, context.customer_id)
    if not row.member:
        return {"outcome": "none", "forfeits": forfeits, "points": 0}
    has = points.balance(context.conn, context.customer_id, context.now) if context.verified else 0
    tier = word("tier", row.tier) if context.verified and row.tier else None
    return {"outcome": "member", "forfeits": forfeits, "points": has, "tier": tier}


@action("leave_club", gives=("left", "forfeited", "still_hears"), irreversible=True)
def leave_club(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Let the customer go; ``still_hears`` where they had agreed to greetings or offers, which stays as it is."""
    nothing = {"left": False, "forfeited": 0, "still_hears": False}
    if not is_their_own(context):
        return nothing
    said = Said(context.message, conversation_id=context.conversation_id, channel=context.channel)
    forfeits = context.settings.loyalty.points_on_leaving == "forfeited"
    gone = membership.leave(
        context.conn, context.customer_id, said, forfeits=forfeits, desk=context.desk, now=context.now
    )
    if gone is None:
        return nothing
    agreed = consents.of_customer(context.conn, context.customer_id)
    return {"left": True, "forfeited": gone.forfeited, "still_hears": agreed["care"] or agreed["marketing"]}
