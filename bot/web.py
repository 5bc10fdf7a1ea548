"""The HTTP server: whether we are alive and ready, what is counted, and the hooks of channels that call us."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from fastapi import APIRouter, FastAPI

from bot.client_address import Network
from bot.metrics import Metrics
from bot.monitoring import Late, metrics_router, ready_router
from bot.tracing import Traced
from bot.web_guard import WebGuard
from crm_store.ports import Clock, Ids, SystemClock, Ulids
from crm_store.unit_of_work import Store

LATE = Late(inbox=timedelta(minutes=5), outbox=timedelta(minutes=5))


def build_app(
    store: Store,
    *,
    nlu_ready: Callable[[], bool],
    routers: Sequence[APIRouter] = (),
    metrics: Metrics | None = None,
    metrics_key: str | None = None,
    late: Late = LATE,
    clock: Clock | None = None,
    ids: Ids | None = None,
    trusted_proxies: Sequence[Network] = (),
    mounted: Mapping[str, FastAPI] | None = None,
) -> FastAPI:
    """Return the application, with its guard before every route; ``mounted`` are others, by their paths.

    ``nlu_ready`` says whether the NLU answers; without it keyword rules do. ``metrics`` is
    what this process counts; ``metrics_key`` lets other machines read it.
    """
    clock = clock or SystemClock()
    app = FastAPI(title="Shuke", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(Traced, ids=ids or Ulids(clock))
    app.add_middleware(WebGuard, store=store, clock=clock, trusted_proxies=trusted_proxies)

    @app.get("/healthz")
    async def alive() -> dict[str, str]:
        return {"status": "alive"}

    app.include_router(ready_router(store, clock, nlu_ready=nlu_ready, late=late))
    app.include_router(metrics_router(store, clock, metrics or Metrics(), key=metrics_key))
    for router in routers:
        app.include_router(router)
    for path, other in (mounted or {}).items():
        app.mount(path, other)
    return app
