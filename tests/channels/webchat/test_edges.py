"""What the web chat refuses, and the files that it gives; the database has no part in it, so one kind is enough."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.channels.webchat.visitors import kept_secret
from crm_store.ports import VirtualClock
from crm_store.unit_of_work import Store
from tests.channels.webchat.conftest import SITE, START, Chat, claim_of, served_chat, stored
from tests.servers.databases import SqliteDatabases

HOUR = timedelta(hours=1)


@pytest.fixture
def database_url(sqlite_databases: SqliteDatabases) -> Iterator[str]:
    with sqlite_databases.with_tables() as url:
        yield url


@pytest.mark.parametrize("path", ["/chat/messages", "/chat/stream"])
@pytest.mark.parametrize("tamper", ["none", "scheme", "changed", "garbage", "own signature"])
async def test_without_a_pass_of_ours_nothing_is_shown(chat: Chat, path: str, tamper: str) -> None:
    visit = await chat.visitor()
    await visit.say("只给我看")
    body, _, signature = visit.shown.rpartition(".")
    shown = {
        "none": "",
        "scheme": f"Basic {visit.shown}",
        "changed": f"Bearer {body[:-1]}{'A' if body[-1] != 'A' else 'B'}.{signature}",
        "garbage": "Bearer \xff.\xff.\xff",
        "own signature": f"Bearer {body}.AAAA{signature[4:]}",
    }[tamper]

    refused = await chat.http.get(path, headers={"Authorization": shown.encode("latin-1")} if shown else {})

    assert refused.status_code == 401
    assert "只给我看" not in refused.text


@pytest.mark.parametrize(
    ("message", "status", "told"),
    [
        ({"id": "message-1", "text": "x" * 2001}, 422, "text: "),
        ({"id": "message-1", "text": "  "}, 422, "either a text or a payload"),
        ({"id": "message-1", "text": "a", "payload": "/greet"}, 422, "either a text or a payload"),
        ({"id": "message-1", "text": 7}, 422, "text: "),
        ({"id": "short", "text": "a"}, 422, "id: "),
        ({"id": "message-1", "text": "a", "language": "fr"}, 422, "language: "),
        ({"id": "message-1", "text": "a", "user": "somebody"}, 422, "Extra inputs"),
        ({"id": "message-1", "payload": "/never_offered"}, 422, "not on offer"),
        ([], 400, "not a JSON object"),
        (b"{", 400, "not JSON"),
        (b"[" * 10_000, 400, "not JSON"),
        (b" " * 17_000, 413, "16384 bytes"),
    ],
)
async def test_what_is_no_message_is_refused_by_its_place_and_not_stored(
    chat: Chat, message: object, status: int, told: str
) -> None:
    visit = await chat.visitor()

    refused = await visit.post(message)

    assert (refused.status_code, told in refused.json()["error"]) == (status, True), refused.text
    assert await chat.store.read(stored) == 0


async def test_a_form_of_another_page_cannot_post(chat: Chat) -> None:
    visit = await chat.visitor()

    refused = await visit.post({"id": "message-1", "text": "a"}, **{"Content-Type": "text/plain"})

    assert refused.status_code == 415


async def test_a_cursor_that_is_none_is_refused(chat: Chat) -> None:
    visit = await chat.visitor()

    refused = await chat.http.get("/chat/messages", params={"after": "yesterday"}, headers=visit.headers)

    assert (refused.status_code, refused.json()["error"].partition(":")[0]) == (400, "after")


@pytest.mark.parametrize(
    ("claim", "told"),
    [
        (claim_of("C0003", START + HOUR, secret="somebody else's secret"), "data-signature is wrong"),
        (claim_of("C0003", START + HOUR) | {"user": "C0004"}, "data-signature is wrong"),
        (claim_of("C0003", START + HOUR) | {"expires": "99999999999"}, "data-signature is wrong"),
        (claim_of("C0003", START - HOUR), "has run out"),
        (claim_of("C0003", START + 8 * 24 * HOUR), "more than 7 days"),
        (claim_of("anon:01", START + HOUR), "data-user"),
        ({"user": "C0003"}, "data-signature is wrong"),
        ({"user": "C0003", "expires": "1", "signature": "\ud800"}, "data-signature is wrong"),
    ],
)
async def test_a_signature_that_does_not_hold_vouches_for_nobody(chat: Chat, claim: dict[str, str], told: str) -> None:
    refused = await chat.http.post(
        "/chat/visitor", content=json.dumps(claim), headers={"Content-Type": "application/json"}
    )

    assert refused.status_code == 403
    assert told in refused.json()["error"]
    assert "C0003" not in refused.text


async def test_without_a_secret_of_the_shop_nobody_is_vouched_for(store: Store, clock: VirtualClock) -> None:
    async with served_chat(store, clock, identity_secret=None) as chat:
        refused = await chat.http.post("/chat/visitor", json=claim_of("C0003", START + HOUR))

    assert refused.status_code == 403
    assert "SHUKE_WEBCHAT_IDENTITY_SECRET" in refused.json()["error"]


async def test_the_page_runs_our_files_alone_and_only_named_sites_may_frame_it(chat: Chat) -> None:
    page = await chat.http.get("/chat")

    policy = dict(part.split(" ", 1) for part in page.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == f"'self' {SITE}"
    assert "在线客服" in page.text
    assert "<script>" not in page.text


async def test_the_script_knows_which_sites_may_show_the_chat(chat: Chat) -> None:
    script = await chat.http.get("/widget.js")

    assert script.headers["Content-Type"].startswith("text/javascript")
    assert f'const SITES = ["{SITE}"];' in script.text


async def test_files_that_a_browser_has_are_not_sent_again(chat: Chat) -> None:
    first = await chat.http.get("/chat/static/chat.js")
    again = await chat.http.get("/chat/static/chat.js", headers={"If-None-Match": first.headers["ETag"]})
    missing = [await chat.http.get(f"/chat/static/{name}") for name in ("widget.js", "chat.html", "..%2fsend.py")]

    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert {answer.status_code for answer in missing} == {404}


def test_the_secret_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "var" / "webchat.secret"

    first, again = kept_secret(path), kept_secret(path)

    assert first == again
    assert len(first) >= 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
