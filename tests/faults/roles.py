"""A town of real processes on one PostgreSQL, all of which are killed again and again while customers talk.

    outcome = await kill_sweep(cluster, folder, Plan(seed=7, kills=40))
    assert not outcome.broken, outcome.story()

Every process is a role as `shuke run` has it, forked from a server that has imported
everything. What becomes of each is drawn from the seed before it is born (`fates`).
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any, Literal

import httpx
import psycopg
from psycopg.rows import dict_row
from sqlalchemy.exc import DBAPIError

from crm_store import schema
from crm_store.ports import SystemClock, Ulids
from crm_store.unit_of_work import Store
from crm_store.wakes import OUTBOX
from tests.faults.bot_process import FORK_SERVER, ended
from tests.faults.chronicle import Chronicle, Reply
from tests.faults.customers import Customer, says
from tests.faults.fates import Birth, Fate, Slot, a_fate
from tests.faults.town_checks import Records, broken_promises, read_records
from tests.faults.townsfolk import help_out, settle_in, silent_lines, the_customer, words_of_agent
from tests.servers.postgres import Cluster
from tests.servers.small_disk import SmallDisk
from tests.servers.telegram_api import Sent, TelegramApi

LEASE = timedelta(seconds=3)
FROZEN_FOR = LEASE * 1.3
SECRET = "the-secret-of-the-webhook"
HOUR = timedelta(hours=1)
_ANSWERS_AFTER = 0.04
"""Seconds, as a platform some way off; so somebody is in the midst of sending at most kills."""
_FULL_FOR = 2.0
"""Seconds, less than a lease: what was being sent can be told afterwards."""
type WayIn = Literal["poll", "webhook"]
_KILLED = -signal.SIGKILL
_SENDING = "SELECT ref, recipient, body, attempts FROM outbox WHERE status = 'sending'"
_LEFT = """
SELECT (SELECT count(*) FROM inbox WHERE status = 'open') AS open,
       (SELECT count(*) FROM outbox WHERE status IN ('queued', 'sending')) AS undelivered,
       (SELECT count(*) FROM schedule_claims) AS cared_for,
       (SELECT count(*) FROM conversations WHERE lease_until > clock_timestamp()) AS leased
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """One run: how many kills, by which seed, and what besides.

    Of two workers and two clocks the second of each is set an hour wrong, soon after
    its start, where ``wrong_clocks``. ``plant`` names a fault that every process is given.
    """

    seed: int
    kills: int
    restarts: int = 2
    """How often PostgreSQL is stopped or killed, and started again."""
    way_in: WayIn = "poll"
    wrong_clocks: bool = True
    talking: int = 8
    """Customers at once."""
    cared_for: int = 6
    plant: str | None = None
    patience: float = 90
    """Seconds that a customer waits for an answer, and that all waits for an end once nobody is killed any more."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run; ``broken`` are the promises that were not kept."""

    plan: Plan
    chronicle: Chronicle
    records: Records
    broken: Sequence[str]
    sent: Sequence[Sent]
    seconds: float
    """How long it took, from the first process to the last one's end."""
    sent_at: Sequence[float]
    """When each of ``sent`` arrived, in seconds since the beginning."""

    def story(self) -> str:
        """Return what was broken, the seed, and everything that happened, in order."""
        lines = [f"seed {self.plan.seed}, {self.plan}:", *self.broken, "", *self.chronicle.events]
        return "\n".join(lines)


class TimedTelegram(TelegramApi):
    """Takes as long as a platform does for a message, and remembers when each arrived, by `time.monotonic`."""

    def __init__(self) -> None:
        super().__init__()
        self.sent_at: list[float] = []

    async def _call(self, method: str, fields: dict[str, Any]) -> Any:
        result = await super()._call(method, fields)
        if method == "sendmessage":
            await asyncio.sleep(_ANSWERS_AFTER)
        return result

    def _send_message(self, fields: dict[str, Any]) -> dict[str, Any]:
        message = super()._send_message(fields)
        self.sent_at.append(monotonic())
        return message


async def kill_sweep(cluster: Cluster, folder: Path, plan: Plan, *, disk: SmallDisk | None = None) -> Outcome:
    """Run a town by ``plan`` until its kills are done and everything is quiet, and compare what is left.

    Where ``disk`` is given, which has the cluster on it, it is full for a while.
    """
    name = f"town_{plan.seed}_{os.urandom(4).hex()}"
    store = Store(cluster.create(name))  # durable: what the agent was told is done must survive the database's death
    try:
        store.run_now(schema.create)
        clock = SystemClock()
        store.run_now(
            settle_in, shoppers=60 + 4 * plan.kills, cared_for=plan.cared_for, now=clock.now(), ids=Ulids(clock)
        )
        async with TimedTelegram() as telegram:
            town = Town(cluster, name, store, telegram, folder, plan)
            await town.run(disk)
            seconds = town.chronicle.now()
            records = read_records(cluster.url(name))
            broken = [*town.chronicle.broken, *broken_promises(records, telegram.sent, town.chronicle, town.talked)]
            began = town.chronicle.began
            return Outcome(
                plan, town.chronicle, records, broken, telegram.sent, seconds, [at - began for at in telegram.sent_at]
            )
    finally:
        store.close()
        cluster.drop(name)


class Town:
    """The processes, the customers and whoever harms them; made by `kill_sweep`."""

    def __init__(
        self, cluster: Cluster, database: str, store: Store, telegram: TimedTelegram, folder: Path, plan: Plan
    ) -> None:
        self.chronicle = Chronicle()
        self.talked: list[Customer] = []
        """Those who have said all they had to say, or are about to."""
        self._cluster, self._url, self._store = cluster, cluster.url(database), store
        self._telegram, self._folder, self._plan = telegram, folder, plan
        self._clock = SystemClock()
        self._ids = Ulids(self._clock)
        self._chance = Random(plan.seed)
        self._closing = False
        self._living: dict[str, BaseProcess] = {}
        self._standing = asyncio.Lock()
        """Held while PostgreSQL is down, or asked for what must not be lost by that."""
        self._web_ports = [_free_port(), _free_port()]
        (folder / "shop").symlink_to(Path(__file__).parent / "shop")

    async def run(self, disk: SmallDisk | None = None) -> None:
        """Let everything happen; returns when all is quiet and stopped. ``disk``, PostgreSQL's, is full for a while."""
        async with asyncio.TaskGroup() as tasks:
            keeping = [tasks.create_task(self._keep(slot)) for slot in self._slots()]
            posting = tasks.create_task(self._post_updates()) if self._plan.way_in == "webhook" else None
            restarting = tasks.create_task(self._restart_now_and_then())
            filling = tasks.create_task(self._fill_the_disk(disk)) if disk is not None else None
            async with asyncio.TaskGroup() as lanes:
                for _ in range(self._plan.talking):
                    lanes.create_task(self._lane())
            restarting.cancel()
            if filling is not None:
                await filling
            await self._power_cut()
            await self._until_quiet()
            self._closing = True
            for process in self._living.values():
                process.terminate()
            await asyncio.gather(*keeping)
            if posting is not None:
                posting.cancel()

    # The processes

    def _slots(self) -> list[Slot]:
        off = HOUR if self._plan.wrong_clocks else timedelta(0)
        doors = [Slot("poll", number, calmer=2) for number in (1, 2)]
        if self._plan.way_in == "webhook":
            doors = [
                Slot("web", number, calmer=3, environment={"SHUKE_WEB__PORT": str(port)})
                for number, port in enumerate(self._web_ports, 1)
            ]
        sign = 1 if self._plan.seed % 2 else -1
        return [
            *doors,
            Slot("worker", 1), Slot("worker", 2, clock_off=sign * off),
            Slot("clock", 1), Slot("clock", 2, clock_off=-sign * off),
        ]  # fmt: skip

    def _environment(self, slot: Slot) -> dict[str, str]:
        telegram = {
            "SHUKE_TELEGRAM_TOKEN": self._telegram.token,
            "SHUKE_TELEGRAM__API_BASE_URL": self._telegram.url,
            "SHUKE_TELEGRAM__POLL_TIMEOUT": "PT1S",
            "SHUKE_TELEGRAM__MOST_A_SECOND": "1000",
            "SHUKE_TELEGRAM__CHAT_EVERY": "PT0S",
        }
        if self._plan.way_in == "webhook":
            telegram["SHUKE_TELEGRAM__MODE"] = "webhook"
            telegram["SHUKE_TELEGRAM__WEBHOOK_URL"] = "http://127.0.0.1/hooks/telegram"
            telegram["SHUKE_TELEGRAM_WEBHOOK_SECRET"] = SECRET
        return {
            **telegram,
            "SHUKE_ROOT": str(self._folder),
            "SHUKE_STORE__URL": self._url,
            "SHUKE_WORK__LEASE": f"PT{LEASE.total_seconds()}S",
            "SHUKE_WORK__SWEEP_EVERY": "PT0.1S",
            "SHUKE_TERMINAL__PORT": "0",
            "SHUKE_LOG__LEVEL": "info",
            **slot.environment,
        }

    async def _keep(self, slot: Slot) -> None:
        """Have a process in this place, and another one when it is gone."""
        chance = Random(f"{self._plan.seed} {slot.name}")
        log = self._folder / f"{slot.name}.log".replace(" ", "-")
        while not self._closing:
            fate = None if self.chronicle.kills >= self._plan.kills else a_fate(slot, chance)
            birth = Birth(slot.role, self._environment(slot), log, fate, slot.clock_off, self._plan.plant)
            process = FORK_SERVER.Process(target=_begin, args=(birth,))
            process.start()
            self._living[slot.name] = process
            try:
                await self._live_out(slot, process, fate)
            finally:
                process.kill()
                process.join()
                del self._living[slot.name]
                process.close()

    async def _live_out(self, slot: Slot, process: BaseProcess, fate: Fate | None) -> None:
        pid, killed_by_us = _pid(process), False
        gone = asyncio.create_task(ended(process))
        if fate is not None:
            await asyncio.wait([gone], timeout=fate.after)
            if not gone.done() and not self._closing:
                if fate.how == "frozen":
                    await self._freeze(slot, process, gone)
                if fate.how == "stopped":
                    process.terminate()
                else:
                    killed_by_us = True
                    process.kill()
        await gone
        process.join()
        if process.exitcode == _KILLED:
            at_step = fate is not None and fate.how == "killed at" and not killed_by_us
            await self._mourn(slot, pid, fate.step or "" if at_step and fate is not None else "any moment")
        elif process.exitcode == 0:
            self.chronicle.note(f"{slot.name}: stopped in order")
        else:
            # A process that cannot reach the database when it starts ends, and is started again.
            self.chronicle.note(f"{slot.name}: ended by itself with {process.exitcode}")
            if self._standing.locked():
                await asyncio.sleep(0.1)

    async def _freeze(self, slot: Slot, process: BaseProcess, gone: asyncio.Task[None]) -> None:
        """Let it stand still for longer than its leases last, and go on for a moment."""
        pid = _pid(process)
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(0.1)  # what it has asked of the database may still be under way there
        replies = await self._being_sent_by(pid)
        self.chronicle.harm("frozen", slot.name, "any moment", replies)
        await asyncio.wait([gone], timeout=FROZEN_FOR.total_seconds())
        if gone.done():
            return
        os.kill(pid, signal.SIGCONT)
        self.chronicle.note(f"{slot.name}: goes on")
        await asyncio.wait([gone], timeout=0.5)

    async def _mourn(self, slot: Slot, pid: int, step: str) -> None:
        """Note who was killed and what it was sending."""
        connected = "SELECT 1 FROM pg_stat_activity WHERE application_name = %s"
        while await self._ask(connected, f"shuke {pid}"):  # noqa: ASYNC110 - a database can only be asked again
            await asyncio.sleep(0.01)
        self.chronicle.harm("killed", slot.name, step, await self._being_sent_by(pid))

    async def _power_cut(self) -> None:
        """Kill all of them in the same moment."""
        for process in self._living.values():
            process.kill()
        self.chronicle.note("everybody is killed at once; from now on nobody is")

    # PostgreSQL

    async def _restart_now_and_then(self) -> None:
        for number in range(self._plan.restarts):
            due = (number + 0.3 + 0.6 * self._chance.random()) * self._plan.kills / self._plan.restarts
            while self.chronicle.kills < due:  # noqa: ASYNC110 - kills come several a second
                await asyncio.sleep(0.02)
            await asyncio.shield(self._restart(hard=bool(number % 2)))

    async def _restart(self, *, hard: bool) -> None:
        async def away() -> None:
            await asyncio.to_thread(self._cluster.kill if hard else self._cluster.stop)
            await asyncio.to_thread(self._cluster.start)

        await self._without_database("killed hard" if hard else "restarted", away)

    async def _fill_the_disk(self, disk: SmallDisk) -> None:
        """Let PostgreSQL have no room for a while; whatever became of it meanwhile, it runs again afterwards."""

        async def full() -> None:
            disk.fill()
            await asyncio.sleep(_FULL_FOR)
            disk.make_room()
            if await asyncio.to_thread(self._cluster.start_where_it_ended):
                self.chronicle.note("PostgreSQL had ended on the full disk")

        while not self._telegram.sent:  # noqa: ASYNC110 - somebody is to be at work
            await asyncio.sleep(0.02)
        await self._without_database("full disk", full)

    async def _without_database(self, what: str, away: Callable[[], Awaitable[None]]) -> None:
        """Do ``away``, and note what was being sent then: nobody could write down what became of it."""
        async with self._standing:
            before = {row["ref"]: row for row in await self._now_asked(_SENDING)}
            await away()
            after = await self._now_asked(
                "SELECT ref, recipient, body, attempts FROM outbox WHERE status = 'sending' OR ref = ANY(%s)"
                " OR error = 'the sender died while the platform was called'",
                list(before),
            )
        doubtful = before | {row["ref"]: row for row in after}
        self.chronicle.harm(
            what,
            "PostgreSQL",
            "any moment",
            [_reply(one) for one in doubtful.values()],
        )

    async def _being_sent_by(self, pid: int) -> list[Reply]:
        owner = f"{socket.gethostname()}:{pid}"
        return [_reply(row) for row in await self._ask(f"{_SENDING} AND lease_owner = %s", owner)]

    async def _ask(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Ask the database, which may be away for a moment."""
        async with asyncio.timeout(self._plan.patience):
            while True:
                with suppress(psycopg.OperationalError):
                    async with self._standing:
                        return await self._now_asked(query, *values)
                await asyncio.sleep(0.05)

    async def _now_asked(self, query: str, *values: object) -> list[dict[str, Any]]:
        def ask() -> list[dict[str, Any]]:
            with psycopg.connect(self._url, row_factory=dict_row) as db:
                return db.execute(query.encode(), values).fetchall()

        return await asyncio.to_thread(ask)

    # The customers

    async def _lane(self) -> None:
        """Let one customer after another talk until there were kills enough."""
        while self.chronicle.kills < self._plan.kills:
            customer = the_customer(len(self.talked))
            self.talked.append(customer)
            try:
                async with asyncio.timeout(self._plan.patience):
                    await self._talk(customer)
            except TimeoutError:
                self.chronicle.broke(f"customer {customer.user} waited {self._plan.patience} s for an answer")
                return

    async def _talk(self, customer: Customer) -> None:
        silent, answers = silent_lines(customer), 0
        for number, line in enumerate(customer.lines):
            says(self._telegram, customer, line)
            said_at = monotonic()
            if number in silent:
                await self._until_true(
                    "SELECT count(*) = %s AS true FROM inbox JOIN identities i ON i.id = identity_id"
                    " WHERE i.user_id = %s AND status = 'done'", number + 1, str(customer.user),
                )  # fmt: skip
                await self._helped(customer, "resolve")
                answers = self._arrived(customer)
                continue
            answers += 1
            if not customer.hasty or number == len(customer.lines) - 1:
                await self._until_arrived(customer, answers)
                self.chronicle.waits.append(monotonic() - said_at)
                answers = self._arrived(customer)
            if number == customer.asks_person:
                await self._until_true(
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

    async def _until_true(self, query: str, *values: object) -> None:
        while not (await self._ask(query, *values))[0]["true"]:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)

    async def _post_updates(self) -> None:
        """Post what customers say to one web process or the other, as Telegram does: again until it is taken."""
        door = 0
        async with httpx.AsyncClient(timeout=5, headers={"x-telegram-bot-api-secret-token": SECRET}) as client:
            while True:
                await self._telegram.wait_until(lambda: bool(self._telegram.pending), within=3600)
                update = self._telegram.pending[0]
                door = (door + 1) % len(self._web_ports)
                try:
                    url = f"http://127.0.0.1:{self._web_ports[door]}/hooks/telegram"
                    taken = (await client.post(url, json=update)).is_success
                except httpx.HTTPError:
                    taken = False
                if taken:
                    self._telegram.pending.remove(update)
                else:
                    await asyncio.sleep(0.02)

    # The end

    async def _until_quiet(self) -> None:
        """Wait until nothing is left to do."""
        until = monotonic() + self._plan.patience
        while True:
            (left,) = await self._ask(_LEFT)
            is_quiet = (
                not self._telegram.pending
                and left["open"] == left["undelivered"] == left["leased"] == 0
                and left["cared_for"] >= self._plan.cared_for
            )
            if is_quiet:
                self.chronicle.note("all is quiet")
                return
            if monotonic() > until:
                self.chronicle.broke(
                    f"not quiet after {self._plan.patience} s: {left}, {len(self._telegram.pending)} pending"
                )
                return
            await asyncio.sleep(0.05)


def _begin(birth: Birth) -> None:
    # Imported by the fork server alone; see `bot_process`.
    from tests.faults.role_process import live

    sys.exit(live(birth))


def _pid(process: BaseProcess) -> int:
    assert process.pid is not None, "it has been started"
    return process.pid


def _reply(row: dict[str, Any]) -> Reply:
    body = row["body"]
    return row["recipient"], (json.loads(body) if isinstance(body, str) else body)["text"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
