"""The API as one application, with its own description of itself."""

from __future__ import annotations

from fastapi import FastAPI

from bot.api import coupons, customers, events, orders, points, tickets
from bot.api.calling import House
from bot.api.refusals import REFUSALS, say_no_in_our_words
from crm_store.desk_hours import DeskHours

PATH = "/api/v1"


def build_api(house: House, desk: DeskHours) -> FastAPI:
    """Return the application that is mounted at `PATH`; `/openapi.json` below it describes it to everybody."""
    api = FastAPI(title="Shuke", version="1", docs_url=None, redoc_url=None, openapi_url="/openapi.json")
    say_no_in_our_words(api)
    for router in (
        customers.router(house),
        points.router(house),
        coupons.router(house),
        tickets.router(house, desk),
        orders.router(house),
        events.router(house),
    ):
        api.include_router(router, responses=REFUSALS)
    return api
