"""Our own side: the whole pipeline in this process, on a SQLite file, with a channel that only takes."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from sqlalchemy import Connection, insert

from benchmarks.load import Customer
from bot.listening import Listening
from bot.messages import Inbound, Outbound
from bot.ports import Capabilities
from bot.settings import build
from bot.turn import Understand
from bot.wiring import build_house, build_understander
from crm_store import conversations, customers, history, identities, orders, points, schema
from crm_store.ports import SystemClock, Ulids
from crm_store.unit_of_work import Store
from nlu.understand import IntentClassifier

CHANNEL = "terminal"
WAY = 3
"""Rounds of the event loop."""
SILENCE = 5.0
"""Seconds after which a turn counts as silent."""


class TakingChannel:
    """Takes every message at once, as a platform without a network would."""

    name = CHANNEL
    capabilities = Capabilities(text_limit=4096, buttons=True, contact=True)

    def __init__(self) -> None:
        self._taken: dict[str, list[str]] = {}
        self._waiting: dict[str, asyncio.Event] = {}

    async def send(self, message: Outbound) -> str:
        self._taken.setdefault(message.recipient, []).append(message.text)
        if (waiting := self._waiting.get(message.recipient)) is not None:
            waiting.set()
        return message.id

    def listen(self, customer: str) -> None:
        """Begin to wait for answers to this customer."""
        self._waiting[customer] = asyncio.Event()

    async def answers(self, customer: str) -> list[str]:
        """Return the answers of a turn, which are sent one right after the other; none where none comes in time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SILENCE):
                await self._waiting[customer].wait()
        # The answer's way to the customer: nobody writes again in the very moment of the sending.
        for _ in range(WAY):
            await asyncio.sleep(0)
        return self._taken.pop(customer, [])


class Shuke:
    """A `Target`: a message goes in by the intake, and its turn is over when the channel has the answers."""

    def __init__(
        self,
        classifier: IntentClassifier | None = None,
        *,
        understand: Understand | None = None,
        others: Sequence[psutil.Process] = (),
        store_url: str | None = None,
        worker: str = "bench",
        first_customer: int = 0,
    ) -> None:
        """Understands by ``classifier`` (rules where there is none), or by ``understand`` alone.

        ``store_url`` names a database with all tables; without it SQLite is used. Several
        on one database need names and numbers of customers of their own.
        """
        self._folder = TemporaryDirectory(prefix="shuke-bench-", dir=Path.cwd() / "benchmarks" / "out")
        self._others = others
        self._worker = worker
        settings = build({}, root=Path.cwd())
        self.clock, self._messages = SystemClock(), itertools.count()
        self.serial = itertools.count(first_customer)
        """Numbers the customers."""
        self.ids = Ulids(self.clock)
        self.store = Store(store_url or f"sqlite:///{self._folder.name}/shuke.db")
        if store_url is None:
            self.store.run_now(schema.create)
        self.channel = TakingChannel()
        self.house = build_house(
            settings,
            store=self.store,
            clock=self.clock,
            ids=self.ids,
            channels={CHANNEL: self.channel},
            understand=understand or Listening(build_understander(settings, classifier), self.store, self.clock),
            worker=worker,
        )

    async def turn(self, customer: str, text: str) -> list[str]:
        number = next(self._messages)
        kind = "payload" if text.startswith("/") else "text"
        inbound = Inbound(
            CHANNEL, self._worker, f"m{number}", customer, kind,
            text=text if kind == "text" else None, payload=text if kind == "payload" else None,
        )  # fmt: skip
        self.channel.listen(customer)
        await self.house.intake(inbound)
        return await self.channel.answers(customer)

    def processes(self) -> list[psutil.Process]:
        return [psutil.Process(), *self._others]

    def tell(self, known: Sequence[Customer], *, earlier_messages: int = 0) -> list[Customer]:
        """Let the shop know these customers: verified, with an order and points, and with earlier talk."""
        for some in itertools.batched(known, 500):
            self.store.run_now(_tell, some, earlier_messages, self.ids)
        return list(known)

    async def close(self) -> None:
        await self.house.worker.stop()
        self.store.close()
        self._folder.cleanup()


def _tell(conn: Connection, known: Sequence[Customer], earlier: int, ids: Ulids) -> None:
    now = datetime.now(UTC)
    for one in known:
        person, identity, talk = ids.new(), ids.new(), ids.new()
        customers.add(conn, id=person, created_at=now, customer_no=one.name, name="Ana", language=one.language)
        identities.add(
            conn, id=identity, channel=CHANNEL, user_id=one.name, customer_id=person, now=now,
            verified=True, evidence="import",
        )  # fmt: skip
        conversations.add(conn, id=talk, customer_id=person, identity_id=identity, now=now)
        conn.execute(
            insert(orders.orders),
            {
                "order_no": one.order_no, "customer_id": person, "status": "shipped", "ordered_at": now,
                "shipped_at": now, "eta": now + timedelta(days=2), "carrier": "SF", "tracking_no": "SF1234567890",
            },
        )  # fmt: skip
        points.earn(conn, person, 2860, at=now, ids=ids, expires_at=now + timedelta(days=90))
        if earlier:
            conn.execute(
                history.ADD,
                [
                    history.entry(
                        at=now - timedelta(minutes=earlier - n), kind="message.in" if n % 2 else "message.out",
                        by="customer" if n % 2 else "bot", customer_id=person, conversation_id=talk,
                        identity_id=identity, channel=CHANNEL, text="我的订单到哪了", data=None, ref=ids.new(),
                    )
                    for n in range(earlier)
                ],
            )  # fmt: skip
