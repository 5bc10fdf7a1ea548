"""Giving out all that is known of a customer, and forgetting them: by who may, asked twice, audited, with the proof."""

from __future__ import annotations

import asyncio
import unicodedata
from typing import Any

from fastapi import APIRouter, Depends
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from bot.forgetting import BeingAnswered, erase_customer, exported
from crm_store import customers, identities
from crm_store.privacy import erasures
from desk.access import May
from desk.context import Desk, Visitor
from desk.errors import Refused
from desk.pages import Pages


def privacy(desk: Desk, pages: Pages, router: APIRouter) -> None:
    """Add the routes of what a customer may ask for."""

    @router.post("/customers/{customer_id}/export")
    async def export(customer_id: str, visitor: Visitor = Depends(May(desk, "export_customer"))) -> Response:
        # On a thread of its own: a long life is much to read, and nobody else shall wait for it.
        try:
            told = await asyncio.to_thread(exported, desk.store, customer_id, by=visitor.owner, clock=desk.clock)
        except LookupError:
            raise Refused(404, "no_customer") from None
        name = f"customer-{customer_id}-{desk.clock.now():%Y%m%dT%H%M%SZ}.json"
        # Kept nowhere here: nobody but who has asked gets it, and they once.
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(told, media_type="application/json", headers=headers)

    @router.get("/customers/{customer_id}/erase")
    async def ask(
        request: Request, customer_id: str, visitor: Visitor = Depends(May(desk, "erase_customer"))
    ) -> Response:  # fmt: skip
        row, ways = await desk.store.read(_who, customer_id)
        if row.erased_at is None:
            return _asked(request, row, ways)
        done = await desk.store.read(erasures.find, desk.forgetting.hashes().of(customer_id))
        return pages.show(request, "erased.html", row=row, proof=done.proof if done is not None else None)

    @router.post("/customers/{customer_id}/erase")
    async def erase(
        request: Request, customer_id: str, visitor: Visitor = Depends(May(desk, "erase_customer"))
    ) -> Response:  # fmt: skip
        row, ways = await desk.store.read(_who, customer_id)
        typed = _folded(visitor.form.get("who", ""))
        if row.erased_at is None and typed not in map(_folded, _names(pages.words_for(request).called, row, ways)):
            return _asked(request, row, ways, wrong="not_who")
        forgetting = desk.forgetting
        try:
            proof = await asyncio.to_thread(
                erase_customer, desk.store, customer_id, forgetting.places, by=visitor.owner,
                hashes=forgetting.hashes(), clock=desk.clock, patience=forgetting.patience,
            )  # fmt: skip
        except BeingAnswered:
            return _asked(request, row, ways, wrong="being_answered")
        return pages.show(request, "erased.html", row=await desk.store.read(customers.by_id, customer_id), proof=proof)

    def _asked(request: Request, row: Any, ways: list[Any], *, wrong: str | None = None) -> Response:
        t = pages.words_for(request)
        return pages.show(
            request, "erase.html", status=200 if wrong is None else 409, row=row,
            names=_names(t.called, row, ways), wrong=wrong and t(f"wrong.{wrong}"),
        )  # fmt: skip


def _who(conn: Connection, customer_id: str) -> tuple[Any, list[Any]]:
    row = customers.by_id(conn, customer_id)
    if row is None:
        raise Refused(404, "no_customer")
    return row, identities.of_customer(conn, customer_id)


def _names(called: Any, row: Any, ways: list[Any]) -> list[str]:
    """Return by what a customer may be named to be forgotten: number or name, else what they are called on a way."""
    names = [name for name in (row.customer_no, row.name) if name and _folded(name)]
    return names or [called(one.user_id) for one in ways[:1]] or [row.id]


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
