"""`/coupons` and `/customers/{id}/coupons`: who has which, and that each is used by one order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import Connection

from bot.api.bodies import Body, CouponBody, CouponCode, CustomerId, OfOrderBody, UseBody
from bot.api.calling import Caller, House, answer, may
from bot.api.customers import named
from bot.api.refusals import ApiRefused
from crm_store import coupon_use, coupons
from crm_store.api_answers import Answer
from crm_store.errors import NotAllowed
from crm_store.imports.cells import Cells

Step = Callable[[Connection, datetime], Decimal | int | None]


def router(house: House) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["coupons"])

    @routes.get("/customers/{customer_id}/coupons")
    async def list_coupons(customer_id: CustomerId, caller: Caller = may(house, "coupons:read")) -> Response:
        """A customer's coupons, the oldest first."""

        def get(conn: Connection, now: datetime) -> Answer:
            key = named(conn, customer_id)
            return answer(200, {"coupons": [coupons.as_json(one) for one in coupons.of_customer(conn, key)]})

        return await caller.tell(get)

    @routes.post(
        "/customers/{customer_id}/coupons", status_code=201,
        responses={200: {"description": "The reference is known; nothing changed"}},
    )  # fmt: skip
    async def issue_coupon(
        customer_id: CustomerId, body: CouponBody, caller: Caller = may(house, "coupons:write")
    ) -> Response:
        """Give a coupon, for points where that is said. Needs a reference or an Idempotency-Key: it happens once."""
        said = _read(house, body)
        reference, rule = caller.name_for(said.text("reference")), said.required("coupon")
        give = coupon_use.redeem if body.for_points else coupons.issue

        def issue(conn: Connection, now: datetime) -> Answer:
            key = named(conn, customer_id)
            is_new = coupons.by_reference(conn, reference) is None
            row = give(conn, key, rule, at=now, ids=house.ids, reference=reference, by=caller.by)
            return answer(201 if is_new else 200, coupons.as_json(row), about=key)

        return await caller.write(issue)

    @routes.get("/coupons/{code}")
    async def get_coupon(code: CouponCode, caller: Caller = may(house, "coupons:read")) -> Response:
        """One coupon."""

        def get(conn: Connection, now: datetime) -> Answer:
            return answer(200, _shown(conn, code))

        return await caller.tell(get)

    @routes.post("/coupons/{code}/reserve")
    async def reserve_coupon(code: CouponCode, body: UseBody, caller: Caller = may(house, "coupons:write")) -> Response:
        """Keep a coupon for an order that is being paid, half an hour long; tells what it takes off."""
        said = _read(house, body)
        order_no, spend = said.required("order_no"), _spend(said)

        def step(conn: Connection, now: datetime) -> Decimal:
            return coupon_use.reserve(conn, code, order_no, spend, at=now, by=caller.by)

        return await _do(caller, code, step, "off")

    @routes.post("/coupons/{code}/release")
    async def release_coupon(
        code: CouponCode, body: OfOrderBody, caller: Caller = may(house, "coupons:write")
    ) -> Response:
        """Let a coupon go that was kept for an order; of any other it changes nothing."""
        order_no = _read(house, body).required("order_no")

        def step(conn: Connection, now: datetime) -> None:
            coupon_use.release(conn, code, order_no, at=now, by=caller.by)

        return await _do(caller, code, step)

    @routes.post("/coupons/{code}/redeem")
    async def redeem_coupon(code: CouponCode, body: UseBody, caller: Caller = may(house, "coupons:write")) -> Response:
        """Use a coupon for an order; tells what it takes off. The same order again changes nothing."""
        said = _read(house, body)
        order_no, spend = said.required("order_no"), _spend(said)

        def step(conn: Connection, now: datetime) -> Decimal:
            return coupon_use.use(conn, code, order_no, spend, at=now, by=caller.by)

        return await _do(caller, code, step, "off")

    @routes.post("/coupons/{code}/undo")
    async def undo_coupon(
        code: CouponCode, body: OfOrderBody, caller: Caller = may(house, "coupons:write")
    ) -> Response:
        """Give a coupon back that an order has used; one that is cancelled or refunded does so by itself."""
        order_no = _read(house, body).required("order_no")

        def step(conn: Connection, now: datetime) -> None:
            coupon_use.undo(conn, code, order_no, at=now, by=caller.by)

        return await _do(caller, code, step)

    @routes.post("/coupons/{code}/cancel")
    async def cancel_coupon(code: CouponCode, caller: Caller = may(house, "coupons:write")) -> Response:
        """Take a coupon back that is not used; tells how many points came back for it."""

        def step(conn: Connection, now: datetime) -> int:
            return coupon_use.cancel(conn, code, at=now, ids=house.ids, grace=house.grace, by=caller.by)

        return await _do(caller, code, step, "points")

    return routes


async def _do(caller: Caller, code: str, step: Step, told: str | None = None) -> Response:
    """Take a step with a coupon; answer with the coupon, and with what the step gave under the name ``told``."""

    def unit(conn: Connection, now: datetime) -> Answer:
        _shown(conn, code)
        gave = step(conn, now)
        shown = _shown(conn, code)
        if told is not None:
            shown[told] = f"{gave:f}" if isinstance(gave, Decimal) else gave
        return answer(200, shown, about=coupons.by_code(conn, code).customer_id)

    return await caller.write(unit)


def _shown(conn: Connection, code: str) -> dict[str, object]:
    try:
        return coupons.as_json(coupons.by_code(conn, code))
    except NotAllowed:
        raise ApiRefused(404, "no_such_coupon", "there is no such coupon", "give its code as it was issued") from None


def _read(house: House, body: Body) -> Cells:
    return Cells(body.row(), house.imports, now=house.clock.now())


def _spend(said: Cells) -> Decimal:
    said.required("spend")
    spend = said.exact("spend")
    assert spend is not None
    if spend < 0:
        raise ApiRefused(422, "invalid", "no order comes to less than nothing", "send what it comes to before coupons")
    return spend
