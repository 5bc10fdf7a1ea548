"""The HTTP server: whether we are alive and ready, and the hooks of channels that call us."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from crm_store.errors import StoreError
from crm_store.unit_of_work import Store


def build_app(store: Store, *, nlu_ready: Any, routers: Sequence[APIRouter] = ()) -> FastAPI:
    """Return the application. ``nlu_ready`` says whether the NLU answers; without it keyword rules do."""
    app = FastAPI(title="Shuke", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/healthz")
    async def alive() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz")
    async def ready() -> JSONResponse:
        try:
            await store.read(_answers)
            database = True
        except (SQLAlchemyError, StoreError):
            database = False
        state = {"database": database, "nlu": "rasa" if nlu_ready() else "rules"}
        return JSONResponse({"ready": database, **state}, status_code=200 if database else 503)

    for router in routers:
        app.include_router(router)
    return app


def _answers(conn: Connection) -> None:
    conn.execute(text("SELECT 1"))
