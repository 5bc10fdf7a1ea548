"""How orders earn points, by the shop's own rules and nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from crm_store import customers
from flows.actions import ActionContext, action
from flows.engine.values import money, word

_OWN_EXPIRY = re.compile(
    r"我(?:的|有|那)?[^,，。]{0,8}积分[^,，。]{0,8}(?:过期|到期|清零)"
    r"|我(?:的|有|还有|还剩).{0,8}积分.{0,14}(?:过期|到期|清零)"
    r"|\bmy points?\b.*\bexpir|\bpoints?\b.{0,20}\bi(?:'ve)? (?:have|got)\b.*\b(?:expir|run out)",
    re.I | re.S,
)


@action("earn_rules", gives=("outcome", "earned", "unit"), may_give=("months", "tier", "factor"), only_reads=True)
def earn_rules(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``outcome``: ``own_expiry`` (their own points are meant), ``known`` with the rules, or ``unknown``.

    ``earned`` points for ``unit`` of money; good for ``months``, or for ever; a verified
    customer's ``tier`` earns ``factor`` times as many.
    """
    if _OWN_EXPIRY.search(str(args.get("question") or "")):
        return {"outcome": "own_expiry", "earned": None, "unit": None}
    earning = context.loyalty.earning
    if earning is None:
        return {"outcome": "unknown", "earned": None, "unit": None}
    earned, unit = _in_whole_points(earning.per_unit)
    known: dict[str, Any] = {"outcome": "known", "earned": f"{earned:f}", "unit": money(unit, context.loyalty.currency)}
    if earning.valid_months is not None:
        known["months"] = earning.valid_months
    row = customers.by_id(context.conn, context.customer_id) if context.verified else None
    if row is not None and row.tier in earning.factors:
        known |= {"tier": word("tier", row.tier), "factor": f"{earning.factors[row.tier].normalize():f}"}
    return known


def _in_whole_points(per_unit: Decimal) -> tuple[Decimal, Decimal]:
    """Return points and the money that earns them: half a point for one is told as one for two."""
    for unit in (1, 2, 5, 10, 20, 50, 100):
        if (points := per_unit * unit) == points.to_integral_value():
            return points.normalize(), Decimal(unit)
    return per_unit.normalize(), Decimal(1)
