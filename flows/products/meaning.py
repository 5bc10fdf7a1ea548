"""Which products a customer means: by name, by what was chosen since, or the one that was spoken of last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from crm_store import history
from flows.actions import ActionContext
from flows.engine.filling import kept
from flows.products.shelf import Shelf, Ware
from flows.products.wanted import (
    asks_to_choose,
    compares,
    nth_in,
    points_at,
    purpose_in,
    subject_of,
    wants_advice,
    wants_cheaper,
    without_in,
)

ASKED = "product.asked"
RECOMMENDED = "product.recommended"
MOST_REMEMBERED = 5
BACK_IN_STOCK = "back_in_stock"
_NO_PURPOSE = ("gift", "present", "birthday", "礼品")
"""A gift basket is a thing, and says nothing of who gets it."""
ANSWERED_FOR = timedelta(days=3)
"""So long what somebody says may be about the message that it is back."""
REMEMBERED = timedelta(hours=1)
"""So long "it" is the product that was spoken of last."""


def product_meant(context: ActionContext, shelf: Shelf, args: Mapping[str, Any]) -> Ware | None:
    """Return the one product that a flow is about, None where it is about none, or about several."""
    found, wares = products_meant(context, shelf, args)
    if found == "one":
        return wares[0]
    return _about_last(context, shelf) if found != "several" else None


def _about_last(context: ActionContext, shelf: Shelf) -> Ware | None:
    """Return the product that was spoken of last, a short while ago, or that we told to be back."""
    last = next(iter(_told(context, [ASKED, RECOMMENDED])), {})
    skus = last.get("skus", ())
    sku = last.get("sku") or (skus[0] if len(skus) == 1 else None)
    if not last:
        for told in history.newest(context.conn, context.customer_id, ["care.queued"], most=1):
            if told.data.get("rule") == BACK_IN_STOCK and told.at > context.now - ANSWERED_FOR:
                sku = told.data.get("sku")
    return shelf.get(str(sku))


def products_meant(context: ActionContext, shelf: Shelf, args: Mapping[str, Any]) -> tuple[str, list[Ware]]:
    """Return what is meant, in the words of `look_up_products`, and the products."""
    text = str(args.get("asked") or "")
    chosen = _chosen(shelf, args.get("product"))
    if chosen is not None and (not text or text != kept(context.text)):
        return "one", [chosen]  # it was chosen or corrected after the question
    if (nth := nth_in(text)) is not None and (told := _listed_last(context, shelf)):
        return "one", [told[min(nth, len(told)) - 1]]
    named, perhaps = shelf.meant(text)
    if not named and chosen is not None:
        named = [chosen]
    asks = args.get("asks", "info")
    if len(named) == 1 and asks == "info" and asks_to_choose(text):
        return "advice", []  # "recommend a gift box": a kind, though one product is called so
    if named:
        return ("one" if len(named) == 1 else "several"), named
    if perhaps:
        return "which", perhaps
    points_at_it = not subject_of(text) or points_at(text)
    if points_at_it and not wants_cheaper(text) and (last := _about_last(context, shelf)) is not None:
        return "one", [last]
    if compares(text) and (
        picked := [shelf[sku] for sku in last_told(context, RECOMMENDED).get("skus", ()) if sku in shelf]
    ):
        return "several", picked
    # "she doesn't drink oolong" names what it may not be.
    advised = wants_advice(text) or (asks in ("info", "order") and bool(without_in(text)))
    if not advised and (nearly := shelf.called_nearly(subject_of(text))) is not None:
        return "one", [nearly]
    near = shelf.near(subject_of(text))
    if near and asks in ("price", "stock") and (purpose_in(text) or "gift") in _NO_PURPOSE:
        return "which", near
    if advised:
        return "advice", []
    if not subject_of(text):
        return "none", []
    return ("which" if near else "unknown"), near


def _listed_last(context: ActionContext, shelf: Shelf) -> list[Ware]:
    """Return the products of the last list, in its order."""
    skus = next(iter(_told(context, [ASKED, RECOMMENDED])), {}).get("skus", ())
    return [shelf[sku] for sku in skus if sku in shelf]


def _chosen(shelf: Shelf, product: Any) -> Ware | None:
    if product is None:
        return None
    if product in shelf:
        return shelf[product]
    named, _ = shelf.meant(str(product))
    return named[0] if len(named) == 1 else None


def last_told(context: ActionContext, kind: str) -> Mapping[str, Any]:
    """Return the data of the latest event of a kind in this talk, empty where there is none or it is old."""
    return next(iter(all_told(context, kind)), {})


def all_told(context: ActionContext, kind: str) -> list[Mapping[str, Any]]:
    """Return the data of the events of a kind in this talk, the latest first."""
    return _told(context, [kind])


def _told(context: ActionContext, kinds: list[str]) -> list[Mapping[str, Any]]:
    entries = history.newest(context.conn, context.customer_id, kinds, most=MOST_REMEMBERED)
    return [dict(entry.data or {}) for entry in entries if entry.at > context.now - REMEMBERED]
