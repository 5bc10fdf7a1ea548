"""`/customers`: who they are, and all that is known of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from sqlalchemy import Connection, bindparam, select

from bot.api.bodies import Cursor, CustomerBody, CustomerId, LearningBody, Limit, LinkBody
from bot.api.calling import Caller, House, answer, may
from bot.api.refusals import ApiRefused
from crm_store import audit, learning, link_tokens, timeline
from crm_store.api_answers import Answer
from crm_store.customers import customers
from crm_store.imports import RowResult, apply_row
from crm_store.showing import customer_json, find_customer
from crm_store.timeline import Filters, Place

_PAGE = (
    select(customers.c.id, customers.c.customer_no, customers.c.name, customers.c.tier, customers.c.member)
    .where(customers.c.id > bindparam("after"))
    .order_by(customers.c.id)
    .limit(bindparam("most"))
)


def named(conn: Connection, id: str) -> str:
    """Return the internal id of whom ``id`` names.

    Raises:
        ApiRefused: nobody.
    """
    key = find_customer(conn, id)
    if key is None:
        raise ApiRefused(
            404, "no_such_customer", "there is no such customer", "give a customer_id, an internal id or CHANNEL:USER"
        )
    return key


def router(house: House) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/customers", tags=["customers"])

    @routes.get("")
    async def list_customers(
        caller: Caller = may(house, "customers:read"), cursor: Cursor = None, limit: Limit = 50
    ) -> dict[str, Any]:
        """Customers, a page at a time, in no order that means anything."""

        def page(conn: Connection) -> list[Any]:
            return list(conn.execute(_PAGE, {"after": cursor or "", "most": limit}))

        rows = await caller.read(page)
        found = [
            {"customer_id": row.customer_no, "id": row.id, "name": row.name, "tier": row.tier, "member": row.member}
            for row in rows
        ]
        return {"customers": found, "next": rows[-1].id if len(rows) == limit else None}

    @routes.put("/{customer_id}", responses={201: {"description": "The customer is new"}})
    async def put_customer(
        customer_id: CustomerId, body: CustomerBody, caller: Caller = may(house, "customers:write")
    ) -> Response:
        """Add a customer by the shop's own customer_id, or change what is said."""

        def put(conn: Connection, now: datetime) -> Answer:
            row = body.row() | {"customer_id": customer_id}
            result = apply_row(conn, "customers", row, now=now, ids=house.ids, settings=house.imports)
            key = named(conn, customer_id)
            told = {"result": result, "customer": customer_json(conn, key, now)}
            return answer(201 if result is RowResult.ADDED else 200, told, about=key)

        return await caller.write(put)

    @routes.get("/{customer_id}")
    async def get_customer(customer_id: CustomerId, caller: Caller = may(house, "customers:read")) -> Response:
        """Everything that is known, as `shuke customer show` prints it."""

        def get(conn: Connection, now: datetime) -> Answer:
            key = named(conn, customer_id)
            caller.looks_at(conn, key, now)
            return answer(200, customer_json(conn, key, now))

        return await caller.always(get)

    @routes.put("/{customer_id}/learning")
    async def put_learning(
        customer_id: CustomerId, body: LearningBody, caller: Caller = may(house, "customers:write")
    ) -> Response:
        """Keep whether the bot may learn from a customer's words; after a no, what was learnt of them is given up."""

        def put(conn: Connection, now: datetime) -> Answer:
            key, words = named(conn, customer_id), body.words.strip()
            changed = learning.say(conn, key, body.allowed, evidence=caller.by, by=caller.by, now=now, words=words)
            audit.record(conn, at=now, by=caller.by, action="edit_customer", customer_id=key, what="consent")
            return answer(200, {"allowed": body.allowed, "changed": changed}, about=key)

        return await caller.write(put)

    @routes.post("/{customer_id}/links", status_code=201)
    async def make_link(
        customer_id: CustomerId, body: LinkBody, caller: Caller = may(house, "customers:write")
    ) -> Response:
        """Make a one-time link; whoever brings its token to the bot is this customer. Each call makes another."""
        token = link_tokens.made_up(house.chance)

        def make(conn: Connection, now: datetime) -> Answer:
            key, lasts = named(conn, customer_id), timedelta(hours=body.hours)
            end = link_tokens.issue(conn, key, token, now=now, by=caller.by, way=body.way, lasts=lasts)
            audit.record(conn, at=now, by=caller.by, action="make_link", customer_id=key, way=body.way)
            return answer(201, {"token": token, "expires_at": end.isoformat()})

        return await caller.always(make)

    @routes.get("/{customer_id}/timeline")
    async def get_timeline(
        customer_id: CustomerId,
        caller: Caller = may(house, "customers:read"),
        cursor: Cursor = None,
        limit: Limit = 50,
        group: Annotated[
            list[str] | None, Query(max_length=20, description=f"Of {', '.join(timeline.GROUPS)}.")
        ] = None,
    ) -> Response:
        """What happened, the latest first, a page at a time."""
        if unknown := sorted(set(group or ()) - {*timeline.GROUPS, timeline.OTHER}):
            known = ", ".join(timeline.GROUPS)
            raise ApiRefused(422, "invalid", f"there are {len(unknown)} unknown groups", f"write some of {known}")
        try:
            before = Place.read(cursor) if cursor else None
        except (ValueError, OverflowError):
            raise ApiRefused(422, "invalid", "cursor is none of ours", "send `next` of the page before") from None

        def page(conn: Connection, now: datetime) -> Answer:
            key = named(conn, customer_id)
            caller.looks_at(conn, key, now)
            rows = timeline.page(conn, key, filters=Filters(groups=tuple(group or ())), before=before, most=limit)
            entries = [
                {"at": row.at.isoformat(), "kind": row.kind, "channel": row.channel, "by": row.by}
                | ({"data": row.data or {}} if row.text is None else {"text": row.text})
                for row in rows
            ]
            following = str(timeline.place_of(rows[-1])) if len(rows) == limit else None
            return answer(200, {"entries": entries, "next": following})

        return await caller.always(page)

    return routes
