"""The page of what is due: one's own, or everybody's for those who lead; kept fresh by hints."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from desk.access import May
from desk.context import Desk, Visitor
from desk.due.listing import due_for
from desk.pages import Pages


def due(desk: Desk, pages: Pages, router: APIRouter) -> None:
    """Add the pages and the parts of them that are asked for again."""

    @router.get("/due")
    async def mine(request: Request, visitor: Visitor = Depends(May(desk, "see_due"))) -> Response:
        return pages.show(request, "due.html", **await lists(desk, visitor, everybody=False))

    @router.get("/due/lists")
    async def my_lists(
        request: Request, visitor: Visitor = Depends(May(desk, "see_due", by_itself=True))
    ) -> Response:  # fmt: skip
        return pages.show(request, "_due.html", **await lists(desk, visitor, everybody=False))

    @router.get("/due/all")
    async def everybodys(request: Request, visitor: Visitor = Depends(May(desk, "see_all_due"))) -> Response:
        return pages.show(request, "due.html", **await lists(desk, visitor, everybody=True))

    @router.get("/due/all/lists")
    async def all_lists(
        request: Request, visitor: Visitor = Depends(May(desk, "see_all_due", by_itself=True))
    ) -> Response:  # fmt: skip
        return pages.show(request, "_due.html", **await lists(desk, visitor, everybody=True))


async def lists(desk: Desk, visitor: Visitor, *, everybody: bool) -> dict[str, Any]:
    """Return what the lists are filled with."""
    found = await desk.store.read(due_for, desk, visitor, everybody=everybody)
    return {"due": found, "view": "all" if everybody else "mine", "notice": None}
