"""`/events` and the hook of the shop: what has happened there.

An event of an order changes the order, and one of a stock the product, as a row of an import does. Any other is
written into the customer's history, where rules of care may wait for it.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

import orjson
import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import ValidationError
from sqlalchemy import Connection

from bot.api.bodies import EventBody
from bot.api.calling import Caller, House, answer, may
from bot.api.customers import named
from bot.api.refusals import ApiRefused, refusal
from bot.channels.edge import storable
from crm_store import api_answers, customers, history, merges
from crm_store.api_answers import Answer
from crm_store.errors import StoreBusy, StoreError
from crm_store.imports import STOCK, RowRefused, apply_shop_event
from crm_store.imports.lookups import brought_to

log = structlog.get_logger(__name__)

STALE_AFTER = timedelta(minutes=5)
CALLER = "hook:shop"
"""Under which the ids of events that came by the hook are kept."""
_LARGEST_DATA = 16 * 1024


def router(house: House) -> APIRouter:
    """Return the route."""
    routes = APIRouter(prefix="/events", tags=["events"])

    @routes.post("", status_code=201, responses={200: {"description": "An event of this id is known"}})
    async def tell(body: EventBody, caller: Caller = may(house, "events:write")) -> Response:
        """Tell what has happened; with an id it happens once."""

        def happen(conn: Connection, now: datetime) -> Answer:
            return _once(conn, house, f"events:{caller.key.name}", caller.by, body, now)

        return await caller.write(happen)

    return routes


def hook(house: House, secret: str) -> APIRouter:
    """Return `/hooks/shop`: events signed by ``secret``, an HMAC-SHA256 over the timestamp, a dot and the body.

    ``X-Shuke-Timestamp`` is in seconds since 1970, ``X-Shuke-Signature`` in hex. The body is
    that of `/events`, and has an ``id``.
    """
    routes = APIRouter()

    @routes.post("/hooks/shop")
    async def call(request: Request) -> Response:
        now, body = house.clock.now(), await request.body()
        stamp, shown = request.headers.get("x-shuke-timestamp", ""), request.headers.get("x-shuke-signature", "")
        if not is_signed(secret, stamp, shown, body):
            log.warning("hook.refused", hook="shop", reason="signature")
            return refusal(401, "wrong_signature", "the signature is not ours", "look at SHUKE_SHOP_HOOK_SECRET")
        if abs(now.timestamp() - int(stamp)) > STALE_AFTER.total_seconds():
            log.warning("hook.refused", hook="shop", reason="stale")
            return refusal(401, "stale", "was signed more than five minutes away", "set the clock; sign it anew")
        try:
            event = EventBody.model_validate(orjson.loads(body))
        except (ValidationError, orjson.JSONDecodeError):
            return refusal(422, "invalid", "is no event of ours", "see EventBody in /api/v1/openapi.json")
        if event.id is None:
            return refusal(422, "invalid", "has no id", "give each event its own", "id")
        try:
            made = await house.store.run(_once, house, CALLER, "shop", event, now)
        except ApiRefused as exc:
            return refusal(exc.status, exc.code, exc.message, exc.mend)
        except RowRefused as exc:
            return refusal(422, "refused", exc.reason, exc.mend, exc.field)
        except StoreBusy as exc:
            return refusal(503, "busy", str(exc), "try again in a second")
        except StoreError as exc:
            return refusal(409, "refused", str(exc))
        return JSONResponse(orjson.loads(made.body), made.status)

    return routes


def is_signed(secret: str, stamp: str, shown: str, body: bytes) -> bool:
    """Return whether ``shown`` is the signature of ``body`` at ``stamp``."""
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        return False
    expected = signature(secret, stamp, body)
    return hmac.compare_digest(expected.encode(), shown.removeprefix("sha256=").lower().encode())


def signature(secret: str, stamp: str, body: bytes) -> str:
    """Return the HMAC-SHA256 of a body and the second at which it is sent, in hex."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _once(conn: Connection, house: House, told_by: str, by: str, event: EventBody, now: datetime) -> Answer:
    if event.id is not None and api_answers.find(conn, told_by, event.id) is not None:
        return answer(200, {"result": "duplicate"})
    made = answer(201, {"result": _happen(conn, house, by, event, now)})
    if event.id is not None:
        api_answers.keep(conn, told_by, event.id, made, now=now)
    return made


def _happen(conn: Connection, house: House, by: str, event: EventBody, now: datetime) -> str:
    if event.type == STOCK:
        return apply_shop_event(conn, event.type, event.data, now=now, ids=house.ids, settings=house.imports)
    if event.type.startswith("order."):
        data = event.data | ({"customer_id": event.customer_id} if event.customer_id else {})
        return apply_shop_event(conn, event.type, data, now=now, ids=house.ids, settings=house.imports)
    if event.customer_id is None:
        raise ApiRefused(422, "invalid", "it happened to nobody", "name the customer by customer_id")
    try:
        written = orjson.dumps(event.data)
    except orjson.JSONEncodeError as exc:  # a number of more than 64 bits, or too deep
        raise ApiRefused(422, "invalid", f"data cannot be stored: {exc}", "send such a number as text") from exc
    if len(written) > _LARGEST_DATA or storable(written.decode()) != written.decode() or b"\\u0000" in written:
        raise ApiRefused(422, "invalid", "data is too long, or holds what cannot be stored", "send less, as plain text")
    key = named(conn, event.customer_id)
    customers.hold(conn, key)
    with brought_to(merges.numbered(conn, event.customer_id)):
        history.record(conn, at=now, kind=event.type, by=by, customer_id=key, data=event.data)
    return "added"
