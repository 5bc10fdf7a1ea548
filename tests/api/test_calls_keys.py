"""Each key opens what its scopes say, and nothing else."""

from __future__ import annotations

from datetime import timedelta

from bot.api.app import build_api
from bot.api.calling import SCOPES
from crm_store import api_keys
from tests.api.shops import DESK, NOW, ShopSystem

CALLS = {
    "customers:read": [("GET", "/customers"), ("GET", "/customers/C1"), ("GET", "/customers/C1/timeline")],
    "customers:write": [("PUT", "/customers/C1"), ("POST", "/customers/C1/links"), ("PUT", "/customers/C1/learning")],
    "orders:read": [("GET", "/orders/A1")],
    "orders:write": [("PUT", "/orders/A1")],
    "points:read": [("GET", "/customers/C1/points")],
    "points:write": [("POST", "/customers/C1/points"), ("POST", "/customers/C1/points/refunds")],
    "coupons:read": [("GET", "/customers/C1/coupons"), ("GET", "/coupons/AAAA")],
    "coupons:write": [
        ("POST", "/customers/C1/coupons"),
        ("POST", "/coupons/AAAA/reserve"),
        ("POST", "/coupons/AAAA/release"),
        ("POST", "/coupons/AAAA/redeem"),
        ("POST", "/coupons/AAAA/undo"),
        ("POST", "/coupons/AAAA/cancel"),
    ],
    "tickets:read": [("GET", "/customers/C1/tickets"), ("GET", "/tickets/T-1")],
    "tickets:write": [("POST", "/customers/C1/tickets"), ("POST", "/tickets/T-1/status")],
    "events:write": [("POST", "/events")],
}


BODIES = {
    "/customers/C1/points": {"points": 1, "reference": "r"},
    "/customers/C1/tickets": {"category": "other", "summary": "s"},
    "/customers/C1/points/refunds": {"spent": "r", "reference": "r2"},
    "/customers/C1/coupons": {"coupon": "ten-off", "reference": "r"},
    "/coupons/AAAA/reserve": {"order_no": "A1", "spend": 80},
    "/coupons/AAAA/release": {"order_no": "A1"},
    "/coupons/AAAA/redeem": {"order_no": "A1", "spend": 80},
    "/coupons/AAAA/undo": {"order_no": "A1"},
    "/tickets/T-1/status": {"status": "closed"},
    "/events": {"type": "shop.visit", "customer_id": "C1"},
}


class TestKeys:
    def test_every_route_is_in_the_table(self, till: ShopSystem) -> None:
        paths = build_api(till.house, DESK).openapi()["paths"]
        routes = sum(len(methods) for methods in paths.values())

        assert routes == sum(len(calls) for calls in CALLS.values())
        assert set(CALLS) == set(SCOPES)

    async def test_each_scope_opens_its_routes_and_no_other(self, till: ShopSystem) -> None:
        for scope in SCOPES:
            till.has_key(scope.replace(":", "-"), f"shk_{scope}", scope)
        for needed, calls in CALLS.items():
            for method, path in calls:
                body = None if method == "GET" else BODIES.get(path, {})
                for scope in SCOPES:
                    till.house.clock.move_to(till.house.clock.now() + timedelta(seconds=1))  # one address has its rate
                    answered = await till.call(method, path, body, key=f"shk_{scope}")
                    assert (answered.status_code == 403) == (scope != needed), (method, path, scope)

    async def test_without_a_key_with_a_wrong_one_and_with_a_revoked_one_nobody_comes_in(
        self, till: ShopSystem
    ) -> None:
        bare = await till.http.get("/api/v1/customers")
        wrong = await till.call("GET", "/customers", key="shk_wrong")
        till.house.store.run_now(api_keys.revoke, "till", now=NOW)
        revoked = await till.call("GET", "/customers")

        assert [answer.status_code for answer in (bare, wrong, revoked)] == [401, 401, 401]
        assert all(answer.headers["www-authenticate"].startswith("Bearer") for answer in (bare, wrong, revoked))
        assert "shk_wrong" not in wrong.text

    async def test_the_use_of_a_key_is_noted(self, till: ShopSystem) -> None:
        await till.call("GET", "/customers")

        (key,) = till.house.store.read_now(api_keys.everyone)
        assert key.used_at == till.house.clock.now()
