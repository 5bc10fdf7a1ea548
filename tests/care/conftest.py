"""A small shop on a real store, with a clock that stands still until it is moved."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, select

from care.due import Fired
from care.occasions import next_due, occasions
from care.policy import Policy, load_policy
from care.schedule import sweep
from care.settings import CareSettings
from crm_store import consents, conversations, customers, history, identities, tickets
from crm_store.outbox import outbox
from crm_store.ports import Ulids, VirtualClock
from crm_store.unit_of_work import Store
from tests.crm_store.people import DESK

BEGINNING = datetime(2026, 1, 5, 1, tzinfo=UTC)  # 09:00 in Shanghai


class Shop:
    """The shop as these tests move it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = VirtualClock(BEGINNING)
        self.ids = Ulids(self.clock, Random(7))
        self.policy: Policy = load_policy(CareSettings())

    def write(self, unit: Any, *args: Any, **kwargs: Any) -> Any:
        return self.store.run_now(unit, *args, **kwargs)

    def read(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        return self.store.read_now(query, *args, **kwargs)

    def customer(
        self, id: str, *, birthday: tuple[int, int] | None = None, care: bool = True, channel: str | None = "telegram",
        **fields: Any,
    ) -> None:  # fmt: skip
        now = self.clock.now()

        def add(conn: Connection) -> None:
            month, day = birthday or (None, None)
            customers.add(conn, id=id, created_at=now, **{"birth_month": month, "birth_day": day, **fields})
            if channel:
                identities.add(
                    conn, id=f"{id}@{channel}", channel=channel, user_id=id, customer_id=id, now=now, verified=True
                )
            if care:
                consents.set_marketing(conn, id, True, now=now, evidence="import", by="import")

        self.write(add)

    def ticket(self, customer_id: str) -> str:
        def unit(conn: Connection) -> str:
            return tickets.open_ticket(
                conn, customer_id=customer_id, conversation_id=None, channel="telegram", category="service",
                priority="normal", order_no=None, summary="broken", now=self.clock.now(), ids=self.ids,
                desk=DESK,
            ).number  # fmt: skip

        return self.write(unit)

    def move_ticket(self, number: str, status: str) -> None:
        self.write(tickets.move, number, status, now=self.clock.now(), by="agent:li")

    def conversation_with(self, customer_id: str, owner: str) -> None:
        def unit(conn: Connection) -> None:
            conversations.add(
                conn, id=f"c-{customer_id}", customer_id=customer_id, identity_id=f"{customer_id}@telegram",
                now=self.clock.now(),
            )  # fmt: skip
            conn.execute(conversations.conversations.update().values(owner=owner))

        self.write(unit)

    async def begin(self) -> None:
        """The first sweep ever marks where time begins."""
        await self.sweep()

    async def sweep(self) -> list[Fired]:
        return await sweep(self.store, self.clock.now(), policy=self.policy, ids=self.ids)

    async def live_until(self, moment: str) -> list[Fired]:
        """Let time pass as the simulator does, from one due moment to the next."""
        end = datetime.fromisoformat(moment)
        fired: list[Fired] = []
        while (due_at := self.read(self._next_due, end)) is not None:
            self.clock.move_to(due_at)
            fired += await self.sweep()
        self.clock.move_to(end)
        return fired + await self.sweep()

    async def sleep_until(self, moment: str) -> list[Fired]:
        """Nobody runs until then; afterwards one sweep."""
        self.clock.move_to(datetime.fromisoformat(moment))
        return await self.sweep()

    def messages(self) -> list[Any]:
        return self.read(lambda conn: conn.execute(select(outbox).order_by(outbox.c.id)).all())

    def happened(self, prefix: str = "care.") -> list[tuple[str, str | None]]:
        """What the history says of care: (kind, reason)."""
        entries = self.read(history.since, 0)
        return [(one.kind, one.data.get("reason")) for one in entries if one.kind.startswith(prefix)]

    def occasions(self, since: datetime, until: datetime) -> list[Any]:
        return self.read(occasions, self.policy.rules, since=since, until=until, settings=self.policy.settings)

    def _next_due(self, conn: Connection, end: datetime) -> datetime | None:
        return next_due(conn, self.policy.rules, after=self.clock.now(), until=end, settings=self.policy.settings)


@pytest.fixture
def shop(empty_store: Store) -> Shop:
    return Shop(empty_store)
