"""Any role killed at any point, many at once on one PostgreSQL: nothing is lost, nothing is done twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.fates import PLANTS
from tests.faults.town import kill_sweep
from tests.faults.town_plan import Outcome, Plan, WayIn
from tests.servers.postgres import Cluster, running_cluster

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def own_cluster() -> Iterator[Cluster]:
    """A PostgreSQL that may be killed: the others' tests have another one."""
    with running_cluster() as cluster:
        yield cluster


def told(outcome: Outcome) -> str:
    chronicle = outcome.chronicle
    return (
        f"\nseed {outcome.plan.seed}: {chronicle.kills} kills, {len(outcome.records.tables['inbox'])} messages, "
        f"{chronicle.in_doubt.total()} in doubt, {outcome.seconds:.1f} s"
    )


async def test_forty_kills_of_any_role_lose_no_message_and_repeat_no_ticket_and_no_points(
    own_cluster: Cluster, tmp_path: Path
) -> None:
    outcome = await kill_sweep(own_cluster, tmp_path, Plan(seed=1, kills=40))

    print(told(outcome))
    assert not outcome.broken, outcome.story()
    assert outcome.chronicle.kills >= 40


@pytest.mark.long
@pytest.mark.parametrize("way_in", ["poll", "webhook"])
async def test_sixty_kills_by_either_way_in_lose_and_repeat_nothing(
    own_cluster: Cluster, tmp_path: Path, way_in: WayIn
) -> None:
    outcome = await kill_sweep(own_cluster, tmp_path, Plan(seed=2026, kills=60, restarts=4, way_in=way_in))

    print(told(outcome))
    assert not outcome.broken, outcome.story()
    assert outcome.chronicle.kills >= 60


@pytest.mark.long
@pytest.mark.parametrize("plant", PLANTS)
async def test_the_sweep_finds_what_was_broken_on_purpose(own_cluster: Cluster, tmp_path: Path, plant: str) -> None:
    found: list[str] = []
    for seed in range(1, 13):  # on a busy machine some faults strike seldom
        folder = tmp_path / str(seed)
        folder.mkdir()
        outcome = await kill_sweep(own_cluster, folder, Plan(seed, kills=20, restarts=0, plant=plant, patience=20))
        if found := [broken for broken in outcome.broken if PLANTS[plant] in broken]:
            print(f"\n{plant}: found by seed {seed}: {found[0][:200]}")
            break

    assert found
