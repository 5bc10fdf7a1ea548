"""What stands before every route: bodies are bounded before they are read, callers slowed down, answers made safe.

A plain ASGI middleware, since those of the framework would read a body, or hold
back a stream of events. It also puts the caller's true address and scheme into the
scope, so that no route has to look at a proxy's headers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from datetime import timedelta
from typing import Any

import structlog

from bot.client_address import Network, client_address, counted_as, is_trusted
from bot.web_rules import UNLIMITED_PATHS, Counts, Rule, in_whole_seconds, rule_for
from crm_store import budgets
from crm_store.ports import Clock
from crm_store.unit_of_work import Store

log = structlog.get_logger(__name__)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_WITHIN = timedelta(seconds=20)
"""How long a body may take to arrive; whoever drips it would hold a connection for ever."""
LONGEST_TARGET = 8 * 1024
"""Bytes of path and query."""
LARGEST_HEADERS = 32 * 1024
MOST_HEADERS = 100
_SAFE = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
}
_CLOSED_POLICY = {
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"x-frame-options": b"DENY",
}
"""For answers without a policy of their own; the pages of desk and web chat have one."""


class _Refused(Exception):
    """The body is not taken: ends the route that reads it."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class WebGuard:
    """Guards ``app``; only the addresses in ``trusted_proxies`` are believed about whom they forward."""

    def __init__(
        self,
        app: App,
        *,
        store: Store,
        clock: Clock,
        trusted_proxies: Sequence[Network] = (),
        body_within: timedelta = BODY_WITHIN,
    ) -> None:
        self._app = app
        self._store = store
        self._clock = clock
        self._trusted = tuple(trusted_proxies)
        self._body_within = body_within
        self._counts = Counts()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        send = _made_safe(send)
        self._see_through_proxies(scope)
        rule = rule_for(scope["method"], scope["path"])
        if (refusal := _oversized(scope, rule)) is not None:
            await _answer(send, refusal.status, refusal.reason)
            return
        if (wait := await self._wait(scope, rule)) > timedelta(0):
            log.info("web.slowed_down", rule=rule.name, again_in_s=round(wait.total_seconds(), 3))
            await _answer(send, 429, "too many requests; try again later", [(b"retry-after", in_whole_seconds(wait))])
            return
        await self._with_bounded_body(scope, receive, send, rule)

    def _see_through_proxies(self, scope: Scope) -> None:
        peer = scope["client"][0] if scope.get("client") else None
        if peer is None or not is_trusted(peer, self._trusted):
            return
        scope["client"] = client_address(peer, _values(scope, b"x-forwarded-for"), self._trusted), 0
        if (scheme := next(iter(_values(scope, b"x-forwarded-proto")), "")) in ("http", "https"):
            scope["scheme"] = scheme

    async def _wait(self, scope: Scope, rule: Rule) -> timedelta:
        if scope["path"] in UNLIMITED_PATHS:
            return timedelta(0)
        caller = counted_as(scope["client"][0] if scope.get("client") else "unknown")
        now = self._clock.now()
        wait = self._counts.take(rule, caller, now=now)
        if wait or not rule.shared:
            return wait
        return await self._store.run(
            budgets.take, f"web:{rule.name}:{caller}", now=now, every=rule.rate.every, burst=rule.rate.burst
        )

    async def _with_bounded_body(self, scope: Scope, receive: Receive, send: Send, rule: Rule) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._body_within.total_seconds()
        taken, whole, begun = 0, False, False
        refusal: _Refused | None = None

        async def bounded() -> Message:
            nonlocal taken, whole, refusal
            if refusal is not None:
                raise refusal
            if whole:
                return await receive()  # whether the caller is still there
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError:
                refusal = _Refused(408, f"the body did not arrive within {self._body_within.total_seconds():g} s")
                raise refusal from None
            taken += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if taken > rule.body:
                refusal = _too_large(rule)
                raise refusal
            return message

        async def unless_refused(message: Message) -> None:
            nonlocal begun
            # A framework may make a "bad request" of our refusal; the caller gets the true reason below.
            if refusal is None or begun:
                begun = True
                await send(message)

        try:
            await self._app(scope, bounded, unless_refused)
        except _Refused:
            if begun:
                raise  # half an answer is out: the server can only hang up
        if refusal is not None and not begun:
            await _answer(send, refusal.status, refusal.reason)


def _oversized(scope: Scope, rule: Rule) -> _Refused | None:
    target = len(scope.get("raw_path") or scope["path"].encode()) + len(scope.get("query_string", b""))
    if target > LONGEST_TARGET:
        return _Refused(414, f"an address has at most {LONGEST_TARGET} bytes")
    headers = scope["headers"]
    if len(headers) > MOST_HEADERS or sum(len(name) + len(value) for name, value in headers) > LARGEST_HEADERS:
        return _Refused(431, f"a request has at most {MOST_HEADERS} headers and {LARGEST_HEADERS} bytes of them")
    for announced in _values(scope, b"content-length"):
        if not announced.isdecimal():
            return _Refused(400, "Content-Length is no number")
        if len(announced) > len(str(rule.body)) + 10 or int(announced) > rule.body:
            return _too_large(rule)
    return None


def _too_large(rule: Rule) -> _Refused:
    return _Refused(413, f"a body here has at most {rule.body} bytes")


def _values(scope: Scope, wanted: bytes) -> list[str]:
    return [value.decode("latin-1").strip() for name, value in scope["headers"] if name == wanted]


def _made_safe(send: Send) -> Send:
    async def safe(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", ()))
            given = {name.lower() for name, _ in headers}
            closed = {} if b"content-security-policy" in given else _CLOSED_POLICY
            headers += [(name, value) for name, value in (_SAFE | closed).items() if name not in given]
            message = {**message, "headers": headers}
        await send(message)

    return safe


async def _answer(send: Send, status: int, reason: str, more: Sequence[tuple[bytes, str]] = ()) -> None:
    body = reason.encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        # What is left of the request is not read.
        (b"connection", b"close"),
        *((name, value.encode()) for name, value in more),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
