"""`/customers/{id}/points`: what a member has, earns and spends."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import Connection

from bot.api.bodies import CustomerId, PointsBody
from bot.api.calling import Caller, House, answer, may
from bot.api.customers import named
from bot.api.refusals import ApiRefused
from crm_store import customers, points
from crm_store.api_answers import Answer
from crm_store.imports import RowResult, apply_row


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
        reference = body.reference or (f"api:{caller.key.name}:{caller.call}" if caller.call else None)
        if reference is None:
            raise ApiRefused(
                422, "no_reference", "without a name this could be entered twice",
                "send a reference in the body, or an Idempotency-Key",
            )  # fmt: skip

        def move(conn: Connection, now: datetime) -> Answer:
            key = named(conn, customer_id)
            holder = customers.by_id(conn, key)
            if holder is None or holder.customer_no is None:
                raise ApiRefused(
                    409, "not_on_file", "points are for customers whom the shop has on file",
                    "put the customer by the shop's own customer_id first",
                )  # fmt: skip
            row = body.row() | {"customer_id": holder.customer_no, "reference": reference}
            result = apply_row(conn, "points", row, now=now, ids=house.ids, settings=house.imports)
            status = 201 if result is RowResult.ADDED else 200
            return answer(status, {"result": result, **_shown(conn, key, now)}, about=key)

        return await caller.write(move)

    return routes


def _shown(conn: Connection, key: str, now: datetime) -> dict[str, object]:
    return {
        "balance": points.balance(conn, key, now),
        "lots": [
            {"points": lot.points, "expires_at": lot.expires_at.isoformat() if lot.expires_at else None}
            for lot in points.live_lots(conn, key, now)
        ],
    }
