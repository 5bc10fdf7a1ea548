"""Which tier a verified customer has, what it brings and what is missing to the next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_store import customers, tiers
from flows.actions import ActionContext, action
from flows.engine.values import money, word


@action(
    "membership_tier",
    gives=("outcome", "tier", "benefits"),
    may_give=("next_tier", "missing", "months"),
    only_reads=True,
    needs_proof=True,
)
def membership_tier(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``outcome``: ``tier``, ``member`` (the shop has given them none), or ``none`` (no member).

    ``benefits`` are lines in the customer's language, where the shop has written any;
    ``missing`` is the money that ``next_tier`` takes within ``months``.
    """
    row: Any = customers.by_id(context.conn, context.customer_id) if context.verified else None
    if row is None or (row.tier is None and not row.member):
        return {"outcome": "none", "tier": None, "benefits": []}
    rules = context.loyalty.tiers
    tier = row.tier or (rules.base if rules is not None else None)
    if tier is None:
        return {"outcome": "member", "tier": None, "benefits": []}
    lines = context.settings.loyalty.benefits.get(tier, {}).get("zh" if context.language == "zh" else "en", ())
    known = {"outcome": "tier", "tier": word("tier", tier), "benefits": [{"benefit": line} for line in lines]}
    return known | (_to_the_next(context, tier, rules) if rules is not None else {})


def _to_the_next(context: ActionContext, tier: str, rules: tiers.TierRules) -> dict[str, Any]:
    """Return the next tier with what it takes; nothing where there is none, or its money is there already."""
    has = rules.thresholds.get(tier)
    above = [(from_on, name) for name, from_on in rules.thresholds.items() if has is None or from_on > has]
    if not above:
        return {}
    threshold, name = min(above)
    bought = tiers.purchases_of(context.conn, [context.customer_id], rules.currency)[context.customer_id]
    missing = threshold - rules.spent(bought, context.now)
    if missing <= 0:
        return {}
    return {"next_tier": word("tier", name), "missing": money(missing, rules.currency), "months": rules.months}
