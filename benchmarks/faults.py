"""What kills cost: `python -m benchmarks.faults --kills 1000`; `--write` puts the figures into RESULTS.md.

Towns of real processes on a PostgreSQL of their own (`tests/faults/town.py`), one
after the other, by polling and by webhook in turn, each with its own seed, until
there were kills enough. What a town breaks is printed with its seed and all events.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from bisect import bisect
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import monotonic

from benchmarks.load import quantile
from benchmarks.results import machine, write_section
from tests.faults.sending_checks import came_again
from tests.faults.town import kill_sweep
from tests.faults.town_plan import Outcome, Plan
from tests.servers.postgres import running_cluster

KILLS_A_TOWN = 120
RESTARTS_A_TOWN = 3


def run(kills: int, seed: int, minutes: float) -> list[Outcome]:
    """Run towns until there were ``kills``, or the time is over; each is told in a line."""
    outcomes: list[Outcome] = []
    until = monotonic() + 60 * minutes
    with running_cluster() as cluster:
        left = kills
        while left > 0 and (not outcomes or monotonic() < until):
            plan = Plan(
                seed + len(outcomes), kills=min(left, KILLS_A_TOWN), restarts=RESTARTS_A_TOWN,
                way_in="webhook" if len(outcomes) % 2 else "poll",
            )  # fmt: skip
            with tempfile.TemporaryDirectory(prefix="shuke-town-") as folder:
                outcome = asyncio.run(kill_sweep(cluster, Path(folder), plan))
            outcomes.append(outcome)
            left -= outcome.chronicle.kills
            print(
                f"seed {plan.seed}, {plan.way_in}: {outcome.chronicle.kills} kills in {outcome.seconds:.0f} s, "
                f"{len(outcome.records.tables['inbox'])} messages, {len(outcome.broken)} promises broken",
                flush=True,
            )
            if outcome.broken:
                print(outcome.story())
    return outcomes


def figures(outcomes: Sequence[Outcome]) -> list[str]:
    """Return the lines of the section."""
    harms = [harm for one in outcomes for harm in one.chronicle.harms]
    kills = [harm for harm in harms if harm.what == "killed"]
    waits = [wait for one in outcomes for wait in one.chronicle.waits]
    until_next = [wait for one in outcomes for wait in _until_next_answer(one)]
    again = sum(came_again(one.sent).total() for one in outcomes)
    in_doubt = sum(one.chronicle.in_doubt.total() for one in outcomes)
    care = Counter(row["status"] for one in outcomes for row in one.records.tables["outbox"] if row["kind"] == "care")
    messages, answers, tickets, entries = (
        sum(len(one.records.tables[name]) for one in outcomes) for name in ("inbox", "outbox", "tickets", "entries")
    )
    broken = [line for one in outcomes for line in one.broken]
    seconds = sum(one.seconds for one in outcomes)
    databases = Counter(harm.what for harm in harms if harm.role == "PostgreSQL")
    return [
        machine(),
        f"{len(kills)} kills in {seconds:.0f} s, seeds {outcomes[0].plan.seed} to {outcomes[-1].plan.seed}; besides "
        f"{sum(harm.what == 'frozen' for harm in harms)} processes frozen for longer than their leases, PostgreSQL "
        f"restarted {databases['restarted']} times and killed {databases['killed hard']} times. One worker's and one "
        "clock's time is an hour wrong.",
        "",
        "| | |",
        "|---|---|",
        f"| messages, answers, tickets, movements of points | {messages}, {answers}, {tickets}, {entries} |",
        f"| promises broken: lost, answered in two ways, out of order, done twice | {len(broken)} |",
        f"| answers that were being handed over when their sender came to harm | {in_doubt} |",
        f"| of them sent again, and come twice | {again} |",
        f"| care: sent, of unknown fate and not sent again | {care['sent']}, {care['unknown']} |",
        f"| from a kill to the next answer, median, p99 | {_times(until_next)} |",
        f"| from a message to its answer all the while, median, p99 | {_times(waits)} |",
        "",
        "| killed | " + " | ".join(_STEPS) + " | in all |",
        "|---" * (len(_STEPS) + 2) + "|",
        *(
            _row(role, [harm.step for harm in kills if harm.role == role])
            for role in ("worker", "poll", "web", "clock")
        ),
    ]


_STEPS = (
    "any moment", "statement", "before commit", "after commit", "before sendmessage", "after sendmessage",
    "before getupdates", "after getupdates",
)  # fmt: skip


def _times(seconds: Sequence[float]) -> str:
    return f"{median(seconds):.2f} s, {quantile(seconds, 0.99):.2f} s"


def _row(role: str, steps: Sequence[str]) -> str:
    counted = Counter(steps)
    return f"| {role} | " + " | ".join(str(counted[step] or "") for step in _STEPS) + f" | {len(steps)} |"


def _until_next_answer(outcome: Outcome) -> list[float]:
    """Return how long after each kill the next answer of anybody arrived; the last kills had none to wait for."""
    times = outcome.sent_at
    found = []
    for harm in outcome.chronicle.harms:
        place = bisect(times, harm.at)
        if harm.what == "killed" and place < len(times):
            found.append(times[place] - harm.at)
    return found


def main() -> None:
    """Run and print, or write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=30, help="begin no new town after so long")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    lines = figures(run(asked.kills, asked.seed, asked.minutes))
    print("\n".join(lines))
    if asked.write:
        write_section("faults", lines)


if __name__ == "__main__":
    main()
