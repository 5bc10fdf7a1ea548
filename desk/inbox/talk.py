"""One conversation: what was said, what is said now, and who the customer is, on one screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Depends
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from crm_store import accounts, audit, catalogue, conversations, history, mentions, outbox, taking_over, teams
from desk.access import May
from desk.context import Desk, Visitor
from desk.errors import Refused
from desk.inbox.relabelling import lessons_of
from desk.inbox.telling import tell
from desk.pages import Pages
from desk.roles import may

A_PAGE = 40
MOST_CASES = 20
"""Open ones first."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A stretch of the history as it was read."""

    entries: list[Any]
    titles: dict[str, str]
    states: dict[str, Any]
    lessons: dict[str, Any]
    owner: str
    snoozed: bool

    @property
    def oldest(self) -> int | None:
        """The key to ask for what came before; None where that is all."""
        return self.entries[0].id if len(self.entries) == A_PAGE else None

    @property
    def newest(self) -> int:
        return self.entries[-1].id if self.entries else 0


def talk(desk: Desk, pages: Pages, router: APIRouter) -> None:
    """Add the routes that show a conversation."""

    @router.get("/talks/{customer_id}")
    async def page(
        request: Request, customer_id: str, visitor: Visitor = Depends(May(desk, "see_talk"))
    ) -> Response:  # fmt: skip
        shown = await desk.store.run(_open, desk, visitor, customer_id)
        t = pages.words_for(request)
        seen: Seen = shown.pop("seen")
        told = tell(seen.entries, seen.titles, t, talk_only=True, states=seen.states, lessons=seen.lessons)
        return pages.show(request, "talk.html", told=told, seen=seen, notice=None, **shown)

    @router.get("/talks/{customer_id}/newer")
    async def newer(
        request: Request, customer_id: str, after: int = 0, owner: str = "",
        visitor: Visitor = Depends(May(desk, "see_talk", by_itself=True)),
    ) -> Response:  # fmt: skip
        t = pages.words_for(request)
        seen = await read_part(desk, visitor, customer_id, after=after)
        told = tell(seen.entries, seen.titles, t, talk_only=True, states=seen.states, lessons=seen.lessons)
        # What was sent, or not, since the page was shown stands at bubbles that it has already.
        entries, states = await desk.store.read(_earlier, customer_id, after)
        # Who has the conversation is shown anew only where that has changed: somebody may be typing.
        changed = await desk.store.read(controls, desk, visitor, customer_id) if owner != seen.owner else None
        return pages.show(
            request,
            "_newer.html",
            told=told,
            newest=max(seen.newest, after),
            customer_id=customer_id,
            changed=changed,
            before=tell(entries, {}, t, talk_only=True, states=states),
        )

    @router.get("/talks/{customer_id}/older")
    async def older(
        request: Request, customer_id: str, before: int, visitor: Visitor = Depends(May(desk, "see_talk"))
    ) -> Response:  # fmt: skip
        seen = await read_part(desk, visitor, customer_id, before=before)
        t = pages.words_for(request)
        told = tell(seen.entries, seen.titles, t, talk_only=True, states=seen.states, lessons=seen.lessons)
        return pages.show(request, "_older.html", told=told, oldest=seen.oldest, customer_id=customer_id)

    async def read_part(desk: Desk, visitor: Visitor, customer_id: str, **part: int) -> Seen:
        seen, known = await desk.store.read(_part, desk, visitor, customer_id, **part)
        if not known:
            await desk.store.run(looked, desk, visitor, "see_talk", customer_id)
        return seen


def controls(conn: Connection, desk: Desk, visitor: Visitor, customer_id: str) -> dict[str, Any]:
    """Return what the buttons under a conversation need to know.

    Raises:
        Refused: there is no such conversation.
    """
    found = conversations.of_customer(conn, customer_id)
    if found is None:
        raise Refused(404, "no_talk")
    everyone = teams.everyone(conn)
    people = [one.name for one in accounts.everyone(conn) if one.disabled_at is None and may(one.role, "take")]
    return {
        "customer_id": customer_id,
        "talk_id": found.id,
        "owner": found.owner,
        "mine": found.owner == visitor.owner,
        "colleagues": [name for name in people if name != visitor.name],
        "teams": everyone,
        "team": next((one.name for one in everyone if one.id == found.team), None),
        "snoozed_until": found.snoozed_until,
        "closed": found.closed_at is not None,
    }


def looked(conn: Connection, desk: Desk, visitor: Visitor, action: str, customer_id: str) -> None:
    """Keep that somebody looked at a customer."""
    audit.record(conn, at=desk.clock.now(), by=visitor.owner, action=action, customer_id=customer_id)


def _open(conn: Connection, desk: Desk, visitor: Visitor, customer_id: str) -> dict[str, Any]:
    now = desk.clock.now()
    standing = controls(conn, desk, visitor, customer_id)
    looked(conn, desk, visitor, "see_talk", customer_id)
    mentions.see(conn, visitor.name, customer_id, now=now)
    page = taking_over.page(conn, customer_id, now)
    return {
        "controls": standing,
        "page": page,
        "products": catalogue.called(conn, (item["sku"] for one in page["orders"] for item in one["items"])),
        "most": MOST_CASES,
        "seen": _stretch(conn, customer_id),
    }  # fmt: skip


def _part(
    conn: Connection, desk: Desk, visitor: Visitor, customer_id: str, *, before: int | None = None, after: int = 0
) -> tuple[Seen, bool]:
    now = desk.clock.now()
    known = audit.has_looked(conn, by=visitor.owner, action="see_talk", customer_id=customer_id, now=now)
    return _stretch(conn, customer_id, before=before, after=after), known


def _stretch(conn: Connection, customer_id: str, *, before: int | None = None, after: int = 0) -> Seen:
    found = conversations.of_customer(conn, customer_id)
    if found is None:
        raise Refused(404, "no_talk")
    entries = history.page(conn, customer_id, before=before, after=after, most=A_PAGE)
    titles = outbox.button_titles(conn, customer_id) if entries else {}
    return Seen(
        entries, titles, _states(conn, entries), lessons_of(conn, entries), found.owner, found.snoozed_until is not None
    )  # fmt: skip


def _earlier(conn: Connection, customer_id: str, until: int) -> tuple[list[Any], dict[str, Any]]:
    """Return the newest entries up to a key, with how the messages among them stand."""
    entries = history.page(conn, customer_id, before=until + 1, most=A_PAGE) if until else []
    return entries, _states(conn, entries)


def _states(conn: Connection, entries: list[Any]) -> dict[str, Any]:
    return outbox.states(conn, [one.ref for one in entries if one.kind == "message.out" and one.ref])
