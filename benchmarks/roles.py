"""What each role takes to start and to run: seconds, CPU and memory, of real processes.

    .venv/bin/python -m benchmarks.roles [--write]

`run ROLE` on a PostgreSQL of our own whose tables are there already, and `up --nlu rules`
on SQLite, one at a time. A role is up when it says so; `nlu` is when a customer's sentence
that is put to its Rasa comes back with its meaning, on a model that is trained already.
CPU and memory are taken at that moment, of the process and its children.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import monotonic

import psutil

from benchmarks.results import machine, write_section
from bot.settings import build
from bot.wiring import build_classifier
from crm_store import schema
from nlu.rasa_address import published
from nlu.training import ensure_model
from tests.faults.installation import ROOT, UP, Installation, Running
from tests.servers.postgres import running_cluster
from tests.servers.telegram_api import TelegramApi

MB = 1e6
ROLES = ("web", "poll", "worker", "clock", "nlu")
SENTENCE, MEANING = "where has my parcel got to", "track_order"
STARTS_WITHIN = 180
"""Seconds, on a busy machine too."""
HEADER = "| role | up after | CPU until then | RSS | PSS |\n|---|---|---|---|---|"


@dataclass(frozen=True, slots=True)
class Taken:
    """What one start took, in seconds, and the memory of its processes in MB (10^6 bytes)."""

    up_after: float
    cpu: float
    rss: float
    pss: float

    def cells(self) -> str:
        return f"{self.up_after:.1f} s | {self.cpu:.1f} s | {self.rss:.0f} MB | {self.pss:.0f} MB |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="write the table into benchmarks/RESULTS.md")
    asked = parser.parse_args()
    load = psutil.getloadavg()[0]
    taken = asyncio.run(_measure(asked.runs))
    lines = [HEADER, *(f"| {name} | {_typical(runs).cells()}" for name, runs in taken.items())]
    print("\n".join(lines))
    if asked.write:
        write_section(
            "roles", [machine(), f"{asked.runs} starts of each, medians; load before: {load:.1f}.", "", *lines]
        )


async def _measure(runs: int) -> dict[str, list[Taken]]:
    models = ROOT / "var" / "models"
    await ensure_model(build({"nlu": {"models": str(models)}}, root=ROOT).nlu, progress=lambda *_: None)
    taken: dict[str, list[Taken]] = {}
    with tempfile.TemporaryDirectory() as folder, running_cluster(durable=True) as cluster:
        url = cluster.create("roles")
        schema.upgrade(url)
        async with TelegramApi() as telegram:
            shuke = Installation(
                Path(folder),
                SHUKE_NLU__MODELS=str(models),
                SHUKE_TELEGRAM_TOKEN=telegram.token,
                SHUKE_TELEGRAM__API_BASE_URL=telegram.url,
            )
            for _ in range(runs):
                for role in ROLES:
                    async with shuke.process("run", role, SHUKE_STORE__URL=url) as running:
                        await running.until_said(UP[role], within=STARTS_WITHIN)
                        if role == "nlu":
                            await _parse(shuke)
                        up_after = monotonic() - running.began
                        _note(taken, role, up_after, *_family(running))
                        if role == "nlu":
                            _note(taken, "nlu, of it Rasa", up_after, *_family(running)[1:])
                async with shuke.up("--nlu", "rules") as running:
                    await running.until_said("health:", within=STARTS_WITHIN)
                    _note(taken, "up, by rules", monotonic() - running.began, *_family(running))
    return taken


async def _parse(shuke: Installation) -> None:
    """Put a sentence to the Rasa that ``shuke`` runs."""
    settings = build({"nlu": {"deadline": STARTS_WITHIN}}, root=shuke.root)
    classifier = build_classifier(settings, lambda: published(settings.var))
    try:
        best = (await classifier.classify(SENTENCE))[0]
    finally:
        await classifier.aclose()
    assert best.name == MEANING, f"Rasa takes {SENTENCE!r} for {best.name}"


def _family(running: Running) -> list[psutil.Process]:
    process = psutil.Process(running.pid)
    return [process, *process.children(recursive=True)]


def _note(taken: dict[str, list[Taken]], name: str, up_after: float, *family: psutil.Process) -> None:
    times = [one.cpu_times() for one in family]
    memory = [one.memory_full_info() for one in family]
    taken.setdefault(name, []).append(
        Taken(
            up_after,
            sum(one.user + one.system for one in times),
            sum(one.rss for one in memory) / MB,
            sum(one.pss for one in memory) / MB,
        )
    )


def _typical(runs: Sequence[Taken]) -> Taken:
    return Taken(*(median(getattr(one, name) for one in runs) for name in Taken.__slots__))


if __name__ == "__main__":
    main()
