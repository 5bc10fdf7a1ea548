"""The desk, put together: one router with every page below ``/desk``."""

from __future__ import annotations

from fastapi import APIRouter

from desk.context import Desk
from desk.customers.merging import merging
from desk.customers.pages import customer_pages
from desk.customers.privacy import privacy
from desk.customers.remembering import remembering
from desk.customers.searching import searching
from desk.customers.timelines import timelines
from desk.due.acting import acting_on_items
from desk.due.pages import due
from desk.inbox.acting import acting
from desk.inbox.mentioned import mentioned
from desk.inbox.queue import queue
from desk.inbox.relabelling import relabelling
from desk.inbox.talk import talk
from desk.oversight.pages import oversight
from desk.own_account import own_account
from desk.pages import Pages, route_of
from desk.signing_in import signing_in


def build_router(desk: Desk) -> APIRouter:
    """Return the routes of the desk. Whoever serves them calls ``desk.live.close()`` before the server stops."""
    pages = Pages(desk)
    router = APIRouter(prefix="/desk", route_class=route_of(pages), include_in_schema=False)
    areas = (
        signing_in, queue, talk, acting, relabelling, mentioned, due, acting_on_items, customer_pages, remembering,
        merging, privacy, timelines, searching, oversight, own_account,
    )  # fmt: skip
    for area in areas:
        area(desk, pages, router)
    return router
