"""How to use something: which thing it is, and what its description says where no entry does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_store import catalogue
from flows.actions import ActionContext, action
from flows.inquiries.answer_from_knowledge import USED, found


@action("look_up_use", gives=("use", "described", "product_name"))
def look_up_use(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``use``: ``which`` thing has to be asked, ``described`` in the catalogue, or ``known`` for the rest."""
    question, product = args.get("question") or "", args.get("product")
    if args.get("entry") is not None or found(context, args["inquiry"], question, product) is not None:
        return {"use": "known"}
    row = catalogue.by_sku(context.conn, product) if product is not None else None
    described = getattr(row, f"description_{context.language}", None)
    if row is not None and described:
        name = getattr(row, f"name_{context.language}") or product
        context.record(USED, {"entry": f"product:{product}", "intent": args["inquiry"], "language": context.language})
        return {"use": "described", "described": described, "product_name": name}
    return {"use": "known" if product is not None or args.get("thing") is not None else "which"}
