"""Points are spent on a reward: chosen, shown with its price, and given when the customer says yes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from crm_store import membership, points, rewards
from crm_store.errors import NotAllowed, NotEnoughPoints
from crm_store.rewards import Reward, Vouchers
from flows.actions import ActionContext, action
from flows.engine.values import day
from flows.loyalty.worth import titles

MOST_SHOWN = 6
_REFUSED = {"coupon_gone": "gone", "coupon_limit": "limit", "no_coupon_rule": "gone", "not_for_points": "gone"}


@action(
    "pick_reward", gives=("outcome", "title", "cost", "balance", "left", "missing"), only_reads=True, needs_proof=True,
)  # fmt: skip
def pick_reward(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Find the reward that the slots name.

    Returns ``outcome``: ``sure`` (it can be had: its ``cost``, the ``balance``, and what is ``left``),
    ``too_few`` (so many are ``missing``), ``gone``, ``limit``, ``unknown`` (there is none such), or
    ``unnamed``; ``frozen`` where somebody has left the club; ``none`` where points buy nothing.
    """
    nothing: dict[str, Any] = {"title": None, "cost": None, "balance": None, "left": None, "missing": None}
    if not context.verified:
        return nothing | {"outcome": "none"}
    if is_frozen(context):
        return nothing | {"outcome": "frozen"}
    there = rewards.rewards(context.conn, context.customer_id, vouchers(context))
    has = points.balance(context.conn, context.customer_id, context.now)
    known = nothing | {"balance": has}
    if not there:
        return known | {"outcome": "none"}
    named = _named(there, args)
    if named is None:
        return known | {"outcome": "unnamed"}
    if not named:
        return known | {"outcome": "unknown"}
    one = next((reward for reward in named if reward.refused is None), named[0])
    (title,) = titles(context.conn, [one], context.language)
    known |= {"title": title, "cost": one.points}
    if one.refused is not None:
        return known | {"outcome": one.refused}
    if one.points > has:
        return known | {"outcome": "too_few", "missing": one.points - has}
    return known | {"outcome": "sure", "left": has - one.points}


@action(
    "list_rewards",
    gives=("outcome", "rewards", "balance", "title", "cost", "missing"),
    only_reads=True,
    needs_proof=True,
)
def list_rewards(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the ``rewards`` that there are points for; or, as ``too_few``, the cheapest and how many are missing.

    ``outcome`` is ``some``, ``too_few`` or ``none`` (all are gone).
    """
    there = rewards.rewards(context.conn, context.customer_id, vouchers(context))
    open_ones = [one for one in there if one.refused is None]
    has = points.balance(context.conn, context.customer_id, context.now)
    known: dict[str, Any] = {"balance": has, "rewards": [], "title": None, "cost": None, "missing": None}
    if not open_ones:
        return known | {"outcome": "none"}
    within = [one for one in open_ones if one.points <= has][-MOST_SHOWN:]
    if not within:
        (title,) = titles(context.conn, open_ones[:1], context.language)
        cost = open_ones[0].points
        return known | {"outcome": "too_few", "title": title, "cost": cost, "missing": cost - has}
    called = titles(context.conn, within, context.language)
    shown = [{"rule": one.rule, "title": title, "cost": one.points} for one, title in zip(within, called, strict=True)]
    return known | {"outcome": "some", "rewards": shown}


@action(
    "redeem_reward",
    gives=("outcome", "title", "code", "expires_on", "balance", "missing"),
    may_give=("minutes",),
    irreversible=True,
    needs_proof=True,
)
def redeem_reward(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give what `pick_reward` found for its points, once for this message.

    Returns ``outcome``: ``done`` with the coupon's ``code``, the ``balance`` that is left and in how many
    ``minutes`` it can be undone; or why it could not be done: ``too_few``, ``gone``, ``limit``.
    """
    nothing: dict[str, Any] = {"title": None, "code": None, "expires_on": None, "balance": None, "missing": None}
    conn, who = context.conn, context.customer_id
    there = rewards.rewards(conn, who, vouchers(context))
    named = _named(there, args) or []
    one = next((reward for reward in named if reward.refused is None), None)
    if one is None or not context.verified or is_frozen(context):
        return nothing | {"outcome": "gone"}
    try:
        row = rewards.redeem(
            conn, who, one, vouchers(context), at=context.now, ids=context.ids, message=context.message
        )
    except NotEnoughPoints:
        has = points.balance(conn, who, context.now)
        return nothing | {
            "outcome": "too_few", "balance": has, "missing": one.points - has,
            "title": titles(conn, [one], context.language)[0],
        }  # fmt: skip
    except NotAllowed as refusal:
        return nothing | {"outcome": _REFUSED[refusal.code], "title": titles(conn, [one], context.language)[0]}
    (title,) = titles(conn, [row], context.language)
    minutes = int(context.settings.loyalty.undo_within.total_seconds() // 60)
    return {
        "outcome": "done", "title": title, "code": row.code, "expires_on": day(row.expires_at), "missing": None,
        "balance": points.balance(conn, who, context.now), "minutes": minutes or None,
    }  # fmt: skip


def vouchers(context: ActionContext) -> Vouchers:
    """Return the vouchers that the shop has set."""
    settings = context.settings.loyalty
    return Vouchers(settings.vouchers, context.loyalty.currency, settings.voucher_days)


def is_frozen(context: ActionContext) -> bool:
    """Return whether the customer's points wait for their return to the club."""
    waits = context.settings.loyalty.points_on_leaving == "frozen"
    return waits and membership.has_left(context.conn, context.customer_id)


def _named(there: Sequence[Reward], args: Mapping[str, Any]) -> list[Reward] | None:
    """Return the rewards that are meant, none where there is no such; None where none is named.

    What was said last wins: who names points, money or a product corrects what was chosen by button, since
    the flow empties those slots before it lets choose.
    """
    if count := args.get("points"):
        return [one for one in there if one.points == count]
    if isinstance(amount := args.get("amount"), Mapping):
        return [one for one in there if one.kind == "amount" and one.value == Decimal(str(amount["value"]))]
    if product := args.get("product"):
        return [one for one in there if one.sku == product]
    if not (reward := args.get("reward")):
        return None
    if reward.isdecimal():
        return [one for one in there if one.points == int(reward)]
    return [one for one in there if one.rule == reward]
