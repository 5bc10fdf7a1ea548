"""The API keeps to its own description, whatever comes: found out by schemathesis, which makes calls up from it."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bot.api.app import build_api
from crm_store.unit_of_work import Store
from tests.api.shops import DESK, KEY, ShopSystem, build_house

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]
ROUTES = [
    ("/customers", "GET"), ("/customers/{customer_id}", "GET"), ("/customers/{customer_id}", "PUT"),
    ("/customers/{customer_id}/timeline", "GET"), ("/customers/{customer_id}/learning", "PUT"),
    ("/customers/{customer_id}/links", "POST"), ("/customers/{customer_id}/points", "GET"),
    ("/customers/{customer_id}/points", "POST"), ("/customers/{customer_id}/tickets", "GET"),
    ("/customers/{customer_id}/points/refunds", "POST"),
    ("/customers/{customer_id}/coupons", "GET"), ("/customers/{customer_id}/coupons", "POST"),
    ("/coupons/{code}", "GET"), ("/coupons/{code}/reserve", "POST"), ("/coupons/{code}/release", "POST"),
    ("/coupons/{code}/redeem", "POST"), ("/coupons/{code}/undo", "POST"), ("/coupons/{code}/cancel", "POST"),
    ("/customers/{customer_id}/tickets", "POST"), ("/tickets/{number}", "GET"), ("/tickets/{number}/status", "POST"),
    ("/orders/{order_no}", "GET"), ("/orders/{order_no}", "PUT"), ("/events", "POST"),
]  # fmt: skip
HOW = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None}


@pytest.fixture(scope="module")
def described(module_store: Store) -> Any:
    house = build_house(module_store)
    ShopSystem(house, None).has_key("till", KEY)
    return schemathesis.openapi.from_asgi("/openapi.json", build_api(house, DESK))


def made_up(described: Any, path: str, method: str) -> st.SearchStrategy[Any]:
    """Calls that the description allows, and calls that it does not."""
    operation = described[path][method]
    return st.one_of(operation.as_strategy(generation_mode=mode) for mode in GenerationMode)


def keeps_to_it(case: Any) -> None:
    response = case.call(headers={"Authorization": f"Bearer {KEY}"})
    case.validate_response(response, checks=CHECKS)


def test_every_route_is_tried(described: Any) -> None:
    paths = described.raw_schema["paths"]
    assert {(path, method.upper()) for path, methods in paths.items() for method in methods} == set(ROUTES)


@pytest.mark.parametrize(("path", "method"), ROUTES)
def test_no_call_that_can_be_made_up_breaks_it(described: Any, path: str, method: str) -> None:
    @given(made_up(described, path, method))
    @settings(max_examples=10, derandomize=True, **HOW)
    def one(case: Any) -> None:
        keeps_to_it(case)

    one()


@pytest.mark.long
@pytest.mark.parametrize(("path", "method"), ROUTES)
def test_no_call_of_many_more_breaks_it(described: Any, path: str, method: str) -> None:
    @given(made_up(described, path, method))
    @settings(max_examples=60, **HOW)
    def one(case: Any) -> None:
        keeps_to_it(case)

    one()
