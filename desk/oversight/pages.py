"""What care is going to send, the emergency stops, the accounts, and the audit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Depends
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from care.due import due
from crm_store import accounts, audit, handoffs, switches, teams
from crm_store.showing import calling
from crm_store.wakes import INBOX, OUTBOX, TALK
from desk.access import May
from desk.context import Desk, Visitor
from desk.errors import Refused
from desk.pages import Pages, sent_to

AHEAD = timedelta(days=7)
MOST_DUE = 200
SWITCHES = ("bot", "care")


def oversight(desk: Desk, pages: Pages, router: APIRouter) -> None:
    """Add the pages of those who look after the whole."""

    @router.get("/care")
    async def care(request: Request, visitor: Visitor = Depends(May(desk, "see_care"))) -> Response:
        return pages.show(request, "care.html", **await desk.store.read(_care, desk))

    @router.post("/pause")
    async def pause(request: Request, visitor: Visitor = Depends(May(desk, "pause"))) -> Response:
        await desk.store.run(_pause, desk, visitor, _switch(visitor))
        desk.store.wakes.post(TALK)
        return sent_to(request, "/desk/care")

    @router.post("/resume")
    async def resume(request: Request, visitor: Visitor = Depends(May(desk, "pause"))) -> Response:
        await desk.store.run(_resume, desk, visitor, _switch(visitor))
        for topic in (INBOX, OUTBOX, TALK):
            desk.store.wakes.post(topic)
        return sent_to(request, "/desk/care")

    @router.get("/people")
    async def people(request: Request, visitor: Visitor = Depends(May(desk, "see_people"))) -> Response:
        everybody, grouped = await desk.store.read(accounts.everyone), await desk.store.read(teams.everyone)
        return pages.show(request, "people.html", people=everybody, teams=grouped)

    @router.get("/audit")
    async def entries(
        request: Request, before: int | None = None, visitor: Visitor = Depends(May(desk, "see_audit"))
    ) -> Response:
        return pages.show(request, "audit.html", entries=await desk.store.read(_entries, before))


def _switch(visitor: Visitor) -> str:
    what = visitor.form.get("what", "")
    if what not in SWITCHES:
        raise Refused(422, "form")
    return what


def _pause(conn: Connection, desk: Desk, visitor: Visitor, what: str) -> None:
    now = desk.clock.now()
    switches.pause(conn, what, now=now, by=visitor.owner)
    audit.record(conn, at=now, by=visitor.owner, action="pause", what=what)


def _resume(conn: Connection, desk: Desk, visitor: Visitor, what: str) -> None:
    now = desk.clock.now()
    switches.resume(conn, what)
    if what == "bot":
        handoffs.end_pause(conn, by=visitor.owner, now=now)
    audit.record(conn, at=now, by=visitor.owner, action="resume", what=what)


def _care(conn: Connection, desk: Desk) -> dict[str, Any]:
    now = desk.clock.now()
    found = due(conn, desk.policy, at=now + AHEAD, since=now)[:MOST_DUE]
    names = calling(conn, (occasion.customer_id for occasion, _ in found))
    return {
        "paused": switches.paused(conn),
        "switches": SWITCHES,
        "due": [
            {
                "at": occasion.due_at,
                "rule": occasion.rule,
                "customer_id": occasion.customer_id,
                "customer": next(filter(None, names[occasion.customer_id])),
                "reason": verdict.reason,
            }
            for occasion, verdict in found
        ],
    }


def _entries(conn: Connection, before: int | None) -> list[dict[str, Any]]:
    latest = audit.latest(conn, before=before)
    names = calling(conn, (one.customer_id for one in latest if one.customer_id))
    return [
        {
            "key": one.id,
            "at": one.at,
            "by": one.by.partition(":")[2],
            "action": one.action,
            "customer_id": one.customer_id,
            "customer": names[one.customer_id][1] if one.customer_id in names else one.customer_id or "",
            "data": ", ".join(f"{name}: {value}" for name, value in (one.data or {}).items()),
        }
        for one in latest
    ]
