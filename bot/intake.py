"""Take an inbound message in: stored once and for good before its channel is told that it arrived."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, select

from bot.messages import Inbound
from crm_store import conversations, customers, identities, inbox
from crm_store.ports import Clock, Ids
from crm_store.unit_of_work import Store

_who = identities.identities
_talk = conversations.conversations
_person = customers.customers

_KNOWN = (
    select(
        _who.c.id.label("identity_id"), _who.c.customer_id, _who.c.unreachable_since,
        _person.c.language, _person.c.timezone,
        _talk.c.id.label("conversation_id"), _talk.c.state,
    )
    .select_from(_who)
    .join(_person, _person.c.id == _who.c.customer_id)
    .outerjoin(_talk, _talk.c.customer_id == _who.c.customer_id)
    .where(_who.c.channel == bindparam("channel"), _who.c.user_id == bindparam("user_id"))
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message whose turn it is, and what is needed to understand it."""

    inbox_id: int
    ref: str
    conversation_id: str
    identity_id: str
    inbound: Inbound
    received_at: datetime
    language: str | None
    timezone: str | None
    state: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a delivery. ``claimed`` is None where the message was here already, or has to wait."""

    ref: str
    duplicate: bool
    claimed: Claimed | None


class Intake:
    """The callback that channels are handed: returns once the message is stored."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        ids: Ids,
        *,
        worker: str,
        lease: timedelta,
        start: Callable[[Claimed], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._worker = worker
        self._lease = lease
        self._start = start

    async def __call__(self, inbound: Inbound) -> None:
        """Store ``inbound`` and, where its conversation is free, start its turn."""
        receipt = await self.receive(inbound)
        if receipt.claimed is not None:
            self._start(receipt.claimed)

    async def receive(self, inbound: Inbound) -> Receipt:
        """Store ``inbound`` and return what became of it, without starting its turn."""
        return await self._store.run(
            receive, inbound, now=self._clock.now(), ids=self._ids, worker=self._worker, lease=self._lease
        )


def receive(conn: Connection, inbound: Inbound, *, now: datetime, ids: Ids, worker: str, lease: timedelta) -> Receipt:
    """Store a message once, and claim its conversation if that is free; its turn writes the history."""
    known = conn.execute(_KNOWN, {"channel": inbound.channel, "user_id": inbound.user_id}).one_or_none()
    if known is None:
        _add_stranger(conn, inbound, now=now, ids=ids)
    elif known.conversation_id is None:
        conversations.add(conn, id=ids.new(), customer_id=known.customer_id, identity_id=known.identity_id, now=now)
    if known is None or known.conversation_id is None:
        known = conn.execute(_KNOWN, {"channel": inbound.channel, "user_id": inbound.user_id}).one()

    ref = ids.new()
    key = inbox.store(
        conn,
        {
            "ref": ref, "channel": inbound.channel, "account": inbound.account, "external_id": inbound.external_id,
            "conversation_id": known.conversation_id, "identity_id": known.identity_id,
            "body": _body(inbound), "received_at": now,
        },
    )  # fmt: skip
    if key is None:
        return Receipt(ref, duplicate=True, claimed=None)
    # Receipts come late, and say nothing of whether somebody is still there.
    if known.unreachable_since is not None and inbound.event in (None, "follow", "link"):
        identities.mark_reachable(conn, known.identity_id, now)
    mine = inbox.claim(conn, known.conversation_id, worker=worker, now=now, until=now + lease, before=key)
    if not mine:
        return Receipt(ref, duplicate=False, claimed=None)
    return Receipt(ref, duplicate=False, claimed=_claimed(key, ref, inbound, known, received_at=now))


def load_claimed(conn: Connection, row: Any) -> Claimed:
    """Return the claim on an inbox row that waited, with what is needed to understand it now."""
    inbound = Inbound(**row.body, channel=row.channel, account=row.account, external_id=row.external_id)
    known = conn.execute(_KNOWN, {"channel": inbound.channel, "user_id": inbound.user_id}).one()
    return _claimed(row.id, row.ref, inbound, known, received_at=row.received_at)


def _claimed(key: int, ref: str, inbound: Inbound, known: Any, *, received_at: datetime) -> Claimed:
    language = known.language or inbound.language
    return Claimed(
        key, ref, known.conversation_id, known.identity_id, inbound, received_at, language, known.timezone, known.state
    )


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
