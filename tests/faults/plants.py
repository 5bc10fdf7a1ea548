"""Faults that are planted in a process on purpose: what the sweep has to find.

Imported by the fork server alone.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from itertools import count
from typing import Any

from sqlalchemy import Connection, Select
from sqlalchemy.sql import visitors

from bot.channels import edge
from bot.channels.telegram import receive
from bot.messages import Inbound
from crm_store import engines, inbox, outbox
from crm_store.engines import GIVEN_TIME
from crm_store.shared_clock import SharedClock


def plant(name: str | None) -> None:
    """Break this process as ``name`` says."""
    if name is not None:
        _PLANTS[name]()


def _done_before_it_is_answered() -> None:
    """The message is marked done in a transaction of its own, before its answer is written."""
    as_loaded, by_key = inbox.finish_as_loaded, inbox.finish

    def early(conn: Connection, done: bool) -> bool:
        conn.connection.dbapi_connection.commit()  # type: ignore[union-attr]
        return done

    inbox.finish_as_loaded = lambda conn, key, **how: early(conn, as_loaded(conn, key, **how))
    inbox.finish = lambda conn, key: early(conn, by_key(conn, key))


def _claimed_without_a_lock() -> None:
    """Two workers that look for what is due at the same time both find it."""
    for statement in (outbox._CLAIM, outbox._CLAIM_HERE):
        for part in visitors.iterate(statement):
            if isinstance(part, Select):
                part._for_update_arg = None
    claim_due = outbox.claim_due

    def slowly(conn: Connection, **how: Any) -> list[Any]:
        claimed = claim_due(conn, **how)
        time.sleep(0.05 if claimed else 0)
        return claimed

    outbox.claim_due = slowly


def _goes_by_its_own_clock() -> None:
    """Leases, and all that is put off, go by the clock of the machine, which may be wrong."""
    open_it = engines.postgres_engine

    def by_its_own(url: str, **how: Any) -> Any:
        engine = open_it(url, **how)
        setattr(engine.dialect, GIVEN_TIME, True)
        return engine

    engines.postgres_engine = by_its_own
    SharedClock.now = lambda clock: clock._machine.now()  # type: ignore[method-assign]


def _stored_as_often_as_delivered() -> None:
    """What is delivered again is not known by its id."""
    store, numbers = inbox.store, count()

    def as_new(conn: Connection, row: dict[str, Any]) -> int | None:
        return store(conn, {**row, "external_id": f"{row['external_id']}#{row['ref']}{next(numbers)}"})

    inbox.store = as_new


def _acknowledged_before_it_is_stored() -> None:
    """The platform is told that a message has arrived while it still waits to be stored."""
    really, under_way = edge.store, set()

    async def later(take: Any, inbound: Inbound) -> None:
        await asyncio.sleep(0.02)
        await really(take, inbound)

    async def at_once(take: Any, inbound: Inbound) -> bool:
        task = asyncio.create_task(later(take, inbound))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        return True

    receive.store = at_once  # type: ignore[attr-defined]


_PLANTS: dict[str, Callable[[], None]] = {
    "done before it is answered": _done_before_it_is_answered,
    "claimed without a lock": _claimed_without_a_lock,
    "goes by its own clock": _goes_by_its_own_clock,
    "stored as often as delivered": _stored_as_often_as_delivered,
    "acknowledged before it is stored": _acknowledged_before_it_is_stored,
}
