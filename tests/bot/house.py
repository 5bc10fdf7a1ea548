"""The whole pipeline on a store of its own, with a clock that stands still and channels that do as they are told."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Table, select

from bot.listening import Listening
from bot.messages import Inbound, Outbound
from bot.ports import Capabilities
from bot.settings import Settings, build
from bot.wiring import build_house, build_understander
from crm_store import conversations, handoffs, identities
from crm_store.history import history
from crm_store.inbox import inbox
from crm_store.outbox import outbox
from crm_store.ports import Ids, Ulids, VirtualClock
from crm_store.unit_of_work import Store

BEGINNING = "2026-01-05T09:00:00+08:00"
LEASE = timedelta(seconds=60)


class FakeChannel:
    """Keeps what it was given to send; fails as told, and waits at ``gate`` where there is one."""

    def __init__(self, name: str = "telegram", *, text_limit: int = 4096, buttons: bool = True) -> None:
        self.name = name
        self.capabilities = Capabilities(text_limit=text_limit, buttons=buttons, contact=True)
        self.sent: list[Outbound] = []
        self.tried: list[Outbound] = []
        self.gate: Callable[[Outbound], Awaitable[object]] | None = None
        self._failures: deque[Exception] = deque()
        self._failures_to: dict[str, Exception] = {}

    def fail_next(self, *failures: Exception) -> None:
        """Let the next messages end in ``failures``, one each."""
        self._failures.extend(failures)

    def always_fail_to(self, user: str, failure: Exception) -> None:
        self._failures_to[user] = failure

    async def send(self, message: Outbound) -> str:
        self.tried.append(message)
        if self.gate is not None:
            await self.gate(message)
        if self._failures:
            raise self._failures.popleft()
        if message.recipient in self._failures_to:
            raise self._failures_to[message.recipient]
        self.sent.append(message)
        return f"platform:{len(self.sent)}"

    def texts(self, user: str | None = None) -> list[str]:
        return [message.text for message in self.sent if user in (None, message.recipient)]


class House:
    """One process: `says` takes a message in, `quiet` waits until every turn is done, `sweep` is the clockwork."""

    def __init__(
        self,
        store: Store,
        *,
        clock: VirtualClock,
        ids: Ids,
        channel: FakeChannel,
        root: Path,
        name: str = "here",
        given: dict[str, Any] | None = None,
        elsewhere: dict[str, Capabilities] | None = None,
    ) -> None:
        # What the first answer says of privacy has transcripts of its own.
        unsaid = {"flows": {"relationship": {"privacy_notice": False}}}
        self.settings: Settings = build(unsaid | dict(given or {}), root=root)
        self.store, self.clock, self.ids, self.channel, self.root = store, clock, ids, channel, root
        self.understand: Any = Listening(build_understander(self.settings, None), store, clock)
        self.parts = build_house(
            self.settings, store=store, clock=clock, ids=ids, channels={channel.name: channel},
            understand=self._understand, worker=name, elsewhere=elsewhere,
        )  # fmt: skip
        self.delivery, self.worker, self.intake = self.parts.delivery, self.parts.worker, self.parts.intake
        self._numbers: defaultdict[str, int] = defaultdict(int)

    async def _understand(self, text: str, **how: Any) -> Any:
        return await self.understand(text, **how)

    def beside(self, name: str, channel: FakeChannel | None = None, **more: Any) -> House:
        """Another process on the same store."""
        other = House(
            self.store, clock=self.clock, ids=self.ids, channel=channel or self.channel, root=self.root, name=name,
            **more,
        )  # fmt: skip
        other._numbers = self._numbers
        return other

    def message(self, user: str, text: str | None = None, *, id: str | None = None, **more: Any) -> Inbound:
        self._numbers[user] += 1
        return Inbound(
            channel=self.channel.name,
            account="shop",
            external_id=id or f"{user}-{self._numbers[user]}",
            user_id=user,
            kind=more.pop("kind", "text"),
            text=text,
            **more,
        )

    async def hears(self, inbound: Inbound) -> None:
        """Take a message in and finish what it leads to."""
        await self.intake(inbound)
        await self.quiet()

    async def says(self, user: str, text: str, **more: Any) -> list[str]:
        """Let a customer write; return what they are answered by."""
        before = len(self.channel.sent)
        await self.hears(self.message(user, text, **more))
        return [message.text for message in self.channel.sent[before:]]

    async def does(self, user: str, event: str, **more: Any) -> None:
        await self.hears(self.message(user, kind="event", event=event, **more))

    async def quiet(self) -> None:
        """Wait until every turn under way is done."""
        await self.worker.stop()

    async def sweep(self) -> None:
        """One sweep, and the turns that it takes up."""
        await self.worker.sweep()
        await self.quiet()

    async def later(self, **span: float) -> None:
        """Move the clock, then sweep."""
        self.clock.move_to(self.clock.now() + timedelta(**span))
        await self.sweep()

    def write(self, unit: Any, *args: Any, **kwargs: Any) -> Any:
        return self.store.run_now(unit, *args, **kwargs)

    def read(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        return self.store.read_now(query, *args, **kwargs)

    def rows(self, table: Table) -> list[Any]:
        return self.store.read_now(lambda conn: list(conn.execute(select(table).order_by(*table.primary_key))))

    def talk(self, user: str) -> Any:
        return self.read(lambda conn: conversations.of_customer(conn, self.identity(user).customer_id))

    def identity(self, user: str) -> Any:
        found = self.read(identities.find, self.channel.name, user)
        assert found is not None, f"{user} has never been here"
        return found

    def inbox(self) -> list[tuple[str, str, int]]:
        return [(row.external_id, row.status, row.attempts) for row in self.rows(inbox)]

    def outbox(self) -> list[tuple[str, str, str | None]]:
        return [(row.kind, row.status, row.error) for row in self.rows(outbox)]

    def kinds(self, *, events_only: bool = True) -> list[str]:
        return [row.kind for row in self.rows(history) if not (events_only and row.kind.startswith("message.in"))]

    def entries(self, kind: str) -> list[Any]:
        return [row for row in self.rows(history) if row.kind == kind]

    def take(self, agent: str, user: str) -> None:
        """An agent takes the user's conversation."""
        self.write(handoffs.take, self.talk(user).id, agent, now=self.clock.now())


def new_house(store: Store, root: Path, **more: Any) -> House:
    """Return a house on ``store`` at `BEGINNING`, with ids that repeat."""
    clock = VirtualClock(datetime.fromisoformat(BEGINNING))
    channel = more.pop("channel", None) or FakeChannel()
    return House(store, clock=clock, ids=Ulids(clock, Random(7)), channel=channel, root=root, **more)
