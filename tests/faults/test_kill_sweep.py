"""kill -9 at any point between receipt and answer: nothing is lost, nothing is done twice."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pytest

from tests.faults.bot_process import Plan, run_bot
from tests.faults.checks import being_sent, check_nothing_is_lost_or_done_twice, counted, surplus
from tests.faults.customers import MESSAGES, a_shop, all_talk
from tests.servers.telegram_api import TelegramApi

pytestmark = pytest.mark.timeout(300)

AT_ONCE = 4
KILLED = -9


@dataclass(frozen=True, slots=True)
class Unharmed:
    """What a run takes when nobody kills it."""

    steps: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Crash:
    """One seed's crash: whether there was one, and the replies in doubt and sent again."""

    killed: bool
    in_doubt: int
    doubled: int


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    database = tmp_path_factory.mktemp("shop") / "shop.db"
    a_shop(database)
    return database


async def a_crash(shop: Path, folder: Path, *, kill_at: int | None, kill_after: float | None = None) -> Crash:
    """Let the customers talk to a bot that dies, then to the one that is started after it; check all."""
    folder.mkdir()  # noqa: ASYNC240 - a test has nobody to keep waiting
    database = folder / "shuke.db"
    shutil.copy(shop, database)
    async with TelegramApi() as telegram:
        plan = Plan(database, telegram.url, telegram.token, MESSAGES, folder, kill_at)
        talking = asyncio.create_task(all_talk(telegram))
        code = await run_bot(plan, kill_when=None if kill_after is None else _polled(telegram, kill_after))
        assert code in (0, KILLED), (folder / "log").read_text()
        in_doubt = being_sent(database)
        if code == KILLED:
            assert await run_bot(replace(plan, kill_at=None)) == 0, (folder / "log").read_text()
        await talking
        doubled = surplus(database, telegram.sent)

    check_nothing_is_lost_or_done_twice(database)
    assert doubled <= in_doubt, "only a reply that was being sent may arrive twice"
    return Crash(code == KILLED, in_doubt.total(), doubled.total())


async def _polled(telegram: TelegramApi, seconds: float) -> None:
    """Return so many seconds after the bot's first poll."""
    await telegram.wait_until(lambda: telegram.calls["getupdates"] > 0, within=30)
    await asyncio.sleep(seconds)


@pytest.fixture(scope="module")
def unharmed(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Unharmed:
    """How far the way is from receipt to answer; seeds choose their point on it."""
    folder = tmp_path_factory.mktemp("unharmed") / "run"
    crash = asyncio.run(a_crash(shop, folder, kill_at=None))
    assert crash == Crash(killed=False, in_doubt=0, doubled=0)
    assert counted(folder / "shuke.db", "conversations WHERE lease_until IS NOT NULL") == 0
    return Unharmed(**json.loads((folder / "taken").read_text()))


async def sweep(seeds: Iterable[int], crash: Callable[[int], Awaitable[Crash]]) -> list[Crash]:
    """Let seeds crash, some at once: most of a crash is waiting for leases to run out."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(seed: int) -> Crash:
        async with places:
            return await crash(seed)

    crashes = await asyncio.gather(*(one(seed) for seed in seeds))
    print(
        f"\n{len(crashes)} runs, {sum(one.killed for one in crashes)} killed; replies in doubt "
        f"{sum(one.in_doubt for one in crashes)}, of them sent twice {sum(one.doubled for one in crashes)}"
    )
    return crashes


async def killed_by_step(seeds: range, shop: Path, unharmed: Unharmed, folder: Path) -> list[Crash]:
    """Kill each seed at a step of its own part of the way, so that the whole way is covered."""

    async def crash(seed: int) -> Crash:
        share = (seed - seeds.start + Random(seed).random()) / len(seeds)
        return await a_crash(shop, folder / str(seed), kill_at=1 + int(share * unharmed.steps))

    return await sweep(seeds, crash)


async def test_a_kill_at_any_of_forty_steps_loses_no_message_and_repeats_no_ticket_and_no_points(
    shop: Path, unharmed: Unharmed, tmp_path: Path
) -> None:
    crashes = await killed_by_step(range(1, 41), shop, unharmed, tmp_path)

    assert sum(one.killed for one in crashes) >= 32


@pytest.mark.long
async def test_a_kill_at_any_of_many_more_steps_loses_and_repeats_nothing(
    shop: Path, unharmed: Unharmed, tmp_path: Path
) -> None:
    crashes = await killed_by_step(range(1001, 1051), shop, unharmed, tmp_path)

    assert sum(one.killed for one in crashes) >= 40


@pytest.mark.long
async def test_a_kill_from_outside_at_any_moment_loses_and_repeats_nothing(
    shop: Path, unharmed: Unharmed, tmp_path: Path
) -> None:
    async def crash(seed: int) -> Crash:
        # Runs beside others take longer than the one that was measured alone.
        moment = Random(seed).random() * unharmed.seconds * AT_ONCE / 2
        return await a_crash(shop, tmp_path / str(seed), kill_at=None, kill_after=moment)

    crashes = await sweep(range(2001, 2041), crash)

    assert sum(one.killed for one in crashes) >= 20
