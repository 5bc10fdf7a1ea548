"""Looking a customer up, and their page: profile, consent, orders, points, cases, promises, one timeline."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
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
    coupons,
    customers,
    finding,
    history,
    identities,
    orders,
    points,
    resolution,
    tickets,
)
from crm_store.desk_hours import DeskHours
from desk.access import May
from desk.context import Desk, Visitor
from desk.customers import merging, remembering
from desk.customers.filtering import KINDS, Wanted
from desk.customers.timelines import Stretch, first_page
from desk.due.shown import promised
from desk.errors import Refused
from desk.inbox.talk import looked
from desk.inbox.telling import tell
from desk.pages import Pages

LONGEST_SEARCH = 100
MOST = 30
"""Orders, cases and lots of points that the page shows; the timeline has all that was done with them."""


def customer_pages(desk: Desk, pages: Pages, router: APIRouter) -> None:
    """Add the search and the customer's page."""

    @router.get("/customers")
    async def search(request: Request, q: str = "", visitor: Visitor = Depends(May(desk, "see_customer"))) -> Response:
        typed = q.strip()[:LONGEST_SEARCH]
        if typed:
            found = await desk.store.read(finding.find, typed, region=desk.region)
        else:
            found = await desk.store.read(finding.latest)
        await desk.store.run(_keep, desk, visitor, found)
        return pages.show(request, "customers.html", found=found, typed=typed)

    @router.get("/customers/{customer_id}")
    async def page(
        request: Request, customer_id: str, visitor: Visitor = Depends(May(desk, "see_customer"))
    ) -> Response:  # fmt: skip
        shown = await desk.store.run(_open, desk, visitor, customer_id)
        t = pages.words_for(request)
        latest: Stretch = shown.pop("latest")
        told = tell(latest.entries, latest.titles, t)
        more = Wanted("", "", "", "", "").address(f"{request.url.path}/timeline", latest.next) if latest.next else None
        ways = sorted({one.channel for one in shown["identities"]})
        return pages.show(
            request, "customer.html", told=told, more=more, kinds=KINDS, channels=ways, notice=None, **shown
        )


def _keep(conn: Connection, desk: Desk, visitor: Visitor, found: list[Any]) -> None:
    """Keep who was shown, and that somebody looked where that is nobody; never what for."""
    nobody: list[str | None] = [None]
    for customer_id in [row.id for row in found] or nobody:
        audit.record(conn, at=desk.clock.now(), by=visitor.owner, action="find_customer", customer_id=customer_id)


def _open(conn: Connection, desk: Desk, visitor: Visitor, customer_id: str) -> dict[str, Any]:
    row = customers.by_id(conn, customer_id)
    if row is None:
        raise Refused(404, "no_customer")
    looked(conn, desk, visitor, "see_customer", customer_id)
    return (
        page_of(conn, row, desk.hours, now=desk.clock.now())
        | remembering.shown(conn, desk, visitor, row)
        | merging.shown(conn, customer_id)
    )


def page_of(conn: Connection, row: Any, hours: DeskHours, *, now: datetime) -> dict[str, Any]:
    """Return what the page of a customer (their row) shows."""
    customer_id = row.id
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
        "coupons": coupons.of_customer(conn, customer_id)[::-1],
        "orders": theirs,
        "order_count": orders.count(conn, customer_id),
        "products": catalogue.called(conn, (item.sku for one in theirs for item in one.items)),
        "most": MOST,
        "tickets": tickets.of_customer(conn, customer_id)[::-1],
        "steps": steps,
        "took": {number: resolution.took(each, hours, now=now) for number, each in steps.items()},
        "latest": first_page(conn, customer_id),
        **promised(conn, customer_id),
    }
