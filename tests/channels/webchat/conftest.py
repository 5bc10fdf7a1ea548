"""The web chat behind a real HTTP server, and browsers that speak HTTP alone."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import Connection, func, select

from bot.channels.webchat.receive import Webchat
from bot.channels.webchat.send import WebchatChannel
from bot.channels.webchat.settings import WebchatSettings
from bot.channels.webchat.visitors import sign
from bot.delivery import queued
from bot.intake import Claimed, Intake
from bot.messages import Button, OutboundKind
from bot.metrics import Metrics
from bot.ports import Receive
from crm_store import conversations, customers, identities, outbox
from crm_store.inbox import inbox
from crm_store.ports import Ulids, VirtualClock
from crm_store.unit_of_work import Store
from crm_store.wakes import TALK
from tests.servers.web import serving

START = datetime(2026, 1, 5, 1, tzinfo=UTC)
SECRET = "the secret of these tests, long enough"
IDENTITY_SECRET = "what the pages of these tests sign with"
SITE = "https://shop.example"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = Store(database_url, durable=False, given_time=True)
    yield store
    store.close()


@dataclass
class Visit:
    """One browser: its pass, and the ids it gives its messages."""

    http: httpx.AsyncClient
    shown: str
    ids: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.shown}"}

    async def post(self, message: Any, **headers: str) -> httpx.Response:
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        given = self.headers | {"Content-Type": "application/json"} | headers
        return await self.http.post("/chat/messages", content=body, headers=given)

    async def say(self, text: str, id: str | None = None, **more: Any) -> httpx.Response:
        return await self.post({"id": id or f"message-{next(self.ids)}", "text": text, **more})

    async def press(self, payload: str) -> httpx.Response:
        return await self.post({"id": f"message-{next(self.ids)}", "payload": payload})

    async def look(self, after: str | None = None, *, before: str | None = None) -> dict[str, Any]:
        params = {name: key for name, key in (("after", after), ("before", before)) if key is not None}
        answer = await self.http.get("/chat/messages", params=params, headers=self.headers)
        assert answer.status_code == 200, answer.text
        seen: dict[str, Any] = answer.json()
        return seen

    async def texts(self, after: str | None = None) -> list[tuple[str, str]]:
        return [(line["by"], line["text"]) for line in (await self.look(after))["messages"]]

    @asynccontextmanager
    async def line(self, after: str | None = None) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        """Open a line, and yield what comes over it."""
        params = {"after": after} if after else {}
        async with self.http.stream("GET", "/chat/stream", params=params, headers=self.headers) as answer:
            assert answer.status_code == 200, await answer.aread()
            yield _events(answer)


async def _events(answer: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    async for line in answer.aiter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


@dataclass
class Chat:
    """A web chat that is served, and the other side of it: what a worker would do."""

    http: httpx.AsyncClient
    webchat: Webchat
    store: Store
    clock: VirtualClock
    ids: Ulids
    channel: WebchatChannel = field(default_factory=WebchatChannel)

    async def visitor(self, **claim: Any) -> Visit:
        answer = await self.http.post("/chat/visitor", json=claim)
        assert answer.status_code == 200, answer.text
        return Visit(self.http, answer.json()["pass"])

    async def vouched(self, user: str, name: str | None = None) -> Visit:
        return await self.visitor(**claim_of(user, self.clock.now() + timedelta(hours=1)), name=name)

    def user_of(self, visit: Visit) -> str:
        return self.webchat._visitors.read(visit.shown).user_id

    async def answer(
        self, to: str, text: str, *, kind: OutboundKind = "reply", buttons: tuple[Button, ...] = ()
    ) -> str:
        """Queue a message, send it over the channel and mark it sent, as delivery does; return its reference."""
        self._pass_time()
        ref = await self.store.run(self._queue, to, text, kind, buttons)
        await self.store.run(outbox.mark_sent, [(ref, ref)], now=self.clock.now())
        who = await self.store.read(identities.find, "webchat", to)
        talk = await self.store.read(conversations.of_customer, who.customer_id)
        self.store.wakes.post(TALK, talk.id)
        self._pass_time()
        return ref

    def _pass_time(self) -> None:
        self.clock.move_to(self.clock.now() + timedelta(milliseconds=5))

    def _queue(self, conn: Connection, to: str, text: str, kind: OutboundKind, buttons: tuple[Button, ...]) -> str:
        who = identities.find(conn, "webchat", to)
        if who is None:
            customers.add(conn, id=f"c-{to}", created_at=self.clock.now())
            identities.add(
                conn, id=f"i-{to}", channel="webchat", user_id=to, customer_id=f"c-{to}", now=self.clock.now()
            )
            conversations.add(conn, id=f"t-{to}", customer_id=f"c-{to}", identity_id=f"i-{to}", now=self.clock.now())
            who = identities.find(conn, "webchat", to)
        assert who is not None
        ref = self.ids.new()
        row = queued(
            ref=ref, dedupe_key=ref, customer_id=who.customer_id, conversation_id=None, identity_id=who.id,
            channel="webchat", recipient=to, kind=kind, text=text, now=self.clock.now(), buttons=buttons,
        )  # fmt: skip
        outbox.queue(conn, [row])
        return ref


def stored(conn: Connection) -> int:
    """Return how many messages have come in."""
    return int(conn.execute(select(func.count()).select_from(inbox)).scalar_one())


def claim_of(user: str, until: datetime, secret: str = IDENTITY_SECRET) -> dict[str, str]:
    """What a page of the shop signs for who is logged in."""
    expires = str(int(until.timestamp()))
    return {"user": user, "expires": expires, "signature": sign(secret, user, expires)}


@asynccontextmanager
async def served_chat(
    store: Store, clock: VirtualClock, *, receive: Receive | None = None, **settings: Any
) -> AsyncIterator[Chat]:
    """Serve a web chat; without ``receive`` its messages are taken in, and nobody answers them."""
    ids = Ulids(clock, Random(1))
    given = {"sites": (SITE,), "identity_secret": SecretStr(IDENTITY_SECRET), **settings}
    lease = timedelta(minutes=1)
    intake = Intake(store, clock, ids, worker="w", lease=lease, start=_nobody_answers, metrics=Metrics())
    webchat = Webchat(WebchatSettings(**given), receive or intake, store, secret=SECRET, clock=clock, ids=ids)
    app = FastAPI()
    app.include_router(webchat.router())
    async with serving(app) as address, httpx.AsyncClient(base_url=address, timeout=10) as http:
        try:
            yield Chat(http, webchat, store, clock, ids)
        finally:
            webchat.close()


def _nobody_answers(_: Claimed) -> None: ...


@pytest.fixture
async def chat(store: Store, clock: VirtualClock) -> AsyncIterator[Chat]:
    async with served_chat(store, clock) as chat:
        yield chat
