"""Looking a customer up, and their page: profile, consent, orders, points, cases with their steps, one timeline."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from fastapi import APIRouter, Depends
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from crm_store import (
    audit,
    catalogue,
    consents,
    conversations,
    customers,
    finding,
    history,
    identities,
    orders,
    outbox,
    points,
    resolution,
    tickets,
)
from desk.access import May
from desk.context import Desk, Visitor
from desk.errors import Refused
from desk.inbox.talk import looked
from desk.inbox.telling import tell
from desk.pages import Pages

A_PAGE = 50
LONGEST_SEARCH = 100
MOST = 30
"""Orders, cases and lots of points that the page shows; the timeline has all that was done with them."""


def customer_pages(desk: Desk, pages: Pages, router: APIRouter) -> None:
    """Add the search and the customer's page."""

    @router.get("/customers")
    async def search(request: Request, q: str = "", visitor: Visitor = Depends(May(desk, "see_customer"))) -> Response:
        typed = q.strip()[:LONGEST_SEARCH]
        found = await desk.store.read(finding.find, typed) if typed else await desk.store.read(finding.latest)
        return pages.show(request, "customers.html", found=found, typed=typed)

    @router.get("/customers/{customer_id}")
    async def page(
        request: Request, customer_id: str, visitor: Visitor = Depends(May(desk, "see_customer"))
    ) -> Response:  # fmt: skip
        shown = await desk.store.run(_open, desk, visitor, customer_id)
        t = pages.words_for(request)
        entries = shown.pop("entries")
        told = tell(reversed(entries), shown.pop("titles"), t)
        oldest = entries[0].id if len(entries) == A_PAGE else None
        return pages.show(request, "customer.html", told=told, oldest=oldest, **shown)

    @router.get("/customers/{customer_id}/older")
    async def older(
        request: Request, customer_id: str, before: int, visitor: Visitor = Depends(May(desk, "see_customer"))
    ) -> Response:  # fmt: skip
        entries, titles, known = await desk.store.read(_older, desk, visitor, customer_id, before)
        if not known:
            await desk.store.run(looked, desk, visitor, "see_customer", customer_id)
        told = tell(reversed(entries), titles, pages.words_for(request))
        oldest = entries[0].id if len(entries) == A_PAGE else None
        return pages.show(request, "_timeline.html", told=told, oldest=oldest, customer_id=customer_id)


def _open(conn: Connection, desk: Desk, visitor: Visitor, customer_id: str) -> dict[str, Any]:
    row = customers.by_id(conn, customer_id)
    if row is None:
        raise Refused(404, "no_customer")
    now = desk.clock.now()
    looked(conn, desk, visitor, "see_customer", customer_id)
    steps: dict[str, list[Any]] = defaultdict(list)
    for step in history.backwards(conn, customer_id, *resolution.STEPS):
        steps[step.data["number"]].insert(0, step)
    theirs = orders.of_customer(conn, customer_id, most=MOST)
    return {
        "row": row,
        "birthday": customers.birthday_of(row),
        "talk": conversations.of_customer(conn, customer_id),
        "identities": identities.of_customer(conn, customer_id),
        "consent": consents.of_customer(conn, customer_id),
        "balance": points.balance(conn, customer_id, now),
        "lots": points.live_lots(conn, customer_id, now),
        "orders": theirs,
        "order_count": orders.count(conn, customer_id),
        "products": catalogue.called(conn, (item.sku for one in theirs for item in one.items)),
        "most": MOST,
        "tickets": tickets.of_customer(conn, customer_id)[::-1],
        "steps": steps,
        "took": {number: resolution.took(each, desk.hours, now=now) for number, each in steps.items()},
        "entries": history.page(conn, customer_id, most=A_PAGE),
        "titles": outbox.button_titles(conn, customer_id),
    }


def _older(
    conn: Connection, desk: Desk, visitor: Visitor, customer_id: str, before: int
) -> tuple[list[Any], dict[str, str], bool]:
    if customers.by_id(conn, customer_id) is None:
        raise Refused(404, "no_customer")
    known = audit.has_looked(
        conn, by=visitor.owner, action="see_customer", customer_id=customer_id, now=desk.clock.now()
    )
    entries = history.page(conn, customer_id, before=before, most=A_PAGE)
    return entries, outbox.button_titles(conn, customer_id), known
