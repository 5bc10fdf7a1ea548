"""No room on the disk: messages are refused, and nothing is lost or doubled once there is room again."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.bot_process import Plan, run_bot
from tests.faults.checks import check_nothing_is_lost_or_done_twice, surplus, tried_again
from tests.faults.customers import MESSAGES, a_shop, all_talk
from tests.faults.town import kill_sweep
from tests.faults.town_plan import Plan as TownPlan
from tests.servers.postgres import running_cluster
from tests.servers.small_disk import NotMounted, SmallDisk, small_disk
from tests.servers.telegram_api import TelegramApi

pytestmark = pytest.mark.timeout(120)


@contextmanager
def a_disk(folder: Path, *, megabytes: int) -> Iterator[SmallDisk]:
    try:
        with small_disk(folder, megabytes=megabytes) as disk:
            yield disk
    except NotMounted as exc:
        pytest.skip(str(exc))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with a_disk(tmp_path / "disk", megabytes=8) as disk:
        yield disk


async def until_logged(log: Path, words: str, *, times: int = 1) -> None:
    async with asyncio.timeout(30):
        while not log.exists() or log.read_text().count(words) < times:  # noqa: ASYNC110, ASYNC240
            await asyncio.sleep(0.02)


async def test_on_a_full_disk_messages_are_refused_and_come_again_when_there_is_room(
    disk: SmallDisk, tmp_path: Path
) -> None:
    database, log = disk.folder / "shuke.db", tmp_path / "log"
    a_shop(tmp_path / "shop.db")
    shutil.copy(tmp_path / "shop.db", database)

    async with TelegramApi() as telegram:
        plan = Plan(database, telegram.url, telegram.token, MESSAGES, tmp_path, None)
        running = asyncio.create_task(run_bot(plan))
        talking = asyncio.create_task(all_talk(telegram))
        await telegram.wait_for_sent(3, within=30)
        disk.fill()
        await until_logged(log, "inbound.not_stored")
        refused = len(telegram.pending)
        disk.make_room()
        assert await running == 0, log.read_text()
        await talking
        doubled = surplus(database, telegram.sent)

    check_nothing_is_lost_or_done_twice(database)
    assert refused > 0, "the platform still has what was not stored"
    assert doubled <= tried_again(database)


@pytest.mark.long
async def test_postgresql_on_a_full_disk_costs_time_and_nothing_else(tmp_path: Path) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="shuke-disk-") as place,  # short: the server's socket lies there
        a_disk(Path(place) / "d", megabytes=120) as disk,
    ):
        disk.folder.parent.chmod(0o755)
        with running_cluster(disk.folder / "pg") as cluster:
            outcome = await kill_sweep(cluster, tmp_path, TownPlan(seed=5, kills=12, restarts=0), disk=disk)

    assert not outcome.broken, outcome.story()
    assert [one.what for one in outcome.chronicle.harms].count("full disk") == 1
