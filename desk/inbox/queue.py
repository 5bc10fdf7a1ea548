"""Who waits for a person, and which conversations are mine; kept fresh by hints."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Depends
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from crm_store import conversations, handoffs, mentions, sign_ins, switches, taking_over, teams
from desk.access import May
from desk.context import Desk, Visitor
from desk.pages import Pages, sent_to
from desk.roles import Action, may

MOST_SHOWN = 50
"""Of who waits, and of one's own; whoever stands further behind has time until they come up."""
MY_TEAMS = "mine"
_FIRST_PAGES: tuple[tuple[Action, str], ...] = (("see_queue", "/desk/queue"), ("see_customer", "/desk/customers"))


def queue(desk: Desk, pages: Pages, router: APIRouter) -> None:
    """Add the routes of the queue and the stream of hints."""

    @router.get("")
    async def home(request: Request, visitor: Visitor = Depends(May(desk, "enter"))) -> Response:
        return sent_to(request, next(page for action, page in _FIRST_PAGES if may(visitor.role, action)))

    @router.get("/queue")
    async def page(
        request: Request, team: str = "", visitor: Visitor = Depends(May(desk, "see_queue"))
    ) -> Response:  # fmt: skip
        return pages.show(request, "queue.html", **await desk.store.read(_lists, desk, visitor, team))

    @router.get("/queue/lists")
    async def lists(
        request: Request, team: str = "", visitor: Visitor = Depends(May(desk, "see_queue", by_itself=True))
    ) -> Response:  # fmt: skip
        return pages.show(request, "_lists.html", **await desk.store.read(_lists, desk, visitor, team))

    @router.get("/counts")
    async def counts(request: Request, visitor: Visitor = Depends(May(desk, "enter", by_itself=True))) -> Response:
        return pages.show(request, "_counts.html", counts=await desk.store.read(_counts, visitor))

    @router.get("/live")
    async def live(
        request: Request, talk: str = "", visitor: Visitor = Depends(May(desk, "enter", by_itself=True))
    ) -> Response:  # fmt: skip
        async def still_in() -> bool:
            now = desk.clock.now()
            return await desk.store.read(sign_ins.find, visitor.token, now=now, limits=desk.limits) is not None

        events: AsyncIterator[str] = desk.live.stream(talk or None, still_in)
        # Proxies that gather an answer before they pass it on would hold every hint back.
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(events, media_type="text/event-stream", headers=headers)


def _lists(conn: Connection, desk: Desk, visitor: Visitor, team: str) -> dict[str, Any]:
    """Return what the queue's page shows: of everybody who waits, or of those for one ``team`` (its id), or my own."""
    now = desk.clock.now()
    everyone, waits = teams.everyone(conn), conversations.waiting_for(conn)
    chosen = [one.id for one in everyone if team == str(one.id) or (team == MY_TEAMS and visitor.name in one.members)]
    # One that is no more has become everybody's; who is in no team has none to choose.
    team = team if chosen else ""
    waiting = taking_over.queue(conn, now, desk.order, most=MOST_SHOWN, of_teams=chosen if team else None)
    all_of_them = sum(waits.get(one, 0) for one in chosen) if team else sum(waits.values())
    mine = taking_over.of_agent(conn, visitor.name, now) if may(visitor.role, "take") else None
    return {
        "waiting": waiting,
        "more": all_of_them - len(waiting),
        "teams": [(str(one.id), one.name, waits.get(one.id, 0)) for one in everyone],
        "team": team,
        "in_a_team": any(visitor.name in one.members for one in everyone),
        "all_waiting": sum(waits.values()),
        "mine": mine[:MOST_SHOWN] if mine is not None else None,
        "more_mine": len(mine or ()) - MOST_SHOWN,
        "paused": sorted(switches.paused(conn)),
    }


def _counts(conn: Connection, visitor: Visitor) -> dict[str, int]:
    sees = may(visitor.role, "see_queue")
    waits = conversations.waiting_for(conn) if sees else {}
    return {
        "waiting": sum(waits.values()),
        "teams": sum(waits.get(one.id, 0) for one in teams.of_agent(conn, visitor.name)) if waits else 0,
        "mine": len(handoffs.of_agent(conn, visitor.name)),
        "mentions": mentions.unseen(conn, visitor.name),
    }
