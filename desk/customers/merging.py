"""Whom a customer may be, making two customers one, and taking them apart again: by who may, each step audited."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from crm_store import audit, customers, merges, suggesting
from crm_store.errors import NotAllowed
from crm_store.merging import merge
from crm_store.showing import find_customer
from crm_store.unmerging import unmerge
from desk.access import May
from desk.context import Desk, Visitor
from desk.errors import Refused
from desk.pages import Pages, sent_to


def merging(desk: Desk, pages: Pages, router: APIRouter) -> None:
    """Add the routes by which two customers become one, and two again."""

    @router.post("/customers/{customer_id}/merge")
    async def merge_(request: Request, customer_id: str, visitor: Visitor = Depends(May(desk, "merge"))) -> Response:
        return _shown(request, await desk.store.run(_merge, desk, visitor, customer_id))

    @router.post("/customers/{customer_id}/unmerge")
    async def unmerge_(request: Request, customer_id: str, visitor: Visitor = Depends(May(desk, "merge"))) -> Response:
        return _shown(request, await desk.store.run(_unmerge, desk, visitor, customer_id))

    @router.post("/customers/{customer_id}/dismiss")
    async def dismiss(request: Request, customer_id: str, visitor: Visitor = Depends(May(desk, "merge"))) -> Response:
        return _shown(request, await desk.store.run(_dismiss, desk, visitor, customer_id))


def shown(conn: Connection, key: str) -> dict[str, Any]:
    """Return what the customer's page shows: whom they may be, and whom they have been made one with."""
    return {
        "perhaps": suggesting.matches(conn, key),
        "merged": [
            {"number": one.id, "who": one.absorbed_no or one.absorbed["customer"]["name"], "at": one.at, "by": one.by}
            for one in merges.latest(conn, key)
        ],
    }


def _shown(request: Request, customer_id: str) -> Response:
    return sent_to(request, f"/desk/customers/{customer_id}#one")


def _merge(conn: Connection, desk: Desk, visitor: Visitor, customer_id: str) -> str:
    """Make one of the page's customer and another; whom the shop knows by a number stays, else the page's."""
    named = visitor.form.get("other", "").strip()
    if not named:
        raise Refused(422, "no_other")
    here = _present(conn, customer_id)
    other = customers.by_id(conn, find_customer(conn, named) or "")
    if other is None:
        raise Refused(422, "no_other")
    survivor, absorbed = (other, here) if other.customer_no and not here.customer_no else (here, other)
    try:
        number = merge(conn, absorbed.id, survivor.id, evidence="agent", by=visitor.owner, now=desk.clock.now())
    except NotAllowed:
        raise Refused(409, "one_already") from None
    _note(conn, desk, visitor, "merge", survivor.id, merge=number)
    return str(survivor.id)


def _unmerge(conn: Connection, desk: Desk, visitor: Visitor, customer_id: str) -> str:
    _present(conn, customer_id)
    number = visitor.form.get("merge", "")
    if number not in {str(one.id) for one in merges.latest(conn, customer_id)}:
        raise Refused(409, "gone_already")
    try:
        apart = unmerge(conn, int(number), by=visitor.owner, now=desk.clock.now(), ids=desk.ids)
    except NotAllowed:
        raise Refused(409, "later_first") from None
    for one in (apart.survivor, apart.absorbed):
        _note(conn, desk, visitor, "unmerge", one, merge=int(number))
    return apart.survivor


def _dismiss(conn: Connection, desk: Desk, visitor: Visitor, customer_id: str) -> str:
    _present(conn, customer_id)
    match = visitor.form.get("match", "")
    if not suggesting.dismiss(conn, customer_id, match, by=visitor.owner, now=desk.clock.now()):
        raise Refused(409, "gone_already")
    _note(conn, desk, visitor, "dismiss_match", customer_id, match=match)
    return customer_id


def _present(conn: Connection, customer_id: str) -> Any:
    customers.hold(conn, customer_id)
    row = customers.by_id(conn, customer_id)
    if row is None:
        raise Refused(404, "no_customer")
    return row


def _note(conn: Connection, desk: Desk, visitor: Visitor, action: str, customer_id: str, **data: Any) -> None:
    audit.record(conn, at=desk.clock.now(), by=visitor.owner, action=action, customer_id=customer_id, **data)
