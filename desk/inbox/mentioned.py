"""The notes in which colleagues call me."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from crm_store import mentions
from crm_store.showing import calling
from desk.access import May
from desk.context import Desk, Visitor
from desk.pages import Pages


def mentioned(desk: Desk, pages: Pages, router: APIRouter) -> None:
    """Add the list of notes that call whoever is signed in."""

    @router.get("/mentions")
    async def page(request: Request, visitor: Visitor = Depends(May(desk, "see_mentions"))) -> Response:
        return pages.show(request, "mentions.html", notes=await desk.store.read(_notes, visitor))


def _notes(conn: Connection, visitor: Visitor) -> list[dict[str, Any]]:
    notes = mentions.of_agent(conn, visitor.name)
    names = calling(conn, (one.customer_id for one in notes))
    return [
        {
            "at": one.at,
            "new": one.seen_at is None,
            "customer_id": one.customer_id,
            "customer": names[one.customer_id][1],
            "by": one.by.partition(":")[2],
            "text": one.text,
        }
        for one in notes
    ]
