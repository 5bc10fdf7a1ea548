"""What somebody at the desk may set for themselves: the name that customers read."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from crm_store import agents, audit
from crm_store.agents import LONGEST_DISPLAY_NAME
from crm_store.errors import NotAllowed
from desk.access import May
from desk.context import Desk, Visitor
from desk.errors import Refused
from desk.pages import Pages


def own_account(desk: Desk, pages: Pages, router: APIRouter) -> None:
    """Add the page of whoever is signed in."""

    @router.get("/me")
    async def me(request: Request, visitor: Visitor = Depends(May(desk, "enter"))) -> Response:
        shown = await desk.store.read(agents.display_name, visitor.name)
        return pages.show(request, "me.html", shown=shown or "", most=LONGEST_DISPLAY_NAME, notice=None)

    @router.post("/me")
    async def keep(request: Request, visitor: Visitor = Depends(May(desk, "enter"))) -> Response:
        shown = await desk.store.run(_keep, desk, visitor)
        t = pages.words_for(request)
        notice = t("me.kept", name=shown or visitor.name)
        return pages.show(request, "me.html", shown=shown or "", most=LONGEST_DISPLAY_NAME, notice=notice)


def _keep(conn: Connection, desk: Desk, visitor: Visitor) -> str | None:
    try:
        shown = agents.set_display_name(conn, visitor.name, visitor.form.get("display_name", ""))
    except NotAllowed as exc:
        raise Refused(422, "display_name", **exc.data) from None
    audit.record(conn, at=desk.clock.now(), by=visitor.owner, action="set_display_name", name=visitor.name)
    return shown
