"""`/tickets`: the matters that the shop owes an answer to."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import Connection

from bot.api.bodies import CustomerId, Number, StatusBody, TicketBody
from bot.api.calling import Caller, House, answer, may
from bot.api.customers import named
from bot.api.refusals import ApiRefused
from crm_store import customers, showing, tickets
from crm_store.api_answers import Answer
from crm_store.desk_hours import DeskHours
from crm_store.tickets import TicketView


def router(house: House, desk: DeskHours) -> APIRouter:
    """Return the routes; ``desk`` says when a case falls due."""
    routes = APIRouter(tags=["tickets"])

    @routes.get("/customers/{customer_id}/tickets")
    async def list_tickets(customer_id: CustomerId, caller: Caller = may(house, "tickets:read")) -> Response:
        """A customer's cases, the oldest first."""

        def get(conn: Connection, now: datetime) -> Answer:
            key = named(conn, customer_id)
            return answer(200, {"tickets": [one.as_json() for one in tickets.of_customer(conn, key)]})

        return await caller.tell(get)

    @routes.post("/customers/{customer_id}/tickets", status_code=201)
    async def open_ticket(
        customer_id: CustomerId, body: TicketBody, caller: Caller = may(house, "tickets:write")
    ) -> Response:
        """Open a case; it falls due by its priority, the customer's tier and the desk's hours."""

        def opened(conn: Connection, now: datetime) -> Answer:
            key = named(conn, customer_id)
            customers.hold(conn, key)
            ticket = tickets.open_ticket(
                conn, customer_id=key, conversation_id=None, channel=None, category=body.category,
                priority=body.priority, order_no=body.order_no, summary=body.summary, now=now, ids=house.ids,
                desk=desk, by=caller.by,
            )  # fmt: skip
            return answer(201, ticket.as_json(), about=key)

        return await caller.write(opened)

    @routes.get("/tickets/{number}")
    async def get_ticket(number: Number, caller: Caller = may(house, "tickets:read")) -> Response:
        """One case."""

        def get(conn: Connection, now: datetime) -> Answer:
            whose, ticket = _found(conn, number)
            return answer(200, {**ticket.as_json(), "customer": showing.called(conn, whose)})

        return await caller.tell(get)

    @routes.post("/tickets/{number}/status")
    async def move_ticket(number: Number, body: StatusBody, caller: Caller = may(house, "tickets:write")) -> Response:
        """Resolve, close or reopen a case; a step that does not exist is refused with 409."""

        def move(conn: Connection, now: datetime) -> Answer:
            whose, _ = _found(conn, number)
            customers.hold(conn, whose)
            if body.status == "open":
                moved = tickets.reopen(conn, number, now=now, desk=desk, by=caller.by)
            else:
                moved = tickets.move(conn, number, body.status, now=now, by=caller.by)
            return answer(200, moved.as_json(), about=whose)

        return await caller.write(move)

    return routes


def _found(conn: Connection, number: str) -> tuple[str, TicketView]:
    found = tickets.find(conn, number)
    if found is None:
        raise ApiRefused(404, "no_such_ticket", "there is no such case", "give its number, such as T-1001")
    return found
