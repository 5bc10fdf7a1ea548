"""Before every route: bodies are bounded before they are read, callers are slowed down, answers are safe."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

from bot.channels.webchat.pages import STATIC
from bot.client_address import client_address, counted_as
from bot.web_guard import LARGEST_HEADERS, LONGEST_TARGET, WebGuard
from bot.web_rules import RULES, Counts, Rule, rule_for
from crm_store.ports import VirtualClock
from crm_store.unit_of_work import Store
from tests.bot.house import BEGINNING

PROXY = (ip_network("10.0.0.0/8"), ip_network("127.0.0.1"))
SIGN_IN, OTHER = RULES[0], RULES[-1]


@dataclass
class Answer:
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    read: int = 0
    """How many pieces of the request's body were taken from the connection."""


class Site:
    """An app behind its guard, called as a server calls it."""

    def __init__(self, store: Store, **how: Any) -> None:
        self.clock = VirtualClock(datetime.fromisoformat(BEGINNING))
        self.heard: list[bytes] = []
        self.scopes: list[Any] = []
        app = FastAPI()
        app.post("/{path:path}")(self._take)
        app.get("/events")(self._stream)
        app.get("/{path:path}")(self._look)
        self.guard = WebGuard(app, store=store, clock=self.clock, **how)

    async def _take(self, path: str, request: Request) -> str:
        self.scopes.append(request.scope)
        self.heard.append(await request.body())
        return "taken"

    async def _look(self, path: str, request: Request) -> str:
        self.scopes.append(request.scope)
        return "shown"

    async def _stream(self) -> StreamingResponse:
        async def events() -> AsyncIterator[bytes]:
            yield b"data: 1\n\n"

        return StreamingResponse(events(), headers={"Content-Security-Policy": "default-src 'self'"})

    async def __call__(
        self,
        path: str = "/here",
        pieces: Sequence[bytes] = (b"",),
        *,
        method: str = "POST",
        client: str = "203.0.113.9",
        headers: Sequence[tuple[str, str]] = (),
        query: bytes = b"",
        drips: bool = False,
    ) -> Answer:
        answer = Answer()
        waiting = list(pieces)

        async def receive() -> Any:
            if not waiting and (drips or answer.read):
                await asyncio.Event().wait()  # the caller stays on the line and says nothing more
            answer.read += 1
            piece = waiting.pop(0) if waiting else b""
            return {"type": "http.request", "body": piece, "more_body": drips or bool(waiting)}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            answer.body += message.get("body", b"")

        scope = {
            "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": query,
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
            "client": (client, 40000), "scheme": "http", "server": ("127.0.0.1", 8750), "root_path": "",
            "http_version": "1.1", "asgi": {"version": "3.0"},
        }  # fmt: skip
        await self.guard(scope, receive, send)
        return answer

    async def until_slowed_down(self, path: str, **how: Any) -> tuple[int, Answer]:
        """Call until it is refused; return how often it was not."""
        for calls in range(2001):
            if (answer := await self(path, **how)).status == 429:
                return calls, answer
        raise AssertionError(f"{path} takes everything")


@pytest.fixture
def site(store: Store) -> Site:
    return Site(store, trusted_proxies=PROXY)


class TestBodies:
    async def test_one_within_its_bound_passes_whole(self, site: Site) -> None:
        answer = await site(pieces=[b"a" * OTHER.body])

        assert (answer.status, site.heard) == (200, [b"a" * OTHER.body])

    async def test_one_announced_as_too_large_is_refused_before_it_is_read(self, site: Site) -> None:
        answer = await site(headers=[("Content-Length", str(OTHER.body + 1))], pieces=[b"a"])

        assert (answer.status, answer.read, site.heard) == (413, 0, [])
        assert answer.headers["connection"] == "close"

    async def test_one_that_grows_too_large_is_read_no_further(self, site: Site) -> None:
        answer = await site(pieces=[b"a" * OTHER.body, b"a", b"a" * OTHER.body, b"a"])

        assert (answer.status, answer.read, site.heard) == (413, 2, [])

    async def test_a_length_that_is_none_is_refused(self, site: Site) -> None:
        for length in ("-1", "1e3", "²", ""):
            assert (await site(headers=[("Content-Length", length)])).status == 400
        assert (await site(headers=[("Content-Length", "9" * 5000)])).status == 413

    async def test_a_framework_s_own_reading_of_json_is_bounded_too(self, store: Store) -> None:
        site, app = Site(store), FastAPI()

        @app.post("/json")
        async def take(given: dict[str, Any]) -> str:
            return "taken"

        site.guard = WebGuard(app, store=store, clock=site.clock)
        json = [("Content-Type", "application/json")]

        assert (await site("/json", [b'{"a": 1}'], headers=json)).status == 200
        assert (await site("/json", [b'{"a": "', b"a" * OTHER.body, b'"}'], headers=json)).status == 413

    async def test_one_that_drips_is_ended(self, store: Store) -> None:
        site = Site(store, body_within=timedelta(milliseconds=20))

        answer = await site(pieces=[b"a", b"b"], drips=True)

        assert (answer.status, answer.body, site.heard) == (408, b"the body did not arrive within 0.02 s", [])


class TestHeaders:
    async def test_a_monstrous_address_or_head_is_refused(self, site: Site) -> None:
        long = await site(query=b"q" * LONGEST_TARGET)
        large = await site(headers=[("X-A", "a" * LARGEST_HEADERS)])
        many = await site(headers=[("X-A", "a")] * 101)

        assert [long.status, large.status, many.status] == [414, 431, 431]
        assert site.heard == []

    async def test_every_answer_is_safe_and_a_policy_of_its_own_stays(self, site: Site) -> None:
        plain = await site(method="GET")
        page = await site("/events", method="GET")
        refused = await site(headers=[("Content-Length", "nonsense")])

        for answer in (plain, page, refused):
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "same-origin"
        for answer in (plain, refused):
            assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
            assert answer.headers["x-frame-options"] == "DENY"
        assert page.headers["content-security-policy"] == "default-src 'self'"
        assert "x-frame-options" not in page.headers
        assert page.body == b"data: 1\n\n"


class TestRates:
    @pytest.mark.parametrize("path", ["/hooks/telegram", "/chat/messages", "/desk/x", "/api/v1/orders", "/"])
    async def test_an_address_has_its_burst_and_is_told_when_to_come_again(self, site: Site, path: str) -> None:
        rule = rule_for("POST", path)

        calls, refused = await site.until_slowed_down(path)

        assert calls == rule.rate.burst
        assert refused.headers["retry-after"] == "1"
        assert (await site(path, client="203.0.113.10")).status == 200, "another one is not concerned"
        site.clock.move_to(site.clock.now() + timedelta(seconds=1))
        assert (await site(path)).status == 200

    async def test_pages_that_load_and_read_take_nothing_from_those_who_write_from_the_same_address(
        self, site: Site
    ) -> None:
        for path in ("/chat/static/chat.js", "/chat/messages"):
            await site.until_slowed_down(path, method="GET")

        assert (await site("/chat/messages")).status == 200
        assert (await site("/chat", method="GET")).status == 429, "the files share one count"
        assert (await site("/widget.js", method="GET")).status == 429
        assert (await site("/chat/stream", method="GET")).status == 429, "and so does all that is read"

    async def test_an_office_behind_one_address_opens_the_chat_and_talks(self, site: Site) -> None:
        """Fifty at once: page and files, an open line, three messages each, a reload; then they ask for a minute."""
        files = ["/widget.js", "/chat", *(f"/chat/static/{path.name}" for path in STATIC.iterdir())]
        opening = [*(("GET", path) for path in files), ("POST", "/chat/visitor"), ("GET", "/chat/stream")]
        writing = [("POST", "/chat/messages")] * 3
        answers = [
            (await site(path, method=method)).status
            for _ in range(50)
            for method, path in [*opening, *writing, *opening[:-2], opening[-1]]
        ]
        for _ in range(60):
            site.clock.move_to(site.clock.now() + timedelta(seconds=1))
            answers += [(await site("/chat/messages", method="GET")).status for _ in range(13)]
            answers += [(await site("/chat/messages")).status for _ in range(5)]

        assert set(answers) == {200}

    async def test_tries_to_sign_in_are_counted_over_all_processes(self, site: Site, store: Store) -> None:
        other = Site(store)
        for one in (site, other) * (SIGN_IN.rate.burst // 2):
            assert (await one("/desk/sign-in")).status == 200

        refused = [await one("/desk/sign-in") for one in (site, other, Site(store))]

        assert [answer.status for answer in refused] == [429] * 3
        assert {answer.headers["retry-after"] for answer in refused} == {"12"}
        assert (await site("/desk/sign-in", method="GET")).status == 200, "to look at the page is no try"

    async def test_health_and_figures_are_not_counted(self, site: Site) -> None:
        for path in ("/healthz", "/readyz", "/metrics"):
            answers = [await site(path, method="GET") for _ in range(OTHER.rate.burst + 10)]
            assert {answer.status for answer in answers} == {200}

    def test_so_many_addresses_that_they_do_not_fit_share_one_count(self) -> None:
        counts, now = Counts(most=3), datetime.fromisoformat(BEGINNING)
        taken = [counts.take(OTHER, str(number), now=now) for number in range(3 + OTHER.rate.burst + 1)]

        assert [bool(wait) for wait in taken] == [False] * (3 + OTHER.rate.burst) + [True]
        later = now + timedelta(minutes=1)
        assert not any(counts.take(OTHER, f"new {number}", now=later) for number in range(3))

    def test_the_count_of_a_process_is_that_of_the_database(self) -> None:
        rule = Rule("x", "/", 1, SIGN_IN.rate)
        counts, now = Counts(), datetime.fromisoformat(BEGINNING)

        waits = [counts.take(rule, "a", now=now) for _ in range(rule.rate.burst + 1)]

        assert waits[:-1] == [timedelta(0)] * rule.rate.burst
        assert waits[-1] == pytest.approx(rule.rate.every, abs=timedelta(milliseconds=1))


class TestWhoCalls:
    @pytest.mark.parametrize(
        ("peer", "forwarded", "caller"),
        [
            ("203.0.113.9", [], "203.0.113.9"),
            ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
            ("127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", ["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", ["6.6.6.6", "198.51.100.1, 10.1.2.3"], "198.51.100.1"),
            ("127.0.0.1", ["10.9.9.9, 10.1.2.3"], "10.9.9.9"),
            ("127.0.0.1", ["6.6.6.6, nonsense"], "127.0.0.1"),
            ("127.0.0.1", [""], "127.0.0.1"),
            ("::ffff:127.0.0.1", ["2001:db8::7"], "2001:db8::7"),
            ("testclient", ["198.51.100.1"], "testclient"),
        ],
    )
    def test_only_our_own_proxies_are_believed(self, peer: str, forwarded: list[str], caller: str) -> None:
        assert client_address(peer, forwarded, PROXY) == caller

    async def test_a_forged_header_wins_nobody_a_fresh_count(self, site: Site) -> None:
        forged = [await site(headers=[("X-Forwarded-For", f"198.51.100.{n}")]) for n in range(OTHER.rate.burst + 1)]
        honest = [
            await site(client="10.0.0.1", headers=[("X-Forwarded-For", f"198.51.100.{n}")])
            for n in range(OTHER.rate.burst + 1)
        ]

        assert forged[-1].status == 429
        assert {answer.status for answer in honest} == {200}

    async def test_routes_see_the_true_address_and_scheme(self, site: Site) -> None:
        forwarded = [("X-Forwarded-For", "198.51.100.1"), ("X-Forwarded-Proto", "https")]
        await site(client="10.0.0.1", headers=forwarded)
        await site(client="203.0.113.9", headers=forwarded)

        seen = [(scope["client"][0], scope["scheme"]) for scope in site.scopes]
        assert seen == [("198.51.100.1", "https"), ("203.0.113.9", "http")]

    def test_an_ipv6_subscriber_is_one_caller(self) -> None:
        assert counted_as("2001:db8:1:2::3") == counted_as("2001:db8:1:2:ffff::9") != counted_as("2001:db8:1:3::3")
        assert counted_as("203.0.113.9") == "203.0.113.9"
