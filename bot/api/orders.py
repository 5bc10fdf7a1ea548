"""`/orders`: what was bought, and where it is."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import Connection

from bot.api.bodies import OrderBody, OrderNo
from bot.api.calling import Caller, House, answer, may
from bot.api.refusals import ApiRefused
from crm_store import customers, orders
from crm_store.api_answers import Answer
from crm_store.imports import RowResult, apply_rows


def router(house: House) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/orders", tags=["orders"])

    @routes.put("/{order_no}", responses={201: {"description": "The order, or an item of it, is new"}})
    async def put_order(order_no: OrderNo, body: OrderBody, caller: Caller = may(house, "orders:write")) -> Response:
        """Add an order or change what is said of it, all its items or none."""

        def put(conn: Connection, now: datetime) -> Answer:
            rows = body.rows(order_no)
            results = apply_rows(conn, "orders", rows, now=now, ids=house.ids, settings=house.imports)
            is_new = RowResult.ADDED in results
            changed = is_new or RowResult.CHANGED in results
            result = RowResult.ADDED if is_new else RowResult.CHANGED if changed else RowResult.UNCHANGED
            shown, whose = _shown(conn, order_no)
            return answer(201 if is_new else 200, {"result": result, "order": shown}, about=whose)

        return await caller.write(put)

    @routes.get("/{order_no}")
    async def get_order(order_no: OrderNo, caller: Caller = may(house, "orders:read")) -> Response:
        """The order with its items."""

        def get(conn: Connection, now: datetime) -> Answer:
            shown, _ = _shown(conn, order_no)
            return answer(200, shown)

        return await caller.tell(get)

    return routes


def _shown(conn: Connection, order_no: str) -> tuple[dict[str, object], str | None]:
    """Return the order as JSON, and whose it is."""
    found = orders.whole(conn, order_no)
    if found is None:
        raise ApiRefused(404, "no_such_order", "there is no such order", "give the number as it was imported")
    owner = customers.by_id(conn, found.customer_id) if found.customer_id else None
    return {**found.as_json(), "customer_id": owner.customer_no if owner is not None else None}, found.customer_id
