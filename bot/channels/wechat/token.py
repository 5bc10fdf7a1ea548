"""The access token, shared by all processes: WeChat takes only the newest one that it gave."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.channels.wechat.inbound import CHANNEL
from bot.errors import ChannelBusy
from crm_store import access_tokens
from crm_store.ports import Clock
from crm_store.unit_of_work import Store

RENEWED_BEFORE = timedelta(minutes=4)
"""WeChat gives a new one within the last 5 minutes, in which the old one is good too."""
ASKING_TAKES = timedelta(seconds=30)
"""After so long without an answer another process may ask; two forced renewals have to lie as far apart, too."""
SOMEBODY_ASKS = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Lent:
    """A token as WeChat gave it, and how long it lasts from then on."""

    token: str
    lasts: timedelta


Fetch = Callable[[bool], Awaitable[Lent]]
"""Asks WeChat for the token; true forces a new one, of which a day has 20."""


class SharedToken:
    """The token of one account. ``by`` names this process among all."""

    def __init__(self, store: Store, clock: Clock, fetch: Fetch, *, account: str, by: str) -> None:
        self._store = store
        self._clock = clock
        self._fetch = fetch
        self._account = account
        self._by = by
        self._known: tuple[str, datetime] | None = None
        self._renewing = asyncio.Lock()

    async def get(self) -> str:
        """Return a token that is good for some minutes.

        Raises:
            ChannelBusy: there is none yet, and another process is asking for one.
            Whatever `Fetch` raises.
        """
        if (token := self._fresh()) is not None:
            return token
        async with self._renewing:
            return self._fresh() or await self._held()

    async def instead_of(self, rejected: str) -> str:
        """Return another token than the one that WeChat has rejected; raises as `get`."""
        async with self._renewing:
            if (token := self._fresh()) is not None and token != rejected:
                return token
            self._known = None
            return await self._held(rejected)

    def _fresh(self) -> str | None:
        if self._known is None or self._known[1] <= self._clock.now() + RENEWED_BEFORE:
            return None
        return self._known[0]

    async def _held(self, rejected: str = "") -> str:
        now = self._clock.now()
        held = await self._store.run(
            access_tokens.hold, CHANNEL, self._account, by=self._by, now=now, until=now + ASKING_TAKES,
            needed_until=now + RENEWED_BEFORE, rejected=rejected,
        )  # fmt: skip
        if held.to_renew:
            return await self._renew(rejected)
        if held.token is None or held.expires_at is None or held.token == rejected or held.expires_at <= now:
            raise ChannelBusy("another process is asking wechat for a token", retry_after=SOMEBODY_ASKS)
        self._known = held.token, held.expires_at
        return held.token

    async def _renew(self, rejected: str) -> str:
        kept = False
        try:
            lent = await self._fetch(False)
            if lent.token == rejected:
                # WeChat believes it to be good and would give it again and again.
                lent = await self._fetch(True)
            expires_at = self._clock.now() + lent.lasts
            await self._store.run(
                access_tokens.keep, CHANNEL, self._account, by=self._by, token=lent.token, expires_at=expires_at
            )
            kept = True
        finally:
            if not kept:
                await self._store.run(access_tokens.give_up, CHANNEL, self._account, by=self._by)
        self._known = lent.token, expires_at
        return lent.token
