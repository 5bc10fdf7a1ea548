"""What a message about products means, and what fits somebody who asks for advice."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from crm_store import bought_together, memory, wishes
from crm_store.memory import Fact, Said
from flows.actions import ActionContext, action
from flows.products.choosing import Wish, choose, in_one, says_without
from flows.products.meaning import ASKED, RECOMMENDED, all_told, last_told, products_meant
from flows.products.shelf import Shelf, Ware, listed, shelf_of
from flows.products.wanted import (
    Budget,
    asks_for_offers,
    nth_in,
    purpose_in,
    unwanted_in,
    wants_cheaper,
    wants_cheapest,
    wants_others,
    wants_to_be_told,
    without_in,
)

LATELY = timedelta(days=90)
NEED_STANDS = timedelta(days=1)
"""So long nobody is asked again what it is for."""
LONGEST_NEED = 200
_NO_PURPOSE = re.compile(
    r"随便|看看|没想好|没什么|不知道|不确定|都行|都可以|无所谓|跳过|just (?:looking|browsing)|not sure"
    r"|no idea|don't know|whatever|skip|nothing special|怎么样|如何|第[一二三四]"
    r"|^(?:what|how|why|who|where|when|is|are|do|does|can)\b|[?？]$|[吗么]$",
    re.IGNORECASE,
)
_LIKED = ("likes", "taste")
_NOT_FOR_THEM = ("allergy", "dislikes", "note", "taste", "health", "pregnancy")


@action(
    "look_up_products",
    gives=("found", "sku", "called", "price", "about", "supply", "several", "near"),
    may_give=(
        "has_price",
        "in_stock",
        "out_of_stock",
        "left",
        "wished",
        "need",
        "wants_offers",
        "wants_word",
        "wants_cheapest",
    ),
    takes={"asks": ("info", "price", "stock", "order")},
)
def look_up_products(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what of the catalogue is meant, as ``found``.

    ``one`` (with all about it), ``several``, ``which`` (``near`` are the ones that could be
    meant), ``advice``, ``unknown`` (a name of nothing that we have), ``none`` (no product is
    spoken of) or ``empty`` (there is no catalogue).
    """
    shelf = shelf_of(context.conn)
    if not shelf:
        return {"found": "empty"}
    found, wares = products_meant(context, shelf, args)
    text = str(args.get("asked") or "")
    result: dict[str, Any] = {
        "found": found, "need": _need(context, args), "wants_offers": asks_for_offers(text),
        "wants_word": wants_to_be_told(text), "wants_cheapest": wants_cheapest(text),
    }  # fmt: skip
    if found == "one":
        result |= _about(wares[0], context)
    elif found == "several":
        result["several"] = listed(wares, context.language)
    elif found == "which":
        result["near"] = listed(wares, context.language)
    if found in ("one", "several"):
        skus = [ware.sku for ware in wares]
        context.record(ASKED, {"sku": skus[0], "skus": skus, "asks": args.get("asks", "info")})
    return result


@action(
    "recommend_products", gives=("picked", "picks", "sku", "called", "without"), may_give=("need", "cheapest"),
    sells="asked",
)  # fmt: skip
def recommend_products(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the one to three products that fit, as ``picks`` with their reasons; else why there are none."""
    shelf = shelf_of(context.conn)
    text = "\n".join(filter(None, (args.get("asked"), args.get("purpose"))))
    last = last_told(context, RECOMMENDED)
    need = _need(context, args)
    _learn_need(context, args, need)
    facts = memory.known(context.conn, context.customer_id, context.now)
    budget = Budget.of(args.get("amount")) or Budget.of(last.get("amount"))
    without = tuple(dict.fromkeys((*without_in(text), *_not_for_them(facts))))
    wish = Wish(
        text="\n".join(filter(None, (text, need))),
        budget=budget,
        without=without,
        unwanted=unwanted_in(text),
        likes=tuple(fact.value for fact in facts if fact.kind in _LIKED and fact.about is None and not _bars(fact)),
        cheapest=wants_cheapest(text),
        passed_over=_passed_over(context, shelf, text),
        popular=bought_together.best_sellers(context.conn, since=context.now - LATELY),
        **_bought(context, shelf),
    )
    choice = choose(shelf.values(), wish, context.language)
    used = [fact for fact in facts if fact.kind in (*_NOT_FOR_THEM, "likes") and fact.value]
    memory.used(context.conn, context.customer_id, used, _said(context), now=context.now)
    if not choice.picks:
        cheapest = choice.cheapest.shown(context.language) if choice.cheapest else {}
        return {"picked": choice.why, "picks": [], "cheapest": cheapest.get("price"), "need": need}
    picks = [pick.ware.shown(context.language) | {"why": in_one(pick.reasons)} for pick in choice.picks]
    skus = [pick.ware.sku for pick in choice.picks]
    unsaid = [what for what in wish.without if not all(says_without(pick.ware, what) for pick in choice.picks)]
    why = {pick.ware.sku: [one["phrase"].removeprefix("why_") for one in pick.reasons] for pick in choice.picks}
    data: dict[str, Any] = {"skus": skus, "why": why}
    if budget is not None:
        data["amount"] = {"value": str(budget.most), "currency": budget.currency}
    context.record(RECOMMENDED, data)
    return {
        "picked": "some",
        "picks": picks,
        "need": need,
        "sku": skus[0],
        "called": picks[0]["called"],
        "without": unsaid or None,
    }


def _about(ware: Ware, context: ActionContext) -> dict[str, Any]:
    few = ware.stock is not None and 0 < ware.stock <= context.settings.products.few_left
    return ware.shown(context.language) | {
        "has_price": ware.price is not None,
        "in_stock": ware.supply == "in",
        "out_of_stock": ware.supply == "out",
        "left": ware.stock if few else None,
        "wished": ware.supply == "out" and bool(wishes.open_of(context.conn, context.customer_id, ware.sku)),
    }


def _need(context: ActionContext, args: Mapping[str, Any]) -> str | None:
    """Return for what it is, as said in this talk or lately."""
    purpose = args.get("purpose")
    if purpose:
        return None if _NO_PURPOSE.search(str(purpose)) or nth_in(str(purpose)) else str(purpose)[:LONGEST_NEED]
    if said := purpose_in(str(args.get("asked") or "")) or purpose_in(context.text):
        return said[:LONGEST_NEED]
    facts = memory.known(context.conn, context.customer_id, context.now)
    since = context.now - NEED_STANDS
    needs = [fact for fact in facts if fact.kind == "need" and fact.learned_at > since]
    return needs[-1].value if needs else None


def _learn_need(context: ActionContext, args: Mapping[str, Any], need: str | None) -> None:
    """Remember what it is for, unless somebody's illness or grief is in it, which is nobody's business."""
    said = "\n".join(filter(None, (args.get("purpose"), args.get("asked"), context.text)))
    if need is None or need not in said or context.heard.sensitive:
        return
    memory.learn(
        context.conn, context.customer_id, "need", need, _said(context), confidence=0.9, now=context.now,
        ids=context.ids,
    )  # fmt: skip


def _said(context: ActionContext) -> Said:
    return Said(
        context.message, words=context.text or None, conversation_id=context.conversation_id, channel=context.channel
    )


def _bars(fact: Fact) -> bool:
    return bool(without_in(fact.value))


def _not_for_them(facts: list[Fact]) -> tuple[str, ...]:
    found: list[str] = []
    for fact in facts:
        if fact.kind == "allergy" or (fact.kind == "dislikes" and fact.about is None):
            found += without_in(fact.value) or (fact.value.removesuffix("过敏").strip(),)
        elif fact.kind == "pregnancy":
            found.append("caffeine")
        elif fact.kind in _NOT_FOR_THEM:
            found += without_in(fact.value)
    return tuple(dict.fromkeys(filter(None, found)))


def _bought(context: ActionContext, shelf: Shelf) -> dict[str, Any]:
    """Return what a verified customer has bought, and what others buy with it."""
    if not context.verified:
        return {}
    skus = [sku for sku in bought_together.bought_by(context.conn, context.customer_id) if sku in shelf]
    together: dict[str, str] = {}
    for sku in skus[:3]:
        for other, _ in bought_together.bought_with(context.conn, sku):
            if other not in skus:
                together.setdefault(other, shelf[sku].called(context.language))
    return {"bought": {sku: shelf[sku].category or "" for sku in skus}, "together": together}


def _passed_over(context: ActionContext, shelf: Shelf, text: str) -> frozenset[str]:
    """Return what was recommended in this talk and is too dear, or not wanted."""
    told = all_told(context, RECOMMENDED)
    if wants_cheaper(text) and told:
        last = [shelf[sku] for sku in told[0].get("skus", ()) if sku in shelf]
        least = min((ware.price for ware in last if ware.price is not None), default=None)
        return frozenset(ware.sku for ware in shelf.values() if least is not None and (ware.price or least) >= least)
    return frozenset(sku for one in told for sku in one.get("skus", ())) if wants_others(text) else frozenset()
