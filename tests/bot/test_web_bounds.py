"""The house as it runs: no route that takes a body is without its bounds, and nothing listens to strangers."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

import httpx
import psutil
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from bot.client_address import Network
from bot.settings import Settings, build
from bot.web_rules import RULES, rule_for
from crm_store.ports import SystemClock, VirtualClock
from tests.bot.test_running import SECRET, house_up, settings, telegram

__all__ = ["settings", "telegram"]  # fixtures of the running house


@pytest.fixture
def apps(monkeypatch: pytest.MonkeyPatch) -> list[FastAPI]:
    """The applications that a house serves while it is up; for them the time stands still."""
    from bot.running import web

    made: list[FastAPI] = []
    build_app = web.build_app

    def keep(*given: Any, **how: Any) -> FastAPI:
        made.append(build_app(*given, **how | {"clock": VirtualClock(SystemClock().now())}))
        return made[-1]

    monkeypatch.setattr(web, "build_app", keep)
    return made


@pytest.fixture
def hooked(settings: Callable[..., Settings]) -> Settings:
    url = "https://shop.example/hooks/telegram"
    return settings(mode="webhook", webhook_url=url, webhook_secret=SecretStr(SECRET))


def taking_bodies(app: FastAPI) -> list[tuple[str, str]]:
    """Every method and path that may come with a body; a parameter of a path is a 1."""
    reading = {"GET", "HEAD", "OPTIONS"}
    return sorted(
        (method, re.sub(r"\{[^}]*\}", "1", path))
        for path, methods in ((route.path, route.methods or set()) for route in routes_of(app))
        for method in methods - reading
    )


def routes_of(app: FastAPI) -> list[Any]:
    """Every route, those of included routers too."""
    found: list[Any] = []
    waiting = list(app.routes)
    while waiting:
        route = waiting.pop()
        inner = getattr(route, "original_router", None) or getattr(route, "app", None)
        if hasattr(route, "methods") and hasattr(route, "path"):
            found.append(route)
        else:
            waiting.extend(getattr(inner, "routes", []))
    return found


async def test_every_route_that_takes_a_body_refuses_one_too_large_unread(
    hooked: Settings, apps: list[FastAPI]
) -> None:
    async with house_up(hooked) as house, httpx.AsyncClient() as client:
        [app] = apps
        routes = taking_bodies(app)
        answers = {
            (method, path): await client.request(
                method, house.address + path, content=b"a" * (rule_for(method, path).body + 1)
            )
            for method, path in routes
        }

    assert ("POST", "/hooks/telegram") in routes
    assert {answer.status_code for answer in answers.values()} == {413}


@pytest.mark.long
async def test_every_hook_and_the_sign_in_and_the_web_chat_slow_their_callers_down(
    hooked: Settings, apps: list[FastAPI]
) -> None:
    refused = {}
    async with house_up(hooked):
        [app] = apps
        # Routes of one rule are counted together, so one of them speaks for all.
        of_rule = {rule_for(method, path): (method, path) for method, path in taking_bodies(app)}
        for number, (method, path) in enumerate(of_rule.values()):
            caller = httpx.ASGITransport(app, client=(f"203.0.113.{number}", 40000))
            async with httpx.AsyncClient(transport=caller, base_url="http://shop.example") as client:
                most = rule_for(method, path).rate.burst
                statuses = [(await client.request(method, path)).status_code for _ in range(most + 1)]
            refused[method, path] = statuses.index(429) == most

    assert {"hooks", "sign-in", "chat sends"} <= {rule.name for rule in of_rule}
    assert all(refused.values()), refused


async def test_the_sign_in_has_the_strictest_rule(hooked: Settings, apps: list[FastAPI]) -> None:
    async with house_up(hooked):
        [app] = apps
        signing_in = [path for method, path in taking_bodies(app) if "sign-in" in path or "login" in path]

    assert {rule_for("POST", path) for path in [*signing_in, "/desk/sign-in"]} == {RULES[0]}


async def test_nothing_listens_on_anything_but_loopback_unless_told_to(hooked: Settings) -> None:
    before = listening()
    async with house_up(hooked):
        ours = listening() - before

    assert len(ours) >= 2, "the HTTP server, and that of the terminals"
    assert all(ip_address(address).is_loopback for address, _ in ours), ours


def listening() -> set[tuple[str, int]]:
    return {
        (one.laddr.ip, one.laddr.port)
        for one in psutil.Process().net_connections("inet")
        if one.status == psutil.CONN_LISTEN
    }


@pytest.mark.parametrize("given", [["127.0.0.1", "10.0.0.0/8"], "127.0.0.1, 10.0.0.0/8"])
def test_trusted_proxies_are_a_list_or_a_line(given: Any, tmp_path: Any) -> None:
    trusted: tuple[Network, ...] = build({"web": {"trusted_proxies": given}}, root=tmp_path).web.trusted_proxies

    assert [str(network) for network in trusted] == ["127.0.0.1/32", "10.0.0.0/8"]
