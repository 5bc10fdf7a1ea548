"""Turns a second on SQLite and on PostgreSQL, with one worker and with two; and what Rasa leaves of them.

    .venv/bin/python -m benchmarks.databases [--write]

Every worker is a process with the whole pipeline and its own customers, on one
database; the channel takes answers at once. Without an NLU what each sentence means is
told to it. PostgreSQL is a server of our own, made from Debian's packages, durable as
it comes. All of them share the machine's cores with the database and the load.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import multiprocessing
import time
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import median

import psutil

from benchmarks.load import MIX, Figures, Load, new_customers, run_once
from benchmarks.results import machine, write_section
from benchmarks.shuke import Shuke
from benchmarks.turns import KnowsTheMix
from bot.settings import Settings, build
from bot.wiring import build_classifier
from crm_store import schema
from nlu.client import RasaClient
from nlu.rasa_process import RasaProcess
from nlu.training import ensure_model
from tests.servers.postgres import running_cluster

CUSTOMERS_APART = 1_000_000
MOST_A_SECOND = 1_000
HEADER = (
    "| database | workers | conversations each | turns/s | p50 / p99 ms | CPU ms a turn |\n|---|---|---|---|---|---|"
)

_ready: Barrier


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conversations", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--without-rasa", action="store_true")
    parser.add_argument("--write", action="store_true", help="write the table into benchmarks/RESULTS.md")
    asked = parser.parse_args()
    lines = [HEADER]
    print(HEADER, flush=True)
    with running_cluster(durable=True) as cluster:
        for kind, workers in (("SQLite", 1), ("PostgreSQL", 1), ("PostgreSQL", 2)):
            for conversations in asked.conversations:
                runs = []
                for number in range(asked.runs):
                    name = f"bench_{workers}_{conversations}_{number}"
                    url = None
                    if kind == "PostgreSQL":
                        cluster.create(name)
                        url = cluster.url(name)
                        schema.upgrade(url)
                    runs.append(_together(url, workers, conversations, asked.seconds))
                lines.append(_row(kind, workers, conversations, runs))
                print(lines[-1], flush=True)
    if not asked.without_rasa:
        lines += ["", *asyncio.run(_with_rasa(asked.seconds, asked.runs))]
        print("\n".join(lines[-4:]))
    if asked.write:
        write_section("databases", [machine(), f"{asked.runs} runs of {asked.seconds:.0f} s, medians.", "", *lines])


def _together(url: str | None, workers: int, conversations: int, seconds: float) -> list[Figures]:
    """Let workers begin at the same moment; return the figures of each."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(workers)
    with ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(barrier,)) as pool:
        parts = [pool.submit(_work, url, number, conversations, seconds) for number in range(workers)]
        return [part.result() for part in parts]


def _begin(barrier: Barrier) -> None:
    global _ready
    _ready = barrier


def _work(url: str | None, number: int, conversations: int, seconds: float) -> Figures:
    return asyncio.run(_put_under_load(url, number, conversations, seconds))


async def _put_under_load(url: str | None, number: int, conversations: int, seconds: float) -> Figures:
    side = Shuke(
        understand=KnowsTheMix(), store_url=url, worker=f"worker-{number}", first_customer=number * CUSTOMERS_APART
    )
    try:
        count = int(MOST_A_SECOND * seconds / len(MIX))
        known = side.tell(new_customers(count, side.serial))
        await run_once(side, Load(conversations), side.tell(new_customers(50, side.serial)), seconds=1.0)
        await asyncio.to_thread(_ready.wait)
        return await run_once(side, Load(conversations), known, seconds=seconds)
    finally:
        await side.close()


def _row(kind: str, workers: int, conversations: int, runs: list[list[Figures]]) -> str:
    turns = median(sum(one.turns_per_s for one in run) for run in runs)
    p50, p99 = (median(max(getattr(one, name) for one in run) for run in runs) for name in ("p50_ms", "p99_ms"))
    cpu = median(median(one.cpu_ms for one in run) for run in runs)
    return f"| {kind} | {workers} | {conversations} | {turns:.0f} | {p50:.1f} / {p99:.1f} | {cpu:.2f} |"


async def _with_rasa(seconds: float, runs: int) -> list[str]:
    """Compare turns that Rasa understands with the lower of Rasa alone and turns alone, eight at a time."""
    settings = build({"nlu": {"remembered": 0}}, root=Path.cwd())
    async with _rasa(settings) as (rasa, client):
        alone, turns, both = [], [], []
        for _ in range(runs):
            alone.append(await _parses_a_second(client, seconds))
            turns.append(await _turns_a_second(Shuke(understand=KnowsTheMix()), seconds))
            both.append(await _turns_a_second(Shuke(client, others=[rasa]), seconds))
    share = median(both) / min(median(alone), median(turns))
    return [
        f"- Rasa alone {median(alone):.0f} parses/s, turns alone {median(turns):.0f}/s, turns with Rasa "
        f"{median(both):.0f}/s (8 conversations, SQLite): {share:.0%} of the lower one",
    ]


@contextlib.asynccontextmanager
async def _rasa(settings: Settings) -> AsyncIterator[tuple[psutil.Process, RasaClient]]:
    rasa = RasaProcess(settings.nlu, await ensure_model(settings.nlu, progress=lambda *_: None))
    running = asyncio.create_task(rasa.run())
    try:
        await rasa.until_ready()
        assert rasa.pid is not None, "a Rasa that is ready has a process"
        client = build_classifier(settings, lambda: (rasa.address,) if rasa.address else ())
        yield psutil.Process(rasa.pid), client
        await client.aclose()
    finally:
        await rasa.stop()
        await asyncio.gather(running, return_exceptions=True)


async def _turns_a_second(side: Shuke, seconds: float) -> float:
    try:
        known = side.tell(new_customers(int(MOST_A_SECOND * seconds / len(MIX)), side.serial))
        return (await run_once(side, Load(8), known, seconds=seconds)).turns_per_s
    finally:
        await side.close()


async def _parses_a_second(client: RasaClient, seconds: float) -> float:
    (customer,) = new_customers(1, iter(range(1)))
    texts = [line.said_by(customer, as_payload=False) for line in MIX]
    begun, parsed = time.perf_counter(), 0

    async def ask() -> None:
        nonlocal parsed
        while time.perf_counter() - begun < seconds:
            for text in texts:
                await client.classify(text)
                parsed += 1

    async with asyncio.TaskGroup() as asking:
        for _ in range(8):
            asking.create_task(ask())
    return parsed / (time.perf_counter() - begun)


if __name__ == "__main__":
    main()
