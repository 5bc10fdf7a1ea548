"""Looking for words in everything that was said and done, with all customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from crm_store import audit, search, search_index, showing
from crm_store.terms import Asked
from crm_store.timeline import Filters
from desk.access import May
from desk.context import Desk, Visitor
from desk.customers.filtering import KINDS, Wanted
from desk.inbox.telling import Told, tell
from desk.pages import Pages


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry that was found: whose it is, and its words in parts, each with whether it was looked for."""

    customer_id: str | None
    name: str | None
    number: str | None
    told: Told
    parts: list[tuple[str, bool]]


def searching(desk: Desk, pages: Pages, router: APIRouter) -> None:
    """Add the search of all conversations."""

    @router.get("/search")
    async def page(
        request: Request, wanted: Annotated[Wanted, Depends()], before: int | None = None,
        visitor: Visitor = Depends(May(desk, "see_talk")),
    ) -> Response:  # fmt: skip
        asked, filters = wanted.asked, wanted.filters(desk.zone)
        hits: list[Hit] = []
        more, missing = None, 0
        if asked is not None:
            found, called = await desk.store.run(_find, desk, visitor, asked, filters, before)
            told = tell(found.entries, {}, pages.words_for(request))
            hits = [
                _hit(row, one, called, asked) for row, one in zip(found.entries, told, strict=True)
            ]  # fmt: skip
            missing = found.missing
            more = wanted.address("/desk/search", found.next) if found.next is not None else None
        template = "search.html" if before is None else "_found.html"
        return pages.show(
            request, template, wanted=wanted, hits=hits, more=more, missing=missing, kinds=KINDS,
            channels=sorted(desk.channels), typed=wanted.q.strip(),
        )  # fmt: skip


def _find(
    conn: Connection, desk: Desk, visitor: Visitor, asked: Asked, filters: Filters, before: int | None
) -> tuple[search.Found, dict[str, tuple[str | None, str]]]:
    found = search.find(conn, asked, filters=filters, before=before)
    whose = sorted({row.customer_id for row in found.entries if row.customer_id is not None})
    _keep(conn, visitor, whose, desk.clock.now())
    return found, showing.calling(conn, whose)


def _keep(conn: Connection, visitor: Visitor, whose: list[str], now: datetime) -> None:
    """Keep whose words were shown, and that somebody searched where that is nobody's; never what for."""
    nobody: list[str | None] = [None]
    for customer_id in whose or nobody:
        audit.record(conn, at=now, by=visitor.owner, action="search", customer_id=customer_id)


def _hit(row: Any, told: Told, called: dict[str, tuple[str | None, str]], asked: Asked) -> Hit:
    name, number = called.get(row.customer_id, (None, None))
    return Hit(row.customer_id, name, number, told, asked.marked(search_index.words_of(row)))
