"""Who may do what, on every route; and that only our own pages can ask for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from fastapi.routing import APIRoute

from crm_store import agents
from desk.access import May
from desk.pages import HEADERS
from desk.roles import ACTIONS, MATRIX, ROLES, Action, Role, may
from tests.desk.desks import Browser, DeskHouse

OPEN_TO_ALL = {
    ("GET", "/desk/sign-in"), ("POST", "/desk/sign-in"), ("POST", "/desk/language"),
    ("GET", "/desk/static/{name:path}"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Guarded:
    method: str
    path: str
    action: Action


def routes(desk: DeskHouse) -> Iterator[tuple[str, str, list[May]]]:
    for route in desk.router.routes:
        assert isinstance(route, APIRoute)
        guards = [one.call for one in route.dependant.dependencies if isinstance(one.call, May)]
        for method in route.methods:
            yield method, route.path, guards


def guarded(desk: DeskHouse) -> list[Guarded]:
    return [Guarded(method, path, guards[0].action) for method, path, guards in routes(desk) if guards]


async def asked(browser: Browser, route: Guarded, customer: str) -> int:
    path = route.path.replace("{customer_id}", customer)
    if route.method == "GET":
        return (await browser.get(path, params={"before": "99", "after": "0"})).status_code
    return (await browser.post(path, text="hello", to="", what="care")).status_code


def test_every_route_is_open_to_all_on_purpose_or_asks_for_one_action(desk: DeskHouse) -> None:
    unguarded = {(method, path) for method, path, guards in routes(desk) if not guards}
    doubly = [path for _, path, guards in routes(desk) if len(guards) > 1]

    assert unguarded == OPEN_TO_ALL
    assert doubly == []


def test_every_action_has_a_route_and_every_role_its_row(desk: DeskHouse) -> None:
    assert {route.action for route in guarded(desk)} == set(ACTIONS)
    assert set(MATRIX) == set(ROLES)
    assert all(allowed <= set(ACTIONS) for allowed in MATRIX.values())
    assert not may("stranger", "enter")


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_may_do_what_the_table_says_and_nothing_else_on_every_route(desk: DeskHouse, role: Role) -> None:
    await desk.house.says("ana", "I want to talk to a person")
    customer = desk.customer("ana")
    browser = await desk.agent("li", role)

    wrong = []
    for route in sorted(guarded(desk), key=lambda one: one.path == "/desk/sign-out"):
        if route.path == "/desk/live":
            continue  # its answer has no end: test_live asks it
        status = await asked(browser, route, customer)
        # What is allowed may still not be possible from where the conversation stands.
        if (status == 403) == may(role, route.action) or status >= 500 or status == 404:
            wrong.append((route.method, route.path, status))

    assert wrong == []


async def test_who_is_not_signed_in_is_sent_to_the_sign_in_by_every_route(desk: DeskHouse) -> None:
    browser = desk.browser()

    wrong = []
    for route in guarded(desk):
        path = route.path.replace("{customer_id}", "x")
        page = await (browser.get(path) if route.method == "GET" else browser.post(path))
        part = await browser.client.request(route.method, path, headers={"HX-Request": "true"})
        if (page.status_code, page.headers.get("location")) != (303, "/desk/sign-in") and page.status_code != 422:
            wrong.append(path)
        if part.headers.get("HX-Redirect") != "/desk/sign-in" and part.status_code != 422:
            wrong.append(path)

    assert wrong == []


async def test_a_role_that_was_changed_counts_from_the_next_click(desk: DeskHouse) -> None:
    browser = await desk.agent("li")
    before = await browser.get("/desk/queue")

    desk.house.write(agents.set_role, "li", "marketer")

    assert before.status_code == 200
    assert (await browser.get("/desk/queue")).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {},
    ],
)
async def test_a_form_from_elsewhere_does_nothing(desk: DeskHouse, headers: dict[str, str]) -> None:
    await desk.house.says("ana", "I want to talk to a person")
    browser = await desk.agent("li")
    del browser.client.headers["Origin"]

    take = f"/desk/talks/{desk.customer('ana')}/take"
    answer = await browser.client.post(take, data={"csrf": browser.csrf}, headers=headers)
    sign_in = await browser.client.post("/desk/sign-in", data={"name": "li", "password": "x"}, headers=headers)

    assert (answer.status_code, sign_in.status_code) == (403, 403)
    assert desk.house.talk("ana").owner == "queue"


async def test_a_form_without_its_sessions_token_does_nothing(desk: DeskHouse) -> None:
    await desk.house.says("ana", "I want to talk to a person")
    browser, other = await desk.agent("li"), await desk.agent("zhao")
    take = f"/desk/talks/{desk.customer('ana')}/take"

    answers = [await browser.client.post(take, data={"csrf": csrf}) for csrf in ("", "wrong", "错", other.csrf)]

    assert [answer.status_code for answer in answers] == [403] * 4
    assert desk.house.talk("ana").owner == "queue"


async def test_every_page_and_every_refusal_has_the_headers_that_keep_others_out(desk: DeskHouse) -> None:
    browser = await desk.agent("li")
    nobody = desk.browser()

    answers = [
        await browser.get("/desk/queue"), await browser.get("/desk/talks/nobody"), await nobody.get("/desk/queue"),
        await nobody.get("/desk/sign-in"), await nobody.sign_in("li", "wrong"),
        await nobody.get("/desk/static/desk.js"), await nobody.get("/desk/static/settings.py"),
    ]  # fmt: skip

    for answer in answers:
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert "unsafe" not in HEADERS["Content-Security-Policy"]


async def test_no_page_holds_what_its_policy_would_refuse(desk: DeskHouse) -> None:
    await desk.house.says("ana", "I want to talk to a person")
    browser = await desk.agent("li", "admin")
    customer = desk.customer("ana")
    partial = ("/live", "/older", "/timeline")
    paths = {one.path for one in guarded(desk) if one.method == "GET" and not one.path.endswith(partial)}
    pages = ["/desk/sign-in", *(path.replace("{customer_id}", customer) for path in sorted(paths))]

    for path in pages:
        text = (await browser.get(path)).text
        assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:|hx-on|hx-vals=.?js", text) == []
        assert re.findall(r"(?:src|href|action|hx-get|hx-post)=\"(?!/desk|#)", text) == []


async def test_what_a_customer_writes_is_text_and_nothing_else(desk: DeskHouse) -> None:
    await desk.house.says("ana", '<script>alert(1)</script><b hx-get="/desk">a person please')
    browser = await desk.agent("li", "admin")
    customer = desk.customer("ana")

    for path in (f"/desk/talks/{customer}", f"/desk/talks/{customer}/newer?after=0"):
        page = await browser.get(path)
        assert "&lt;script&gt;alert(1)" in page.text
        assert "<script>alert" not in page.text
        assert '<b hx-get="/desk">' not in page.text
