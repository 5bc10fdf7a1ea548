"""Take an inbound message in: stored once and for good before its channel is told that it arrived."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakValueDictionary

from sqlalchemy import Connection

from bot import talk
from bot.messages import Inbound
from bot.metrics import Metrics
from crm_store import conversations, customers, identities, inbox
from crm_store.ports import Clock, Ids
from crm_store.unit_of_work import Store
from crm_store.wakes import INBOX, TALK


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message whose turn it is, and what is needed to understand it."""

    inbox_id: int
    ref: str
    inbound: Inbound
    received_at: datetime
    who: Any
    """What was known of the conversation when it was claimed: a row of `talk.load`."""

    @property
    def conversation_id(self) -> str:
        return str(self.who.id)

    @property
    def language(self) -> str | None:
        """The customer's language on file, or the platform's word on it."""
        known: str | None = self.who.language or self.inbound.language
        return known

    @property
    def state(self) -> dict[str, Any]:
        return self.who.state or {}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a delivery. ``claimed`` is None where the message was here already, or has to wait."""

    ref: str
    conversation_id: str
    duplicate: bool
    claimed: Claimed | None


class Intake:
    """The callback that channels are handed: returns once the message is stored.

    ``start`` begins the turn of a message whose conversation was free; without it the
    message is left to the workers of other processes, and they are woken.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        ids: Ids,
        *,
        worker: str,
        lease: timedelta,
        start: Callable[[Claimed], None] | None,
        metrics: Metrics,
    ) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._worker = worker
        self._lease = lease
        self._start = start
        self._metrics = metrics
        self._senders: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def __call__(self, inbound: Inbound) -> None:
        """Store ``inbound`` and, where its conversation is free, start its turn."""
        receipt = await self.receive(inbound)
        if receipt.claimed is not None and self._start is not None:
            self._start(receipt.claimed)

    async def receive(self, inbound: Inbound) -> Receipt:
        """Store ``inbound`` and return what became of it, without starting its turn."""
        # Where units run side by side, a customer's later message could be stored first.
        async with self._one_by_one(inbound):
            receipt = await self._store.run(
                receive,
                _without_nul(inbound),
                now=self._clock.now(),
                ids=self._ids,
                worker=self._worker if self._start is not None else None,
                lease=self._lease,
            )
        self._metrics.received(inbound.channel, duplicate=receipt.duplicate)
        if not receipt.duplicate:
            self._store.wakes.post(TALK, receipt.conversation_id)
            if self._start is None:
                self._store.wakes.post(INBOX)
        return receipt

    def _one_by_one(self, inbound: Inbound) -> asyncio.Lock:
        sender = inbound.channel, inbound.user_id
        lock = self._senders.get(sender)
        if lock is None:
            lock = self._senders[sender] = asyncio.Lock()
        return lock


def receive(
    conn: Connection, inbound: Inbound, *, now: datetime, ids: Ids, worker: str | None, lease: timedelta
) -> Receipt:
    """Store a message once, and claim its conversation for ``worker`` if that is free; its turn writes the history.

    Without a ``worker`` nothing is claimed.
    """
    identities.hold_customer(conn, inbound.channel, inbound.user_id)
    who = talk.find(conn, inbound.channel, inbound.user_id)
    if who is None:
        _add_stranger(conn, inbound, now=now, ids=ids)
    elif who.id is None:
        conversations.add(conn, id=ids.new(), customer_id=who.customer_id, identity_id=who.identity_id, now=now)
    if who is None or who.id is None:
        who = talk.load(conn, inbound.channel, inbound.user_id)

    ref = ids.new()
    key = inbox.store(
        conn,
        {
            "ref": ref, "channel": inbound.channel, "account": inbound.account, "external_id": inbound.external_id,
            "conversation_id": who.id, "identity_id": who.identity_id,
            "body": _body(inbound), "received_at": now,
        },
    )  # fmt: skip
    if key is None:
        return Receipt(ref, who.id, duplicate=True, claimed=None)
    # Receipts come late, and say nothing of whether somebody is still there.
    if who.unreachable_since is not None and inbound.event in (None, "follow", "link"):
        identities.mark_reachable(conn, who.identity_id, now)
    if worker is None or not inbox.claim(conn, who.id, worker=worker, now=now, until=now + lease, before=key):
        return Receipt(ref, who.id, duplicate=False, claimed=None)
    return Receipt(ref, who.id, duplicate=False, claimed=Claimed(key, ref, inbound, now, who))


def _without_nul(inbound: Inbound) -> Inbound:
    """Take out what PostgreSQL cannot keep, should a channel have forgotten to: its turn would fail again and again."""
    given = {"text": inbound.text, "payload": inbound.payload, "display_name": inbound.display_name}
    mended: dict[str, Any] = {name: value.replace("\0", "") for name, value in given.items() if value and "\0" in value}
    return replace(inbound, **mended) if mended else inbound


def load_claimed(conn: Connection, row: Any) -> Claimed:
    """Return the claim on an inbox row that waited, with what is needed to understand it now."""
    inbound = Inbound(**row.body, channel=row.channel, account=row.account, external_id=row.external_id)
    who = talk.load(conn, inbound.channel, inbound.user_id)
    return Claimed(row.id, row.ref, inbound, row.received_at, who)


def _add_stranger(conn: Connection, inbound: Inbound, *, now: datetime, ids: Ids) -> None:
    customer, identity = ids.new(), ids.new()
    customers.add(conn, id=customer, created_at=now, name=inbound.display_name)
    identities.add(conn, id=identity, channel=inbound.channel, user_id=inbound.user_id, customer_id=customer, now=now)
    conversations.add(conn, id=ids.new(), customer_id=customer, identity_id=identity, now=now)


_KEPT = (
    "user_id",
    "kind",
    "text",
    "payload",
    "attachment",
    "contact_phone",
    "event",
    "data",
    "display_name",
    "language",
)
"""What an inbox row keeps of a message beside its own columns."""


def _body(inbound: Inbound) -> dict[str, Any]:
    """What is not there is left out."""
    return {name: value for name in _KEPT if (value := getattr(inbound, name))}
