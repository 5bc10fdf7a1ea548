"""The web chat's side of the browser: passes, messages in, and the mailbox out; `doc.md` has the format."""

from __future__ import annotations

import hmac
import ipaddress
import json
from collections.abc import AsyncIterator, Awaitable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from sqlalchemy import Connection

from bot.channels.edge import store
from bot.channels.webchat import mailbox
from bot.channels.webchat.bell import Bell
from bot.channels.webchat.pages import Pages
from bot.channels.webchat.posted import Refused, Said, read_before, read_cursor, read_json, read_said
from bot.channels.webchat.send import CHANNEL
from bot.channels.webchat.settings import WebchatSettings
from bot.channels.webchat.visitors import (
    IdentityRefused,
    PassRefused,
    Visitor,
    Visitors,
    is_anonymous,
    is_known,
    know,
)
from bot.messages import Inbound
from bot.ports import Receive
from crm_store import budgets
from crm_store.ports import Clock, Ids
from crm_store.unit_of_work import Store

ACCOUNT = "web"
LOOK_EVERY = timedelta(seconds=5)
"""How often an open line looks by itself, since a wake may be lost."""
HEARTBEAT_LOOKS = 3
"""After so many looks without news a line says that it is alive."""
VISITOR_BURST = 10
ADDRESS_BURST = 100
NEWCOMER_BURST = 60
STARTERS = {
    "/track_order": ("查订单", "My order"),
    "/ask_points_balance": ("查积分", "My points"),
    "/request_human_agent": ("找人工", "A person"),
}
"""What the empty page offers: the same choices as the bot's greeting, in both languages."""


class Webchat:
    """The routes of the web chat; ``close`` before the server stops, since open lines have no end of their own."""

    def __init__(
        self, settings: WebchatSettings, receive: Receive, data: Store, *, secret: str, clock: Clock, ids: Ids
    ) -> None:
        identity_secret = settings.identity_secret
        self._settings = settings
        self._receive = receive
        self._store = data
        self._secret = secret
        self._clock = clock
        self._ids = ids
        self._visitors = Visitors(
            secret,
            identity_secret=identity_secret.get_secret_value() if identity_secret else None,
            clock=clock,
            ids=ids,
        )
        self._bell = Bell(data.wakes)
        self._pages = Pages(settings)

    def close(self) -> None:
        """End every open line; browsers come back by themselves."""
        self._bell.close()

    def router(self) -> APIRouter:
        """Return ``/chat`` and what belongs to it, and ``/widget.js``."""
        router = APIRouter(include_in_schema=False)

        @router.get("/chat")
        async def chat(request: Request) -> Response:
            return self._pages.chat(request)

        @router.get("/widget.js")
        async def widget(request: Request) -> Response:
            return self._pages.widget(request)

        @router.get("/chat/static/{name}")
        async def static(request: Request, name: str) -> Response:
            return self._pages.file(request, name)

        @router.post("/chat/visitor")
        async def visitor(request: Request) -> Response:
            return await _answered(self._admit(request))

        @router.post("/chat/messages")
        async def say(request: Request) -> Response:
            return await _answered(self._take(request))

        @router.get("/chat/messages")
        async def ask(request: Request) -> Response:
            return await _answered(self._show(request))

        @router.get("/chat/stream")
        async def stream(request: Request) -> Response:
            return await _answered(self._open_line(request))

        return router

    async def _admit(self, request: Request) -> Response:
        claim = await read_json(request)
        if claim:
            try:
                visitor = self._visitors.vouched(claim)
            except IdentityRefused as exc:
                raise Refused(403, str(exc)) from None
            if not await self._store.read(is_known, visitor.user_id):
                await self._store.run(know, visitor.user_id, now=self._clock.now(), ids=self._ids)
        else:
            await self._spend(self._address(request, "newcomer"), self._settings.newcomer_every, NEWCOMER_BURST)
            visitor = self._visitors.newcomer()
        return _json_response({"pass": self._visitors.pass_of(visitor), "anonymous": is_anonymous(visitor.user_id)})

    async def _take(self, request: Request) -> Response:
        visitor = self._who(request)
        said = read_said(await read_json(request))
        every = self._settings.message_every
        await self._spend(f"webchat:visitor:{visitor.user_id}", every, VISITOR_BURST)
        await self._spend(self._address(request, "address"), every / 10, ADDRESS_BURST)
        inbound = await self._inbound(visitor, said)
        if not await store(self._receive, inbound):
            raise Refused(503, "not stored; send it again", retry_after=timedelta(seconds=2))
        self._bell.ring_visitor(visitor.user_id)
        return _json_response({"stored": said.id})

    async def _inbound(self, visitor: Visitor, said: Said) -> Inbound:
        inbound = Inbound(
            CHANNEL, ACCOUNT, mailbox.external_id(visitor.user_id, said.id), visitor.user_id, "text", text=said.text,
            display_name=visitor.name, language=said.language,
        )  # fmt: skip
        if said.payload is None:
            return inbound
        # A payload may say anything; only what was offered to this visitor may be pressed.
        title = (await self._store.read(mailbox.offered, visitor.user_id)).get(said.payload)
        if title is None and said.payload in STARTERS:
            title = STARTERS[said.payload][said.language == "en"]
        if title is None:
            raise Refused(422, "payload: this button is not on offer (any more)")
        return replace(inbound, kind="payload", payload=said.payload, data={"title": title})

    async def _show(self, request: Request) -> Response:
        visitor, cursor, before = self._who(request), read_cursor(request), read_before(request)
        return _json_response(_shown(await self._store.read(mailbox.look, visitor.user_id, cursor, before=before)))

    async def _open_line(self, request: Request) -> Response:
        visitor, cursor = self._who(request), read_cursor(request)
        if not self._bell.has_room_for(visitor.user_id):
            raise Refused(503, "no line is free just now; ask now and then", retry_after=timedelta(minutes=1))
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        told = self._tell(visitor.user_id, cursor)
        return StreamingResponse(told, media_type="text/event-stream", headers=headers)

    async def _tell(self, user_id: str, cursor: str | None) -> AsyncIterator[str]:
        """Yield server-sent events for as long as the browser listens, each line once."""
        told: set[str] = set()
        waiting: bool | None = None
        quiet = 0
        with self._bell.ear(user_id) as ear:
            while not self._bell.closed:
                seen = await self._store.read(mailbox.look, user_id, cursor)
                self._bell.tell_talk(ear, seen.conversation_id)
                news = tuple(line for line in seen.lines if line["id"] not in told)
                if news or seen.waiting != waiting:
                    waiting, quiet = seen.waiting, 0
                    told.update(line["id"] for line in news)
                    cursor = max(cursor or "", seen.newest or "") or None
                    body = json.dumps(_shown(replace(seen, lines=news)), ensure_ascii=False)
                    yield f"id: {cursor or ''}\ndata: {body}\n\n"
                elif (quiet := quiet + 1) % HEARTBEAT_LOOKS == 0:
                    yield ": still here\n\n"
                await ear.wait(LOOK_EVERY.total_seconds())

    def _who(self, request: Request) -> Visitor:
        scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
        try:
            return self._visitors.read(shown if scheme == "Bearer" else "")
        except PassRefused as exc:
            raise Refused(401, str(exc)) from None

    async def _spend(self, budget: str, every: timedelta, burst: int) -> None:
        wait = await self._store.run(_take, budget, self._clock, every=every, burst=burst)
        if wait:
            raise Refused(429, "too many at once; wait a little", retry_after=wait)

    def _address(self, request: Request, what: str) -> str:
        """Return the name of an address's budget, which doesn't tell the address."""
        host = request.client.host if request.client else ""
        digest = hmac.new(self._secret.encode(), _network(host).encode(), "sha256").hexdigest()
        return f"webchat:{what}:{digest[:24]}"


def _take(conn: Connection, budget: str, clock: Clock, *, every: timedelta, burst: int) -> timedelta:
    return budgets.take(conn, budget, now=clock.now(), every=every, burst=burst)


def _network(host: str) -> str:
    """Return what one household or shop has of the internet: an IPv4 address, or a /64 of IPv6."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else host


async def _answered(work: Awaitable[Response]) -> Response:
    try:
        response = await work
    except Refused as exc:
        headers = {"Cache-Control": "no-store"}
        if exc.retry_after is not None:
            headers["Retry-After"] = str(-(-exc.retry_after // timedelta(seconds=1)))
        return JSONResponse({"error": str(exc)}, status_code=exc.status, headers=headers)
    return response


def _shown(seen: mailbox.Look) -> dict[str, Any]:
    earlier = {} if seen.earlier is None else {"earlier": seen.earlier}
    return {"messages": list(seen.lines), "waiting": seen.waiting, **earlier}


def _json_response(content: Mapping[str, Any]) -> Response:
    return JSONResponse(content, headers={"Cache-Control": "no-store"})
