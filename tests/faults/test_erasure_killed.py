"""kill -9 in the middle of an erasure: it has not begun, or it is finished by whoever starts next; never half."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from time import monotonic
from zoneinfo import ZoneInfo

import pytest

from bot.keeping_house import KeepingHouse
from crm_store import agents, audit, search_index
from crm_store.checking import check
from crm_store.finds import Find
from crm_store.ports import SystemClock
from crm_store.privacy import erasures
from crm_store.privacy.erasing import is_erased
from crm_store.privacy.settings import PrivacySettings
from crm_store.unit_of_work import Store
from tests.bot.test_erasing_in_flight import everything
from tests.crm_store.people import NOW, a_customer
from tests.crm_store.planting import CANARY, WHO, canaries, plant
from tests.faults.erasing_process import TAKEN, Plan, run_erasure
from tests.faults.installation import Installation
from tests.servers.databases import Databases

pytestmark = pytest.mark.timeout(300)

KILLED = -9
SPOKEN = "01KB2M8QY5T6ZC3X9V7N4R1S0D"
"""The id of the message from which a training row comes."""
_KINDS = ("inbox", "outbox", "reasons", "audit", "tries", "sign_ins", "windows", "refusals", "exports")
KEPT = PrivacySettings(**dict.fromkeys(_KINDS, timedelta(days=36500)))
"""Nothing goes for its age: these tests are about erasures."""


def a_house(url: str, root: Path) -> Plan:
    """Plant a customer into every table of a database and into the files beside it."""
    root.mkdir()
    plan = Plan(url, root, WHO)
    with closing(Store(url)) as store:
        store.run_now(agents.ensure, "li", now=NOW)
        store.run_now(a_customer, "ben", name="Ben")
        store.run_now(plant)
        store.run_now(lambda conn: conn.exec_driver_sql(
            "INSERT INTO history (ref, at, customer_id, kind, by) "
            f"VALUES ('{SPOKEN}', '2026-01-01 00:00:00', '{WHO}', 'message.in', 'customer')"
        ))  # fmt: skip
        while store.run_now(search_index.catch_up):
            pass
    export, rows = plan.places.exports / f"customer-{WHO}-x.json", plan.places.training / "data/more.yml"
    model = plan.places.models / "0123.tar.gz"
    for path in (export, rows, model):
        path.parent.mkdir(parents=True)
    export.write_text(CANARY)
    rows.write_text(f"    - {CANARY}  # from {SPOKEN}\n    - somebody else's\n")
    model.write_bytes(b"")
    return plan


def holding(plan: Plan) -> list[str]:
    """Return the files that hold the planted word, those of the database among them where it has any of its own."""
    folders = [plan.root]
    if plan.url.startswith("sqlite"):
        folders.append(Path(plan.url.removeprefix("sqlite:///")).parent)
    return sorted(
        path.name for folder in folders for path in folder.rglob("*")
        if path.is_file() and CANARY.encode() in path.read_bytes()
    )  # fmt: skip


async def restarted(plan: Plan) -> None:
    """Do what the clock does as soon as a process is up again."""
    with closing(Store(plan.url)) as store:
        zone = ZoneInfo("Asia/Shanghai")
        await KeepingHouse(store, KEPT, plan.places, clock=SystemClock(), zone=zone).look()


async def finished(plan: Plan) -> bool:
    """Check what a process that was killed has left, and that it is finished; return whether it had begun."""
    with closing(Store(plan.url)) as store:
        begun = store.read_now(is_erased, WHO)
        assert len(store.read_now(erasures.every)) == begun, "the ledger and the customer say the same"
        assert begun or canaries(store.read_now(everything))
        assert begun or "more.yml" in holding(plan)
    await restarted(plan)
    if not begun:
        with closing(Store(plan.url)) as store:
            assert not store.read_now(is_erased, WHO), "what has not begun is not done behind anybody's back"
        assert await run_erasure(replace(plan, kill_at=None)) == 0
    with closing(Store(plan.url)) as store:
        (done,) = store.read_now(erasures.every)
        assert done.finished_at is not None
        assert canaries(store.read_now(everything)) == []
        assert [one.action for one in store.read_now(audit.latest)].count("erase_customer") == 1
    assert holding(plan) == []
    assert (plan.places.models / "0123.tar.gz.forget").exists()
    return begun


class House:
    """Houses on databases of one kind, each with a customer in it who is erased until the process dies."""

    def __init__(self, databases: Databases, folder: Path) -> None:
        self._databases, self._folder = databases, folder
        self._number = 0

    async def unharmed(self, of: str | None = None) -> tuple[int, float, Sequence[Find]]:
        """Return the steps and seconds of an erasure that nobody kills, and what was wrong with the books before."""
        with self._databases.with_tables() as url:
            plan = self._plan(url, of=of)
            with closing(Store(url)) as store:
                before = store.read_now(check)
            began = monotonic()
            assert await run_erasure(plan) == 0
            seconds = monotonic() - began
            assert holding(plan) == []
            return int(plan.root.with_name(f"{plan.root.name}-{TAKEN}").read_text()), seconds, before

    async def killed(
        self, *, at: int | None = None, of: str | None = None, after: float | None = None, books: Sequence[Find]
    ) -> bool:
        """Kill an erasure at a step or after so many seconds; return whether it had begun."""
        with self._databases.with_tables() as url:
            plan = self._plan(url, at, of)
            when = None if after is None else asyncio.sleep(after)
            crash = await run_erasure(plan, kill_when=when)
            assert crash == KILLED or (crash == 0 and after is not None), "there is a kill, or it came too late"
            begun = await finished(plan)
            with closing(Store(url)) as store:
                assert [find for find in store.read_now(check) if find not in books] == []
            return begun

    def _plan(self, url: str, at: int | None = None, of: str | None = None) -> Plan:
        self._number += 1
        return replace(a_house(url, self._folder / str(self._number)), kill_at=at, of=of)


@pytest.fixture
def house(databases: Databases, tmp_path: Path) -> House:
    return House(databases, tmp_path)


async def sweep(house: House, seeds: range) -> None:
    """Kill each seed at a step of its own part of the way; every other one at a file, most of which come at its end."""
    ways: dict[str | None, int] = {}
    for of in (None, "file"):
        ways[of], _, books = await house.unharmed(of)
    begun = []
    for seed in seeds:
        of = "file" if seed % 2 else None
        share = (seed - seeds.start + Random(seed).random()) / len(seeds)
        begun.append(await house.killed(at=1 + int(share * ways[of]), of=of, books=books))
    print(f"\n{len(begun)} kills at {ways[None]} steps, {ways['file']} of files: {sum(begun)} had begun")
    assert {False, True} == set(begun)


async def test_a_kill_at_any_step_leaves_an_erasure_not_begun_or_finished_by_who_starts_next(house: House) -> None:
    await sweep(house, range(1, 7))


@pytest.mark.long
async def test_a_kill_at_many_more_steps_leaves_none_half(house: House) -> None:
    await sweep(house, range(1001, 1017))


@pytest.mark.long
async def test_a_kill_from_outside_at_any_moment_leaves_none_half(house: House) -> None:
    _, seconds, books = await house.unharmed()

    for seed in range(2001, 2013):
        await house.killed(after=Random(seed).random() * seconds, books=books)


@pytest.mark.long
@pytest.mark.parametrize(("step", "begun"), [("before commit", False), ("after commit", True)])
async def test_the_whole_bot_started_after_it_finishes_it_or_knows_nothing_of_it(
    tmp_path: Path, step: str, begun: bool
) -> None:
    shuke = Installation(tmp_path)
    async with shuke.up("--demo", "--nlu", "rules") as running:
        await running.health()
        await shuke.chat("wang", CANARY)
        assert await running.stop() == 0
    assert (await shuke.run("export", "customer", "C0003")).code == 0
    [who] = shuke.values("SELECT id FROM customers WHERE customer_no = 'C0003'")

    plan = Plan(f"sqlite:///{shuke.database}", tmp_path, who, kill_at=1, of=step)
    assert await run_erasure(plan) == KILLED
    left = shuke.count("erasures"), shuke.count("customers WHERE erased_at IS NOT NULL")
    async with shuke.up("--nlu", "rules") as running:
        await running.health()
        await running.until_said("erasure.finished" if begun else "health:")
        if not begun:
            assert shuke.count("erasures") == 0
            assert (await shuke.run("erase", "customer", "C0003", "--yes")).code == 0
        assert await running.stop() == 0

    assert left == (begun, begun)
    assert shuke.count("erasures WHERE finished_at IS NOT NULL") == 1
    assert (await shuke.run("db", "check")).code == 0
    assert holding(plan) == []
