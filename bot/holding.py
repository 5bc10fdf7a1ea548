"""What a process is at work on stays its own: slow is not dead, and others see the lease alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from crm_store import conversations, outbox
from crm_store.ports import Clock
from crm_store.unit_of_work import Store

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class AtWork:
    """What somebody is at work on: conversations, by id, and messages being sent, by reference."""

    conversations: Sequence[str] = ()
    sending: Sequence[str] = ()


async def hold(store: Store, clock: Clock, at_work: Callable[[], AtWork], *, worker: str, lease: timedelta) -> None:
    """Take fresh leases on what is ``at_work`` every third of one, until cancelled."""
    while True:
        await asyncio.sleep(lease.total_seconds() / 3)
        held = at_work()
        if not held.conversations and not held.sending:
            continue
        now = clock.now()
        try:
            await store.run(keep_leases, held, worker=worker, now=now, until=now + lease)
        except Exception as exc:  # noqa: BLE001 - there is time for another try before the lease is over
            log.error("leases.not_kept", worker=worker, error=type(exc).__name__)


def keep_leases(conn: Connection, held: AtWork, *, worker: str, now: datetime, until: datetime) -> None:
    """Take fresh leases on the conversations and messages that ``worker`` is at work on."""
    conversations.extend(conn, held.conversations, worker=worker, now=now, until=until)
    outbox.extend(conn, held.sending, worker=worker, now=now, until=until)
