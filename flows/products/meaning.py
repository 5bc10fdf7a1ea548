"""Which products a customer means: by name, by what was chosen since, or the one that was spoken of last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from crm_store import history
from flows.actions import ActionContext
from flows.engine.filling import kept
from flows.products.shelf import Shelf, Ware
from flows.products.wanted import asks_to_choose, compares, subject_of, wants_advice, wants_cheaper

ASKED = "product.asked"
RECOMMENDED = "product.recommended"
MOST_REMEMBERED = 5
REMEMBERED = timedelta(hours=1)
"""So long "it" is the product that was spoken of last."""


def product_meant(context: ActionContext, shelf: Shelf, args: Mapping[str, Any]) -> Ware | None:
    """Return the one product that a flow is about, None where it is about none, or about several."""
    found, wares = products_meant(context, shelf, args)
    if found == "one":
        return wares[0]
    return _about_last(context, shelf) if found != "several" else None


def _about_last(context: ActionContext, shelf: Shelf) -> Ware | None:
    """Return the product that was spoken of last, a short while ago."""
    return shelf.get(str(last_told(context, ASKED).get("sku")))


def products_meant(context: ActionContext, shelf: Shelf, args: Mapping[str, Any]) -> tuple[str, list[Ware]]:
    """Return what is meant, in the words of `look_up_products`, and the products."""
    text = str(args.get("asked") or "")
    chosen = _chosen(shelf, args.get("product"))
    if chosen is not None and (not text or text != kept(context.text)):
        return "one", [chosen]  # it was chosen or corrected after the question
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
    if not subject_of(text) and (last := _about_last(context, shelf)) is not None and not wants_cheaper(text):
        return "one", [last]
    if compares(text) and (
        picked := [shelf[sku] for sku in last_told(context, RECOMMENDED).get("skus", ()) if sku in shelf]
    ):
        return "several", picked
    near = shelf.near(subject_of(text))
    if near and asks in ("price", "stock"):
        return "which", near
    if wants_advice(text):
        return "advice", []
    if not subject_of(text):
        return "none", []
    return ("which" if near else "unknown"), near


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
    entries = history.newest(context.conn, context.customer_id, [kind], most=MOST_REMEMBERED)
    return [dict(entry.data or {}) for entry in entries if entry.at > context.now - REMEMBERED]
