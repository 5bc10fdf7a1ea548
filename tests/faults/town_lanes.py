"""The customers of a town, who talk one after another and many at once, and the agent who helps some."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from time import monotonic

from sqlalchemy.exc import DBAPIError

from crm_store.ports import Clock, Ids
from crm_store.unit_of_work import Store
from crm_store.wakes import OUTBOX
from tests.faults.chronicle import Chronicle
from tests.faults.customers import Customer, says
from tests.faults.town_database import TownDatabase
from tests.faults.town_plan import Plan
from tests.faults.town_platform import TownTelegram
from tests.faults.townsfolk import help_out, silent_lines, the_customer, words_of_agent


class Lanes:
    """Each lane has one customer after another, until there were kills enough."""

    def __init__(
        self,
        store: Store,
        telegram: TownTelegram,
        database: TownDatabase,
        plan: Plan,
        chronicle: Chronicle,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._said: dict[Customer, int] = {}
        self._store, self._telegram, self._database = store, telegram, database
        self._plan, self._chronicle = plan, chronicle
        self._clock, self._ids = clock, ids

    @property
    def talked(self) -> list[Customer]:
        """All who came, each with the lines that they have said: who waited in vain has not said the rest."""
        return [replace(customer, lines=customer.lines[:said]) for customer, said in self._said.items()]

    async def run(self) -> None:
        """Let as many talk at once as planned; returns when the last has an answer to all they said."""
        async with asyncio.TaskGroup() as lanes:
            for _ in range(self._plan.talking):
                lanes.create_task(self._lane())

    async def _lane(self) -> None:
        while self._chronicle.kills < self._plan.kills:
            customer = the_customer(len(self._said))
            self._said[customer] = 0
            try:
                async with asyncio.timeout(self._plan.patience):
                    await self._talk(customer)
            except TimeoutError:
                self._chronicle.broke(f"customer {customer.user} waited {self._plan.patience} s for an answer")
                return

    async def _talk(self, customer: Customer) -> None:
        silent, answers = silent_lines(customer), 0
        for number, line in enumerate(customer.lines):
            says(self._telegram, customer, line)
            self._said[customer] += 1
            said_at = monotonic()
            if number in silent:
                await self._database.until_true(
                    "SELECT count(*) = %s AS true FROM inbox JOIN identities i ON i.id = identity_id"
                    " WHERE i.user_id = %s AND status = 'done'", number + 1, str(customer.user),
                )  # fmt: skip
                await self._helped(customer, "resolve")
                answers = self._arrived(customer)
                continue
            answers += 1
            if not customer.hasty or number == len(customer.lines) - 1:
                await self._until_arrived(customer, answers)
                self._chronicle.waits.append(monotonic() - said_at)
                answers = self._arrived(customer)
            if number == customer.asks_person:
                await self._database.until_true(
                    "SELECT count(*) = 1 AS true FROM conversations c JOIN identities i ON i.id = c.identity_id"
                    " WHERE i.user_id = %s AND owner = 'queue'", str(customer.user),
                )  # fmt: skip
                await self._helped(customer, "take")
                for words in words_of_agent(customer):
                    await self._helped(customer, "reply", words)
                await self._until_said(customer, words)

    async def _helped(self, customer: Customer, action: str, text: str | None = None) -> None:
        while True:
            try:
                await self._store.run(help_out, customer.user, action, text, now=self._clock.now(), ids=self._ids)
            except DBAPIError:
                await asyncio.sleep(0.05)
                continue
            self._store.wakes.post(OUTBOX)
            return

    def _arrived(self, customer: Customer) -> int:
        return sum(one.chat_id == str(customer.user) for one in self._telegram.sent)

    async def _until_arrived(self, customer: Customer, count: int) -> None:
        await self._telegram.wait_until(lambda: self._arrived(customer) >= count, within=self._plan.patience)

    async def _until_said(self, customer: Customer, words: str) -> None:
        await self._telegram.wait_until(
            lambda: any(one.chat_id == str(customer.user) and one.text == words for one in self._telegram.sent),
            within=self._plan.patience,
        )
