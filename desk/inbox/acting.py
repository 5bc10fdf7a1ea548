"""What an agent does with a conversation: each step one route, done and audited in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Depends
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from bot.desk_actions import ActionRefused, AgentAction, act
from crm_store import accounts, audit, conversations, teams
from crm_store.conversations import agent_owner
from crm_store.errors import NotAllowed
from crm_store.teams import TeamView
from crm_store.wakes import OUTBOX, TALK
from desk.access import May
from desk.context import Desk, Visitor
from desk.errors import Refused
from desk.inbox.talk import controls
from desk.pages import Pages, is_part, sent_to
from desk.roles import Action, may

STEPS: tuple[Action, ...] = ("take", "reply", "note", "return", "transfer", "snooze", "resolve")
LONGEST_TEXT = 5_000
"""Characters; in a form they may take twelve bytes each, and a body is bounded."""
TO_TEAM = "team:"
"""Before a team's id, where a conversation is handed on; no name has a colon."""
_NEEDS_WORDS = ("reply", "note")


@dataclass(frozen=True, slots=True)
class Acted:
    """What came of a step: who has the conversation now, and what the buttons under it need to know."""

    talk_id: str
    controls: dict[str, Any]


def acting(desk: Desk, pages: Pages, router: APIRouter) -> None:
    """Add a route for each step."""
    for step in STEPS:
        _add(desk, pages, router, step)


def _add(desk: Desk, pages: Pages, router: APIRouter, step: Action) -> None:
    async def do(request: Request, customer_id: str, visitor: Visitor = Depends(May(desk, step))) -> Response:
        acted = await desk.store.run(_act, desk, visitor, step, customer_id)
        desk.store.wakes.post(OUTBOX)
        desk.store.wakes.post(TALK, acted.talk_id)
        if not is_part(request):
            return sent_to(request, f"/desk/talks/{customer_id}")
        text = pages.words_for(request)(f"said.{step}", to=visitor.form.get("to", ""))
        response = pages.show(request, "_controls.html", controls=acted.controls, notice=text)
        response.headers["HX-Trigger"] = "acted"
        return response

    router.add_api_route(f"/talks/{{customer_id}}/{step}", do, methods=["POST"], name=step)


def _act(conn: Connection, desk: Desk, visitor: Visitor, step: Action, customer_id: str) -> Acted:
    now = desk.clock.now()
    talk = conversations.of_customer(conn, customer_id)
    if talk is None:
        raise Refused(404, "no_talk")
    _still_as_seen(talk.owner, visitor)
    team = _team(conn, visitor) if step == "transfer" else None
    text = _text(conn, visitor, step) if team is None else visitor.form.get("text")
    wanted = AgentAction(
        visitor.name, step, customer_id, text, visitor.form.get("ticket") or None, team=team.name if team else None
    )  # fmt: skip
    to = team.name if team is not None else text
    try:
        if step == "transfer" and team is None and (words := visitor.form.get("text", "").strip()):
            # What the colleague has to know comes first, and calls them.
            told = f"@{to} {words}" if to else words
            act(conn, AgentAction(visitor.name, "note", customer_id, told), now=now, ids=desk.ids)
        act(conn, wanted, now=now, ids=desk.ids, channels=desk.channels)
    except (ActionRefused, NotAllowed) as exc:
        raise Refused(409, exc.code, **exc.data) from None
    data = {"to": to} if step == "transfer" and to else {}
    audit.record(conn, at=now, by=visitor.owner, action=step, customer_id=customer_id, **data)
    return Acted(talk.id, controls(conn, desk, visitor, customer_id))


def _still_as_seen(owner: str, visitor: Visitor) -> None:
    """Stop whoever acts on a page that a colleague has overtaken.

    Raises:
        Refused: the conversation has gone to somebody else since the page was shown.
    """
    seen = visitor.form.get("owner", owner)
    if owner != seen and owner != visitor.owner and owner.startswith(agent_owner("")):
        raise Refused(409, "a_colleague_was_faster", name=owner.removeprefix(agent_owner("")))


def _team(conn: Connection, visitor: Visitor) -> TeamView | None:
    """Return the team to which the conversation is to be handed; None where it is no team."""
    to = visitor.form.get("to", "")
    if not to.startswith(TO_TEAM):
        return None
    found = next((one for one in teams.everyone(conn) if to == f"{TO_TEAM}{one.id}"), None)
    if found is None:
        raise Refused(422, "no_such_team")
    return found


def _text(conn: Connection, visitor: Visitor, step: Action) -> str | None:
    if step == "transfer":
        to = visitor.form.get("to", "")
        colleague = accounts.of(conn, to) if to else None
        if to and (colleague is None or colleague.disabled_at is not None or not may(colleague.role, "take")):
            raise Refused(422, "no_such_colleague", name=to)
        return to or None
    if step not in _NEEDS_WORDS:
        return None
    text = visitor.form.get("text", "").strip()
    if not text:
        raise Refused(422, "no_words")
    if len(text) > LONGEST_TEXT:
        raise Refused(422, "too_long", most=LONGEST_TEXT)
    return text
