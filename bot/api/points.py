"""`/customers/{id}/points`: what a member has, earns and spends."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import Connection

from bot.api.bodies import CustomerId, PointsBody, RefundBody
from bot.api.calling import Caller, House, answer, may
from bot.api.customers import named
from bot.api.refusals import ApiRefused
from crm_store import customers, points, points_refunds
from crm_store.api_answers import Answer
from crm_store.imports import RowResult, apply_row
from crm_store.imports.cells import Cells


def router(house: House) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/customers/{customer_id}/points", tags=["points"])

    @routes.get("")
    async def get_points(customer_id: CustomerId, caller: Caller = may(house, "points:read")) -> Response:
        """The balance, and the lots that it is made of, the first to expire first."""

        def get(conn: Connection, now: datetime) -> Answer:
            key = named(conn, customer_id)
            return answer(200, _shown(conn, key, now))

        return await caller.tell(get)

    @routes.post("", status_code=201, responses={200: {"description": "The reference is known; nothing changed"}})
    async def move_points(
        customer_id: CustomerId, body: PointsBody, caller: Caller = may(house, "points:write")
    ) -> Response:
        """Earn points, or spend them with a minus. Needs a reference or an Idempotency-Key, so that it happens once."""
        if body.order_no is not None and body.points > 0:
            raise ApiRefused(
                422, "invalid", "an order earns by itself, by the shop's own rules", "leave order_no out, or spend"
            )
        by_order = _spent_on(body.order_no) if body.order_no is not None else None
        reference = caller.name_for(body.reference or by_order)

        def move(conn: Connection, now: datetime) -> Answer:
            key = named(conn, customer_id)
            # The number of who was merged into another one says whose the points are, should they come apart.
            is_numbered = customers.by_number(conn, customer_id) is not None
            holder = customers.by_id(conn, key)
            number = customer_id if is_numbered or holder is None else holder.customer_no
            if number is None:
                raise ApiRefused(
                    409, "not_on_file", "points are for customers whom the shop has on file",
                    "put the customer by the shop's own customer_id first",
                )  # fmt: skip
            row = body.row() | {"customer_id": number, "reference": reference}
            result = apply_row(conn, "points", row, now=now, ids=house.ids, settings=house.imports)
            status = 201 if result is RowResult.ADDED else 200
            told = {"result": result, "reference": reference, **_shown(conn, key, now)}
            return answer(status, told, about=key)

        return await caller.write(move)

    @routes.post(
        "/refunds", status_code=201, responses={200: {"description": "The reference is known; nothing changed"}}
    )
    async def refund_points(
        customer_id: CustomerId, body: RefundBody, caller: Caller = may(house, "points:write")
    ) -> Response:
        """Let spent points come back, into the very lots that they were taken from. Needs a name, as spending does."""
        if (body.spent is None) == (body.order_no is None):
            raise ApiRefused(422, "invalid", "one spend comes back", "send either spent or order_no")
        said = Cells(body.row(), house.imports, now=house.clock.now())
        spent = said.required("spent") if body.spent is not None else _spent_on(said.required("order_no"))
        reference, reason = caller.name_for(said.text("reference")), said.text("reason")

        def refund(conn: Connection, now: datetime) -> Answer:
            key = named(conn, customer_id)
            customers.hold(conn, key)
            known = points.is_known(conn, reference)
            came = points_refunds.refund(
                conn, key, spent, body.points, at=now, ids=house.ids, reference=reference, grace=house.grace,
                reason=reason, by=caller.by,
            )  # fmt: skip
            told = {
                "refunded": came, "left": points_refunds.refundable(conn, key, spent), "reference": reference,
                **_shown(conn, key, now),
            }  # fmt: skip
            return answer(200 if known else 201, told, about=key)

        return await caller.write(refund)

    return routes


def _spent_on(order_no: str) -> str:
    return f"order:{order_no}:spent"


def _shown(conn: Connection, key: str, now: datetime) -> dict[str, object]:
    return {
        "balance": points.balance(conn, key, now),
        "lots": [
            {"points": lot.points, "expires_at": lot.expires_at.isoformat() if lot.expires_at else None}
            for lot in points.live_lots(conn, key, now)
        ],
    }
