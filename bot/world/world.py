"""One virtual world: the real pipeline on a clock that stands still until it is moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.desk_actions import ActionRefused, AgentAction, act
from bot.intake import Claimed
from bot.messages import Outbound
from bot.settings import Settings
from bot.wiring import House, build_house, import_settings
from bot.worker import SWEEP_TAKES, claim_waiting
from bot.world.describe import Aftermath, named
from bot.world.lines import CHANNELS, Acts, Happens, Line, LineRefused, Loads, Shows, Speaks, line_of
from bot.world.nights import Nights
from bot.world.recording import RecordingChannel, Remembering
from care.due import SWEEP
from care.keeping import keep_watch, next_moment
from care.occasions import next_due
from care.schedule import sweep
from care.wishes import keep_wishes
from care.wishes import next_moment as next_wish
from crm_store import conversations, counters, history, inbox, ledgers, outbox, schedule, schema
from crm_store.errors import StoreError
from crm_store.imports import RowRefused, apply_row, apply_shop_event
from crm_store.imports.rows import ordinals_of_items
from crm_store.ports import Ulids, VirtualClock
from crm_store.showing import customer_json, find_customer
from crm_store.unit_of_work import Store
from nlu.understand import Understander

BEGINNING = datetime.fromisoformat("2026-01-05T09:00:00+08:00")
_A_MOMENT = timedelta(milliseconds=1)
_NAME = "world"


class World:
    """A shop of its own, its customers and its agents; `handle` lets one line happen.

    Without ``store_url`` the store is empty and thrown away at the end.
    """

    def __init__(
        self, settings: Settings, understander: Understander, *, seed: int, store_url: str | None = None
    ) -> None:
        self._settings = settings
        self._understander = understander
        self._seed = seed
        self._store_url = store_url
        self._zone = ZoneInfo(settings.shop.zone)
        self._begin()

    def _begin(self) -> None:
        self._folder = TemporaryDirectory(prefix="shuke-world-")
        self.store = self._open_store()
        self.clock = VirtualClock(BEGINNING)
        # A store that is kept has seen worlds before, and their ids are taken.
        number = self.store.run_now(counters.next_value, _NAME, first=1)
        self.ids = Ulids(self.clock, Random(self._seed) if number == 1 else Random(f"{self._seed}:{number}"))
        self._sent: list[Outbound] = []
        self._listening = Remembering(self._understander, self.store, self.clock)
        self.house: House = build_house(
            self._settings,
            store=self.store,
            clock=self.clock,
            ids=self.ids,
            channels={name: RecordingChannel(name, self._sent) for name in CHANNELS},
            understand=self._listening,
            worker=_NAME,
        )
        self.nights = Nights(self.store, self._settings, Path(self._folder.name), begun=self.clock.now())
        self._imports = import_settings(self._settings)
        self._told = self.store.read_now(history.last_id)
        self.store.run_now(_begin_care, self.clock.now())

    def _open_store(self) -> Store:
        if self._store_url is not None:
            schema.upgrade(self._store_url)
            return Store(self._store_url, given_time=True)
        store = Store(f"sqlite:///{Path(self._folder.name) / 'world.db'}", durable=False)
        store.run_now(schema.create)
        return store

    def close(self) -> None:
        """End this world, and remove its store if it is one to be thrown away."""
        self.store.close()
        self._folder.cleanup()

    async def handle(self, line: Line | Mapping[str, Any]) -> dict[str, Any]:
        """Let one line happen and return the state after it.

        Raises:
            LineRefused: nothing happened, except that ``at`` may have passed; the next
                line's answer tells what happened then.
            NluUnavailable: nobody could say what the text means; the run is over.
        """
        if not isinstance(line, Line):
            line = line_of(line)
        if line.reset:
            self._reset()
        if line.at is not None:
            await self._move_to(line.at)
        self._listening.last = None
        extra = await self._do(line)
        await self._deliver()
        if line.text is not None and self._listening.last is None:
            # Said before, or empty: nothing comes of it, but a line with text tells what it means.
            shop = self._settings.shop
            await self._listening(
                line.text, asking=None, language=shop.language, timezone=shop.zone, now=self.clock.now()
            )
        told = await self.store.read(self._tell, line)
        self._sent.clear()
        await self.nights.pass_until(self.clock.now())  # after telling, which still looks at what was sent
        return told | extra

    def _reset(self) -> None:
        if self._store_url is not None:
            raise LineRefused("reset would empty a store that is kept; leave --store out to begin afresh")
        self.close()
        self._begin()

    async def _do(self, line: Line) -> dict[str, Any]:
        match line.deed:
            case Speaks():
                return await self._speak(line.deed)
            case Acts():
                await self._act(line.deed)
            case Loads():
                return await self._load(line.deed)
            case Happens():
                await self._happen(line.deed)
            case Shows():
                return {"shown": await self.store.read(self._shown, line.deed.id)}
        return {}

    async def _move_to(self, target: datetime) -> None:
        if target < self.clock.now():
            stands = self.clock.now().astimezone(self._zone).isoformat()
            raise LineRefused(f"at lies in the past: the clock stands at {stands} and never goes back")
        while (due := await self.store.read(self._next_due, target)) is not None:
            self.clock.move_to(due)
            await self._work()
        self.clock.move_to(target)
        await self._work()

    def _next_due(self, conn: Connection, target: datetime) -> datetime | None:
        """Return the next moment, up to ``target``, at which somebody has something to do."""
        now, policy = self.clock.now(), self.house.policy
        rested = inbox.next_free(conn)
        moments = (
            next_due(conn, policy.rules, after=now, until=target, settings=policy.settings),
            next_moment(conn, policy, self._settings.desk_hours, after=now, until=target),
            next_wish(conn, policy, after=now, until=target),
            ledgers.next_moment(conn, self._settings.loyalty, after=now),
            outbox.next_due(conn),
            conversations.next_silence(conn),
            rested + _A_MOMENT if rested else None,
        )
        return min((moment for moment in moments if moment is not None and now < moment <= target), default=None)

    async def _work(self) -> None:
        """Do what is due now: care, turns that failed and have rested, and what waits to be sent."""
        now = self.clock.now()
        await sweep(self.store, now, policy=self.house.policy, ids=self.ids)
        await keep_watch(self.store, now, policy=self.house.policy, desk=self._settings.desk_hours, ids=self.ids)
        await keep_wishes(self.store, now, policy=self.house.policy, ids=self.ids)
        await ledgers.keep_ledgers(self.store, now, self._settings.loyalty)
        await self.house.silence.sweep(now)
        until = now + self._settings.work.lease
        for claimed in await self.store.run(claim_waiting, worker=_NAME, now=now, until=until, most=SWEEP_TAKES):
            await self._converse(claimed)
        await self._deliver()

    async def _deliver(self) -> None:
        while await self.house.delivery.sweep():
            continue

    async def _converse(self, claimed: Claimed | None) -> None:
        while claimed is not None:
            claimed = await self.house.turn(claimed)
        if self._listening.broken is not None:
            raise self._listening.broken

    async def _speak(self, speaks: Speaks) -> dict[str, Any]:
        inbound = speaks.inbound
        about = inbound.data.get("message")
        if about is not None and await self.store.read(outbox.by_ref, about) is None:
            raise LineRefused("message has not been sent by this world; give the id of one in sent")
        if not inbound.external_id:
            inbound = replace(inbound, external_id=self.ids.new())
        receipt = await self.house.intake.receive(inbound)
        await self._converse(receipt.claimed)
        return {"duplicate": True} if receipt.duplicate else {}

    async def _act(self, acts: Acts) -> None:
        customer = await self.store.read(named, acts.customer, acts.channel)
        if customer is None:
            raise LineRefused("customer is not known; they have to write, or be loaded, first")
        wanted = AgentAction(acts.agent, acts.action, customer, acts.text, acts.ticket, acts.due, acts.item)
        try:
            await self.store.run(act, wanted, now=self.clock.now(), ids=self.ids)
        except (ActionRefused, StoreError) as exc:
            raise LineRefused(str(exc)) from exc

    async def _load(self, loads: Loads) -> dict[str, Any]:
        refused = []
        ordinals = ordinals_of_items(loads.kind)
        for number, row in enumerate(loads.rows, 1):
            ordinal, now = ordinals.of(row), self.clock.now()
            try:
                await self.store.run(
                    apply_row, loads.kind, row, line=ordinal, now=now, ids=self.ids, settings=self._imports
                )
            except RowRefused as exc:
                refused.append({"row": number, "reason": str(exc)})
        if loads.kind == "products":
            await self._listening.read_names()
            await keep_wishes(self.store, self.clock.now(), policy=self.house.policy, ids=self.ids)
        if refused and len(refused) == len(loads.rows):
            raise LineRefused("; ".join(f"row {one['row']}: {one['reason']}" for one in refused))
        return {"refused": refused} if refused else {}

    async def _happen(self, happens: Happens) -> None:
        now = self.clock.now()
        try:
            await self.store.run(
                apply_shop_event, happens.event, happens.data, now=now, ids=self.ids, settings=self._imports
            )
        except RowRefused as exc:
            raise LineRefused(f"data: {exc}") from exc

    def _shown(self, conn: Connection, id: str) -> dict[str, Any]:
        customer = find_customer(conn, id)
        if customer is None:
            raise LineRefused("id names no customer; give a customer_id, an internal id or CHANNEL:USER")
        return customer_json(conn, customer, self.clock.now())

    def _tell(self, conn: Connection, line: Line) -> dict[str, Any]:
        entries = history.since(conn, self._told)
        if entries:
            self._told = entries[-1].id
        heard = self._listening.last if line.text is not None else None
        return Aftermath(line, heard, tuple(self._sent), entries, self.clock.now(), self._zone).as_json(conn)


def _begin_care(conn: Connection, now: datetime) -> None:
    """Occasions count from the beginning of the world on."""
    if schedule.swept_until(conn, SWEEP) is None:
        schedule.advance(conn, SWEEP, now)
