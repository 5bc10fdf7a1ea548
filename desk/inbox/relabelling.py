"""What the bot took a customer's message for, beside it; and a colleague's word on what it meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Depends
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from crm_store import audit, conversations, history, learning
from crm_store.errors import NotAllowed
from desk.access import May
from desk.context import Desk, Visitor
from desk.errors import Refused
from desk.pages import Pages, is_part, sent_to
from desk.words import Words


@dataclass(frozen=True, slots=True)
class Meant:
    """What a message was taken for, in words: by the bot, or by a colleague where ``by`` says who."""

    message: str
    text: str
    sure: int | None
    """In percent; None of a colleague's word."""
    by: str
    open: bool
    """Whether a colleague may still say what it meant."""


def meant_by(entry: Any, lesson: Any | None, t: Words) -> Meant | None:
    """Return what an entry of the history was taken for; None of what holds no words, or was never understood."""
    if entry.kind != "message.in" or not entry.ref or not entry.text:
        return None
    if lesson is not None and lesson.intent is not None:
        by = lesson.by.partition(":")[2]
        return Meant(entry.ref, t.named("intent", lesson.intent), None, by, lesson.state == "proposed")
    understood: Mapping[str, Any] = (entry.why or {}).get("understood") or {}
    if "intent" not in understood:
        return None
    sure = round(100 * float(understood.get("confidence") or 0.0))
    return Meant(entry.ref, t.named("intent", understood["intent"]), sure, "", lesson is None)


def lessons_of(conn: Connection, entries: list[Any]) -> dict[str, Any]:
    """Return what people say about the messages among these entries, by their references."""
    return learning.of_messages(conn, [one.ref for one in entries if one.kind == "message.in" and one.ref])


def relabelling(desk: Desk, pages: Pages, router: APIRouter) -> None:
    """Add the routes that ask what a message meant, and take the answer."""

    @router.get("/talks/{customer_id}/meant")
    async def ask(
        request: Request, customer_id: str, message: str = "", visitor: Visitor = Depends(May(desk, "relabel"))
    ) -> Response:  # fmt: skip
        said, lesson = await desk.store.read(_of_talk, customer_id, message)
        t = pages.words_for(request)
        choices = sorted(((t.named("intent", name), name) for name in desk.intents), key=lambda one: one[0].casefold())
        understood = ((said.why or {}).get("understood") or {}).get("intent")
        chosen = lesson.intent if lesson is not None and lesson.intent is not None else understood
        template = "_relabel.html" if is_part(request) else "relabel.html"
        return pages.show(request, template, customer_id=customer_id, said=said, choices=choices, chosen=chosen)

    @router.post("/talks/{customer_id}/relabel")
    async def relabel(
        request: Request, customer_id: str, visitor: Visitor = Depends(May(desk, "relabel"))
    ) -> Response:  # fmt: skip
        said, lesson = await desk.store.run(_relabel, desk, visitor, customer_id)
        if not is_part(request):
            return sent_to(request, f"/desk/talks/{customer_id}")
        meant = meant_by(said, lesson, pages.words_for(request))
        return pages.show(request, "_meant.html", customer_id=customer_id, meant=meant)


def _relabel(conn: Connection, desk: Desk, visitor: Visitor, customer_id: str) -> tuple[Any, Any]:
    message, intent, now = visitor.form.get("message", ""), visitor.form.get("intent", ""), desk.clock.now()
    if intent not in desk.intents:
        raise Refused(422, "form")
    try:
        learning.propose(conn, message, intent, customer_id=customer_id, by=visitor.owner, now=now)
    except NotAllowed as exc:
        raise Refused(409, exc.code) from None
    audit.record(conn, at=now, by=visitor.owner, action="relabel", customer_id=customer_id, intent=intent)
    return _of_talk(conn, customer_id, message)


def _of_talk(conn: Connection, customer_id: str, message: str) -> tuple[Any, Any | None]:
    if conversations.of_customer(conn, customer_id) is None:
        raise Refused(404, "no_talk")
    said = history.by_ref(conn, message)
    if said is None or said.customer_id != customer_id or not said.text:
        raise Refused(409, "no_such_message")
    return said, learning.of_message(conn, message)
