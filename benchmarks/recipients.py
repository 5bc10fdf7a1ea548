"""Who gets what: `python -m benchmarks.recipients --steps 100000`; `--write` puts the figures into RESULTS.md.

Customers on three channels speak, are linked, merged and taken apart while the bot and
an agent answer (`tests/bot/switchboard.py`). A step is a message, a shared phone, a
merge or its undoing, an agent's word or time that passes; an answer that left for
anybody but who spoke is a wrong recipient. The same seed takes the same steps.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from benchmarks.results import machine, write_section
from crm_store import schema
from crm_store.unit_of_work import Store
from tests.bot.switchboard import Switchboard, Tally

A_STRETCH = 10_000
"""Steps on one database; the next stretch has its own, and its own seed."""


def run(steps: int, seed: int) -> Tally:
    """Take the steps, stretch by stretch on SQLite."""
    told = Tally()
    while told.steps < steps:
        with TemporaryDirectory(prefix="shuke-recipients-") as folder:
            url = f"sqlite:///{folder}/shuke.db"
            schema.upgrade(url)
            store = Store(url, durable=False, given_time=True)
            try:
                board = Switchboard(store, Path(folder), seed=seed)
                tally = asyncio.run(board.live(min(A_STRETCH, steps - told.steps)))
            finally:
                store.close()
        for name in ("steps", "replies", "by_agents", "merged", "unmerged"):
            setattr(told, name, getattr(told, name) + getattr(tally, name))
        told.wrong += [f"seed {seed}: {line}" for line in tally.wrong]
        print(f"seed {seed}: {told.steps:,} steps, {len(told.wrong)} wrong", flush=True)
        seed += 1
    return told


def main() -> None:
    """Run and print; exit code 1 where a message went wrong."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--steps", type=int, default=100_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--write", action="store_true", help="Put the figures into RESULTS.md.")
    given = options.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    began = time.monotonic()
    tally = run(given.steps, given.seed)
    lines = [
        f"{machine()} SQLite, seed {given.seed}, {time.monotonic() - began:.0f} s.",
        "",
        f"{tally.steps:,} steps: {tally.merged:,} merges and {tally.unmerged:,} undone, {tally.replies:,} answers of "
        f"the bot, {tally.by_agents:,} of agents; **{len(tally.wrong)} for a wrong recipient or lost**.",
    ]
    print("\n".join([*lines, *tally.wrong[:20]]))
    if given.write:
        write_section("recipients", lines)
    sys.exit(bool(tally.wrong))


if __name__ == "__main__":
    main()
