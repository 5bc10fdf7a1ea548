"""How many points a verified customer has, which expire when, and what became of the others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import groupby
from typing import Any

from crm_store import membership, points, points_history
from flows.actions import ActionContext, action
from flows.engine.values import day, word

LOTS_TOLD = 4
MOVEMENTS_TOLD = 8
_HISTORY = re.compile(
    r"明细|记录|流水|(?:怎么|为什么|为啥)[^,，。]{0,4}(?:少|扣)|花(?:到|在)?哪|用(?:到|在)?哪"
    r"|\b(?:history|statement|transactions|activity|what happened to)\b",
    re.I,
)
_EXPIRY = re.compile(r"过期|到期|有效|失效|清零|\b(?:expir\w*|valid|run out|lapse)\b", re.I)


@action(
    "points_balance",
    gives=("points", "wants", "frozen"),
    may_give=("expiring", "expires_on", "lots", "owed"),
    only_reads=True,
    needs_proof=True,
)
def points_balance(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the balance, what expires when, and ``wants``: ``balance``, ``expiry`` or ``history``.

    ``owed`` are points that go off what is earned next; ``frozen`` those of who has left
    the club wait for their return. Nothing for the unverified.
    """
    if not context.verified:
        return {"points": None, "wants": "balance", "frozen": False}
    conn, who = context.conn, context.customer_id
    live = points.live_lots(conn, who, context.now)
    ending = [(at, sum(lot.points for lot in lots)) for at, lots in groupby(live, lambda lot: lot.expires_at)]
    told = [{"points": count, "expires_on": day(at)} for at, count in ending if at is not None]
    known: dict[str, Any] = {
        "points": sum(lot.points for lot in live),
        "wants": _wanted(str(args.get("request") or "")),
        "frozen": context.settings.loyalty.points_on_leaving == "frozen" and membership.has_left(conn, who),
        "owed": points.owed(conn, who) or None,
    }
    if told:
        known |= {"expiring": told[0]["points"], "expires_on": told[0]["expires_on"], "lots": told[:LOTS_TOLD]}
    return known


@action("points_history", gives=("count", "movements"), only_reads=True, needs_proof=True)
def list_movements(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the last movements of a verified customer's points; none for anybody else."""
    if not context.verified:
        return {"count": 0, "movements": []}
    found = points_history.last(context.conn, context.customer_id, MOVEMENTS_TOLD)
    movements = [
        {"at": day(one.at), "kind": word("movement", one.kind), "moved": f"{one.points:+,}".replace("-", "−")}
        for one in found
    ]
    return {"count": len(movements), "movements": movements}


def _wanted(text: str) -> str:
    if _HISTORY.search(text):
        return "history"
    return "expiry" if _EXPIRY.search(text) else "balance"
