"""The action behind the test shop's own flow: it spends points and earns some, in one turn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_store import points
from flows.actions import ActionContext, action
from tests.faults.customers import EARNED, SPENT


@action("swap_points", gives=("spent", "points"))
def swap_points(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Spend and earn, without any reference that would keep them from being moved again."""
    points.spend(context.conn, context.customer_id, SPENT, at=context.now, reason="swap", by="bot")
    points.earn(context.conn, context.customer_id, EARNED, at=context.now, ids=context.ids, reason="swapped", by="bot")
    return {"spent": SPENT, "points": points.balance(context.conn, context.customer_id, context.now)}
