"""Tells other systems what has happened: signed, again until it is taken, in order for each customer.

    X-Shuke-Event: evt_17   X-Shuke-Timestamp: 1763769600
    X-Shuke-Signature: HMAC-SHA256 over the timestamp, a dot and the body, in hex

An event that was taken and whose answer was lost is told again: the receiver knows it by its id.
"""

from __future__ import annotations

import asyncio
import hmac
from datetime import timedelta

import httpx
import orjson
import structlog

from bot.api.events import signature
from bot.sweeps import Sweeps
from crm_store import webhooks
from crm_store.ports import Clock
from crm_store.unit_of_work import Store
from crm_store.webhooks import Delivery

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
LOOK_EVERY = timedelta(seconds=1)
"""How long an event waits at most while all goes well."""
_AT_ONCE = timedelta(0)
_PATIENCE = 10.0
"""Seconds within which an address has to answer."""


def secret_of(master: str, name: str) -> str:
    """Return the secret that signs what ``name`` is told; another for each, and none of them tells the master."""
    return hmac.new(master.encode(), f"webhook:{name}".encode(), "sha256").hexdigest()


class Webhooks:
    """Tells until it is stopped; any number of processes may, since each event is taken by one at a time."""

    def __init__(self, store: Store, clock: Clock, *, master: str) -> None:
        self._store = store
        self._clock = clock
        self._master = master
        self._http = httpx.AsyncClient(timeout=_PATIENCE, follow_redirects=False)
        self._told_some = False
        self._sweeps = Sweeps(store, self.sweep, topics=(), pause=self._pause)

    async def run(self) -> None:
        """Look regularly until `stop` is called."""
        await self._sweeps.run()

    async def stop(self) -> None:
        """Let `run` end after what is under way."""
        await self._sweeps.stop()
        await self._http.aclose()

    async def sweep(self) -> None:
        """Tell what is due, once."""
        self._told_some = False
        now = self._clock.now()
        if not await self._store.read(webhooks.is_due, now=now):
            return
        claimed = await self._store.run(webhooks.claim, now=now, lease=LEASE)
        self._told_some = any(await asyncio.gather(*(self._tell(one) for one in claimed)))

    async def _tell(self, delivery: Delivery) -> bool:
        """Tell one; return whether it was taken."""
        body = orjson.dumps(delivery.event)
        stamp = str(int(self._clock.now().timestamp()))
        headers = {
            "content-type": "application/json",
            "x-shuke-event": delivery.event["id"],
            "x-shuke-timestamp": stamp,
            "x-shuke-signature": signature(secret_of(self._master, delivery.name), stamp, body),
        }
        try:
            answered = await self._http.post(delivery.url, content=body, headers=headers)
            why = None if answered.is_success else f"answered {answered.status_code}"
        except httpx.HTTPError as exc:
            why = type(exc).__name__
        if why is None:
            await self._store.run(webhooks.told, delivery.id)
            return True
        log.warning("webhook.not_taken", webhook=delivery.name, attempt=delivery.attempts, reason=why)
        await self._store.run(webhooks.failed, delivery, why, now=self._clock.now())
        return False

    def _pause(self) -> timedelta:
        return _AT_ONCE if self._told_some else LOOK_EVERY
