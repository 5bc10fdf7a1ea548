"""`/metrics` and `/readyz`: what is counted, what waits, and whether this installation can take work."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from bot.metrics import Metrics
from crm_store import figures
from crm_store.errors import StoreError
from crm_store.figures import Figures, Waiting
from crm_store.ports import Clock
from crm_store.unit_of_work import Store

_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
_SWITCHES = ("bot", "care")


@dataclass(frozen=True, slots=True)
class Late:
    """How long a message may wait before nobody seems to be at work."""

    inbox: timedelta
    """From its coming in until it is handled."""
    outbox: timedelta
    """Beyond the moment at which an answer was due to leave."""


def ready_router(store: Store, clock: Clock, *, nlu_ready: Callable[[], bool], late: Late) -> APIRouter:
    """Return `/readyz`: 200 where messages are taken in and worked on, 503 where not, with the reasons.

    Without Rasa keyword rules answer, so that alone makes nobody unready; neither does a
    platform that is away, since what it did not take is due later.
    """
    router = APIRouter()

    @router.get("/readyz")
    async def ready() -> JSONResponse:
        nlu = {"nlu": "rasa" if nlu_ready() else "rules"}
        try:
            waiting, due = await store.read(_ages)
        except (SQLAlchemyError, StoreError):
            return JSONResponse({"ready": False, "database": False, **nlu}, status_code=503)
        now = clock.now()
        inbox, outbox = _age(waiting.since, now), _age(due, now)
        keeps_up = inbox <= late.inbox.total_seconds() and outbox <= late.outbox.total_seconds()
        queues = {"inbox_oldest_s": round(inbox, 1), "outbox_overdue_s": round(outbox, 1)}
        state = {"ready": keeps_up, "database": True, **nlu, "queues": queues}
        return JSONResponse(state, status_code=200 if keeps_up else 503)

    return router


def metrics_router(store: Store, clock: Clock, metrics: Metrics, *, key: str | None) -> APIRouter:
    """Return `/metrics`: for this machine, and with the bearer ``key`` from elsewhere."""
    tables = _Tables(store)
    router = APIRouter()

    @router.get("/metrics")
    async def scrape(request: Request) -> Response:
        if not (_from_here(request) or _has_key(request, key)):
            return PlainTextResponse("forbidden: ask from this machine, or with the key\n", status_code=403)
        try:
            tables.show(await store.read(figures.read), clock.now())
        except (SQLAlchemyError, StoreError):
            tables.show(None, clock.now())
        return Response(
            generate_latest(metrics.registry) + generate_latest(tables.registry), media_type=CONTENT_TYPE_LATEST
        )

    return router


class _Tables:
    """The gauges that are read from the tables when somebody looks."""

    def __init__(self, store: Store) -> None:
        self.registry = CollectorRegistry()

        def gauge(name: str, help: str, *labels: str) -> Gauge:
            return Gauge(f"shuke_{name}", help, labels, registry=self.registry)

        self.registry.register(_StoreWork(store))
        self._up = gauge("database_up", "1 where the database answers.")
        self._inbox = gauge("inbox_open", f"Messages not handled yet, {figures.MOST} for more.")
        self._inbox_oldest = gauge("inbox_oldest_seconds", "How long the oldest of them has waited.")
        self._outbox = gauge("outbox_undelivered", f"Messages that have not left, {figures.MOST} for more.", "channel")
        self._outbox_oldest = gauge("outbox_oldest_seconds", "How long ago the oldest of them was written.", "channel")
        self._overdue = gauge("outbox_overdue_seconds", "How long an answer has been due to leave without a try.")
        self._queue = gauge("queue_conversations", "Conversations that wait for a person.")
        self._queue_longest = gauge("queue_longest_wait_seconds", "How long the first of them has waited.")
        self._paused = gauge("paused", "1 while the emergency stop is on.", "what")

    def show(self, found: Figures | None, now: datetime) -> None:
        """Set the gauges; without figures the last ones are taken back, so that nobody takes them for present."""
        self._up.set(found is not None)
        self._outbox.clear()
        self._outbox_oldest.clear()
        known = found or Figures(Waiting(0, None), {}, None, Waiting(0, None), frozenset())
        for count, oldest, waiting in (
            (self._inbox, self._inbox_oldest, known.inbox),
            (self._queue, self._queue_longest, known.queue),
        ):
            count.set(waiting.count if found else float("nan"))
            oldest.set(_age(waiting.since, now) if found else float("nan"))
        for channel, waiting in known.outbox.items():
            self._outbox.labels(channel).set(waiting.count)
            self._outbox_oldest.labels(channel).set(_age(waiting.since, now))
        self._overdue.set(_age(known.overdue, now) if found else float("nan"))
        for what in _SWITCHES:
            self._paused.labels(what).set(what in known.paused if found else float("nan"))


class _StoreWork(Collector):
    """What the store itself counts."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def collect(self) -> Iterator[Metric]:
        yield CounterMetricFamily("shuke_store_commits", "Transactions committed.", self._store.commits)
        yield GaugeMetricFamily(
            "shuke_store_waiting", "Units of work that wait to be written.", self._store.units_waiting
        )


def _ages(conn: Connection) -> tuple[Waiting, datetime | None]:
    return figures.inbox_waiting(conn), figures.overdue(conn)


def _age(since: datetime | None, now: datetime) -> float:
    """Return how many seconds ago that was, 0 where it is still to come."""
    return max((now - since).total_seconds(), 0.0) if since else 0.0


def _from_here(request: Request) -> bool:
    """Return whether this machine itself asks, and no proxy on it for somebody else."""
    if request.client is None or any(header in request.headers for header in _FORWARDED):
        return False
    try:
        address: Any = ipaddress.ip_address(request.client.host)
    except ValueError:
        return False
    return bool((getattr(address, "ipv4_mapped", None) or address).is_loopback)


def _has_key(request: Request, key: str | None) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if key is None or scheme.lower() != "bearer":
        return False
    # As bytes: a header may hold letters that the comparison of texts refuses.
    return hmac.compare_digest(given.strip().encode(), key.encode())
