"""What is done about promises, tasks and approvals: each step one route, done and audited in one transaction."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from bot.desk_items import ItemAction, act_on_item
from crm_store import audit, conversations, customers
from crm_store.errors import NotAllowed
from crm_store.wakes import TALK
from desk.access import May
from desk.context import Desk, Visitor
from desk.due.pages import lists
from desk.due.shown import promised
from desk.errors import Refused
from desk.pages import Pages, is_part, sent_to
from desk.roles import Action, may

STEPS: tuple[Action, ...] = ("promise", "keep", "renegotiate", "withdraw", "done", "ask", "approve", "refuse")
LONGEST_TEXT = 1_000
_NEW = ("promise", "ask")
"""Steps about something that is not there yet."""


def acting_on_items(desk: Desk, pages: Pages, router: APIRouter) -> None:
    """Add a route for each step."""
    for step in STEPS:
        _add(desk, pages, router, step)


def _add(desk: Desk, pages: Pages, router: APIRouter, step: Action) -> None:
    async def do(request: Request, customer_id: str, visitor: Visitor = Depends(May(desk, step))) -> Response:
        wanted = _wanted(desk, visitor, step, customer_id)
        talk_id = await desk.store.run(_act, desk, visitor, wanted)
        if talk_id is not None:
            desk.store.wakes.post(TALK, talk_id)
        view = visitor.form.get("view", "")
        if not is_part(request):
            return sent_to(request, _address(view, customer_id))
        notice = pages.words_for(request)(f"said.{step}")
        if view == "customer":
            shown = await desk.store.read(promised, customer_id)
            return pages.show(request, "_promised.html", notice=notice, **shown)
        everybody = view == "all" and may(visitor.role, "see_all_due")
        shown = await lists(desk, visitor, everybody=everybody)
        return pages.show(request, "_due.html", **shown | {"notice": notice})

    router.add_api_route(f"/customers/{{customer_id}}/items/{step}", do, methods=["POST"], name=f"item_{step}")


def _act(conn: Connection, desk: Desk, visitor: Visitor, wanted: ItemAction) -> str | None:
    """Do it; return the conversation whose timeline tells of it, where there is one."""
    customers.hold(conn, wanted.customer_id)
    if customers.by_id(conn, wanted.customer_id) is None:
        raise Refused(404, "no_customer")
    now = desk.clock.now()
    try:
        item = act_on_item(conn, wanted, now=now, ids=desk.ids)
    except NotAllowed as exc:
        raise Refused(409, exc.code, **exc.data) from None
    audit.record(
        conn, at=now, by=visitor.owner, action=wanted.action, customer_id=wanted.customer_id, item=item
    )  # fmt: skip
    talk: Any = conversations.of_customer(conn, wanted.customer_id)
    return str(talk.id) if talk is not None else None


def _wanted(desk: Desk, visitor: Visitor, step: Action, customer_id: str) -> ItemAction:
    form = visitor.form
    text, item = form.get("text", "").strip(), form.get("item") or None
    if len(text) > LONGEST_TEXT:
        raise Refused(422, "too_long", most=LONGEST_TEXT)
    if item is None and step not in _NEW:
        raise Refused(422, "form")
    due = _moment(form.get("due", ""), desk.zone)
    return ItemAction(visitor.name, step, customer_id, text, form.get("ticket") or None, due, item)


def _moment(typed: str, zone: ZoneInfo) -> datetime | None:
    """Return a moment as a form sends it: the shop's time, with no zone."""
    if not typed:
        return None
    try:
        moment = datetime.fromisoformat(typed)
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused(422, "no_such_time") from None


def _address(view: str, customer_id: str) -> str:
    match view:
        case "customer":
            return f"/desk/customers/{customer_id}"
        case "all":
            return "/desk/due/all"
        case _:
            return "/desk/due"
