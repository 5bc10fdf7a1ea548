"""Who calls, what they may do, and whether they have called so before.

A write may be named by the caller (``Idempotency-Key``): made again within a week, it
changes nothing and is answered as it was the first time. The name, the answer and
what was done are one transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random, SystemRandom
from typing import Annotated, Any

import orjson
from fastapi import Depends, Header, Request, Security
from fastapi.responses import Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Connection

from bot.api.refusals import ApiRefused
from crm_store import api_answers, api_keys, audit
from crm_store.api_answers import Answer
from crm_store.api_keys import KeyView
from crm_store.imports import ImportSettings
from crm_store.points_refunds import GRACE
from crm_store.ports import Clock, Ids
from crm_store.unit_of_work import Store

SCOPES = {
    "customers:read": "customers, their timeline and all that is known of them",
    "customers:write": "add and change customers",
    "orders:read": "orders",
    "orders:write": "add and change orders",
    "points:read": "balances of points",
    "points:write": "earn and spend points",
    "coupons:read": "coupons",
    "coupons:write": "issue and use coupons",
    "tickets:read": "cases",
    "tickets:write": "open and move cases",
    "events:write": "tell what has happened in the shop",
}
_bearer = HTTPBearer(auto_error=False, description="A key of `shuke api-key add`.")
Named = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key", min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$",
        description="Names this call; the same name again changes nothing and gets the same answer.",
    ),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class House:
    """What the routes work with."""

    store: Store
    clock: Clock
    ids: Ids
    imports: ImportSettings
    chance: Random = field(default_factory=SystemRandom)
    """What tokens are made of."""
    grace: timedelta = GRACE
    """How long points are good that come back after they would have expired."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A call that is allowed, and what it works with."""

    house: House
    key: KeyView
    call: str | None
    request_hash: str

    @property
    def by(self) -> str:
        """Who it was, for history and audit."""
        return f"api:{self.key.name}"

    def name_for(self, reference: str | None) -> str:
        """Return the name by which something happens once: that of the body, or else the call's own.

        Raises:
            ApiRefused: it has none.
        """
        if reference is None and self.call is None:
            raise ApiRefused(
                422, "no_reference", "without a name this could be done twice",
                "send a reference in the body, or an Idempotency-Key",
            )  # fmt: skip
        return reference or f"api:{self.key.name}:{self.call}"

    async def read[T](self, query: Callable[[Connection], T]) -> T:
        """Ask the store."""
        return await self.house.store.read(query)

    async def tell(self, query: Callable[[Connection, datetime], Answer]) -> Response:
        """Answer what is asked; nothing is written, and no writer is kept waiting."""
        told = await self.house.store.read(query, self.house.clock.now())
        return Response(told.body, told.status, media_type="application/json")

    async def write(self, unit: Callable[[Connection, datetime], Answer]) -> Response:
        """Do it, or answer as the first time where a call of this name was made before.

        Raises:
            ApiRefused: the name was used for another call; or whatever ``unit`` raises, and nothing was done.
        """
        answer, is_new = await self.house.store.run(self._once, unit, self.house.clock.now())
        headers = {} if is_new else {"Idempotent-Replayed": "true"}
        return Response(answer.body, answer.status, headers, media_type="application/json")

    def _once(
        self, conn: Connection, unit: Callable[[Connection, datetime], Answer], now: datetime
    ) -> tuple[Answer, bool]:
        if self.call is None:
            return unit(conn, now), True
        if (before := api_answers.find(conn, self.key.name, self.call)) is not None:
            if before.request_hash != self.request_hash:
                raise ApiRefused(
                    422, "idempotency_key_reused", "this Idempotency-Key was used for another call",
                    "choose a new one for each thing to be done",
                )  # fmt: skip
            return before, False
        answer = unit(conn, now)
        kept = replace(answer, request_hash=self.request_hash)
        api_answers.keep(conn, self.key.name, self.call, kept, now=now)
        return answer, True

    async def always(self, unit: Callable[[Connection, datetime], Answer]) -> Response:
        """Do it, whether it was done before or not, and keep nothing of the answer: a look, or a secret."""
        made = await self.house.store.run(unit, self.house.clock.now())
        return Response(made.body, made.status, media_type="application/json")

    def looks_at(self, conn: Connection, customer_id: str, now: datetime) -> None:
        """Note that the customer's data has been seen by the holder of this key; a unit of work."""
        look = {"by": self.by, "action": "view", "customer_id": customer_id}
        if not audit.has_looked(conn, **look, now=now):
            audit.record(conn, at=now, **look)


def answer(status: int, body: Any, *, about: str | None = None) -> Answer:
    """Return an answer of JSON; ``about`` is the customer (internal id) of whom it tells."""
    return Answer(status, orjson.dumps(body, default=str).decode(), about)


def caller(house: House, scope: str) -> Callable[..., Coroutine[Any, Any, Caller]]:
    """Return the dependency of a route that needs ``scope``."""
    assert scope in SCOPES

    async def allowed(
        request: Request,
        shown: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
        named: Named = None,
    ) -> Caller:
        if shown is None:
            raise ApiRefused(
                401, "no_key", "no key was shown", "send Authorization: Bearer KEY; shuke api-key add makes one",
                WWW_Authenticate="Bearer",
            )  # fmt: skip
        key = await house.store.read(api_keys.holder_of, shown.credentials)
        if key is None:
            raise ApiRefused(
                401, "wrong_key", "this key is not known, or was revoked", "shuke api-key list shows those that work",
                WWW_Authenticate='Bearer error="invalid_token"',
            )  # fmt: skip
        if scope not in key.scopes:
            raise ApiRefused(403, "no_scope", f"this key has no scope {scope}", "make another key that has it")
        if api_keys.is_worth_noting(key, now := house.clock.now()):
            await house.store.run(api_keys.used, key.name, now=now)
        asked = f"{request.method}\n{request.url.path}\n{request.url.query}\n".encode()
        return Caller(house, key, named, hashlib.sha256(asked + await request.body()).hexdigest())

    return allowed


def may(house: House, scope: str) -> Any:
    """Return the default value of a route's parameter that is its `Caller`."""
    return Depends(caller(house, scope))
