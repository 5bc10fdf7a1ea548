"""A customer's timeline, a page at a time, by kind, channel, time and words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from crm_store import audit, customers, outbox, search, timeline
from crm_store.timeline import EVERYTHING, Filters, Place
from desk.access import May
from desk.context import Desk, Visitor
from desk.customers.filtering import Wanted
from desk.errors import Refused
from desk.inbox.talk import looked
from desk.inbox.telling import tell
from desk.pages import Pages

A_PAGE = timeline.A_PAGE


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of a timeline, the latest first; ``next`` is where the rest begins, None where that is all."""

    entries: list[Any]
    titles: dict[str, str]
    next: Place | None


def timelines(desk: Desk, pages: Pages, router: APIRouter) -> None:
    """Add the route that shows parts of a timeline."""

    @router.get("/customers/{customer_id}/timeline")
    async def part(
        request: Request, customer_id: str, wanted: Annotated[Wanted, Depends()], before: str = "",
        visitor: Visitor = Depends(May(desk, "see_customer")),
    ) -> Response:  # fmt: skip
        filters, place = wanted.filters(desk.zone), _place(before)
        found, known = await desk.store.read(_part, desk, visitor, customer_id, wanted, filters, place)
        if not known:
            await desk.store.run(looked, desk, visitor, "see_customer", customer_id)
        more = wanted.address(request.url.path, found.next) if found.next else None
        told = tell(found.entries, found.titles, pages.words_for(request))
        return pages.show(request, "_timeline.html", told=told, more=more)


def first_page(conn: Connection, customer_id: str) -> Stretch:
    """Return the latest of everything."""
    return _stretch(conn, customer_id, timeline.page(conn, customer_id, most=A_PAGE), most=A_PAGE)


def _part(
    conn: Connection, desk: Desk, visitor: Visitor, customer_id: str, wanted: Wanted, filters: Filters = EVERYTHING,
    before: Place | None = None,
) -> tuple[Stretch, bool]:  # fmt: skip
    if customers.by_id(conn, customer_id) is None:
        raise Refused(404, "no_customer")
    known = audit.has_looked(
        conn, by=visitor.owner, action="see_customer", customer_id=customer_id, now=desk.clock.now()
    )
    if wanted.q.strip():
        asked = wanted.asked
        if asked is None:
            return Stretch([], {}, None), known
        found = search.find_with(conn, asked, customer_id, filters=filters, before=before, most=A_PAGE)
        return _stretch(conn, customer_id, found.entries, most=A_PAGE), known
    rows = timeline.page(conn, customer_id, filters=filters, before=before, most=A_PAGE)
    return _stretch(conn, customer_id, rows, most=A_PAGE), known


def _stretch(conn: Connection, customer_id: str, rows: list[Any], *, most: int) -> Stretch:
    titles = outbox.button_titles(conn, customer_id) if rows else {}
    return Stretch(rows, titles, timeline.place_of(rows[-1]) if len(rows) == most else None)


def _place(before: str) -> Place | None:
    if not before:
        return None
    try:
        return Place.read(before)
    except ValueError:
        raise Refused(422, "form") from None
