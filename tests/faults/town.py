"""A town of real processes on one PostgreSQL, all of which are killed again and again while customers talk.

    outcome = await kill_sweep(cluster, folder, Plan(seed=7, kills=40))
    assert not outcome.broken, outcome.story()

Every process is a role as `shuke run` has it, forked from a server that has imported
everything. What becomes of each is drawn from the seed before it is born (`fates`).
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from time import monotonic

from crm_store import schema
from crm_store.ports import SystemClock, Ulids
from crm_store.unit_of_work import Store
from tests.faults.chronicle import Chronicle
from tests.faults.town_checks import broken_promises
from tests.faults.town_database import TownDatabase
from tests.faults.town_lanes import Lanes
from tests.faults.town_plan import Outcome, Plan
from tests.faults.town_platform import TownTelegram
from tests.faults.town_processes import TownProcesses
from tests.faults.town_records import read_records
from tests.faults.townsfolk import settle_in
from tests.servers.postgres import Cluster
from tests.servers.small_disk import SmallDisk

_LEFT = """
SELECT (SELECT count(*) FROM inbox WHERE status = 'open') AS open,
       (SELECT count(*) FROM outbox WHERE status IN ('queued', 'sending')) AS undelivered,
       (SELECT count(*) FROM schedule_claims WHERE job <> 'keeping_house') AS cared_for,
       (SELECT count(*) FROM conversations WHERE lease_until > clock_timestamp()) AS leased
"""


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
        async with TownTelegram() as telegram:
            town = Town(cluster, cluster.url(name), store, telegram, folder, plan)
            await town.run(disk)
            chronicle, seconds = town.chronicle, town.chronicle.now()
            records = read_records(cluster.url(name))
            broken = [*chronicle.broken, *broken_promises(records, telegram.sent, chronicle, town.lanes.talked)]
            sent_at = [at - chronicle.began for at in telegram.sent_at]
            return Outcome(plan, chronicle, records, broken, telegram.sent, seconds, sent_at)
    finally:
        store.close()
        cluster.drop(name)


class Town:
    """The processes, the customers and whoever harms them; made by `kill_sweep`."""

    def __init__(
        self, cluster: Cluster, url: str, store: Store, telegram: TownTelegram, folder: Path, plan: Plan
    ) -> None:
        self.chronicle = Chronicle()
        self._telegram, self._plan = telegram, plan
        clock = SystemClock()
        self._database = TownDatabase(cluster, url, plan, self.chronicle)
        self._processes = TownProcesses(folder, url, telegram, self._database, plan, self.chronicle)
        self.lanes = Lanes(store, telegram, self._database, plan, self.chronicle, clock, Ulids(clock))
        (folder / "shop").symlink_to(Path(__file__).parent / "shop")

    async def run(self, disk: SmallDisk | None = None) -> None:
        """Let everything happen; returns when all is quiet and stopped. ``disk``, PostgreSQL's, is full for a while."""
        async with asyncio.TaskGroup() as tasks:
            processes, database, telegram = self._processes, self._database, self._telegram
            keeping = [tasks.create_task(processes.keep(slot)) for slot in processes.places()]
            posting = None
            if self._plan.way_in == "webhook":
                posting = tasks.create_task(telegram.post_updates(processes.web_ports))
            restarting = tasks.create_task(database.restart_now_and_then())
            filling = None if disk is None else tasks.create_task(self._fill_at_work(disk))
            await self.lanes.run()
            restarting.cancel()
            if filling is not None:
                await filling
            processes.cut_power()
            await self._until_quiet()
            processes.stop()
            await asyncio.gather(*keeping)
            if posting is not None:
                posting.cancel()

    async def _fill_at_work(self, disk: SmallDisk) -> None:
        await self._telegram.wait_until(lambda: bool(self._telegram.sent), within=self._plan.patience)
        await self._database.fill(disk)

    async def _until_quiet(self) -> None:
        """Wait until nothing is left to do."""
        until = monotonic() + self._plan.patience
        while True:
            (left,) = await self._database.ask(_LEFT)
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
