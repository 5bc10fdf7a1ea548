"""Turns side by side with the peer: `python -m benchmarks.turns --help`; `--write` puts the table into RESULTS.md.

Both sides are put under the same load in one run, one after the other for each row,
with the real NLU and without one, at several numbers of conversations and of earlier
messages. What a row says of the other side stands beside it, as a ratio.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import re
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path

import psutil

from benchmarks.load import MIX, Customer, Figures, Load, measure, memory_mb, new_customers
from benchmarks.peers.losses import answers_to_a_repeated_message, killed_in_the_middle
from benchmarks.peers.measure import FRESH_CUSTOMERS, HISTORY_A_PASS, REGULARS
from benchmarks.peers.run_peer import PeerBot
from benchmarks.results import machine, write_section
from benchmarks.shuke import Shuke
from bot.settings import build
from bot.wiring import build_classifier
from nlu.rasa_process import RasaProcess
from nlu.training import ensure_model
from nlu.understanding import OUT_OF_SCOPE, Entity, IntentScore, Language, Understanding

OUR_MOST_A_SECOND = 1_500
"""Turns that we surely do not reach: so many customers are prepared as would be used up by them."""
_ORDER_NO = re.compile(r"\d{11}")
_HAN = re.compile("[\u4e00-\u9fff]")
HEADER = (
    "| NLU | earlier messages | conversations | ours, turns/s | p50 / p99 ms | CPU ms a turn | "
    "peer, turns/s | p50 / p99 ms | CPU ms a turn | ours to peer's |\n|---|---|---|---|---|---|---|---|---|---|"
)


class KnowsTheMix:
    """The faked NLU: told what each sentence of the load means, as the peer is by its payloads."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        for line in MIX:
            for text in (line.zh, line.en):
                self._known[text] = line.payload[1:].partition("{")[0]

    async def __call__(
        self, text: str, *, asking: str | None, language: Language, timezone: str, now: datetime
    ) -> Understanding:
        number = _ORDER_NO.search(text)
        intent = self._known[text.replace(number[0], "ORDER_NO") if number else text]
        entities = (Entity("order_no", number[0], number[0], *number.span()),) if number else ()
        spoken: Language = "zh" if _HAN.search(text) else language
        score = IntentScore(OUT_OF_SCOPE if intent == "inform" else intent, 0.95)
        return Understanding(text, spoken, score.name, 0.95, (score,), entities, 0.0, 0.0, "rasa")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nlu", nargs="+", choices=["real", "faked"], default=["real", "faked"])
    parser.add_argument("--conversations", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--history", type=int, nargs="+", default=[0, 200, 1_000], help="earlier messages")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--alone", action="store_true", help="without the peer")
    parser.add_argument("--write", action="store_true", help="write the table into benchmarks/RESULTS.md")
    asked = parser.parse_args()
    lines = asyncio.run(_measure(asked))
    if asked.write:
        write_section("turns", [machine(), f"{asked.runs} runs of {asked.seconds:.0f} s, medians.", "", *lines])


async def _measure(asked: argparse.Namespace) -> list[str]:
    lines = [HEADER]
    notes: list[str] = []
    print(HEADER, flush=True)
    for nlu in asked.nlu:
        async with contextlib.AsyncExitStack() as stack:
            peer = None if asked.alone else await stack.enter_async_context(PeerBot(with_nlu=nlu == "real"))
            ours = await stack.enter_async_context(_ours(nlu))
            for history, conversations in itertools.product(asked.history, asked.conversations):
                load = Load(
                    conversations,
                    asked.seconds,
                    runs=asked.runs,
                    passes=max(1, history // HISTORY_A_PASS),
                    as_payload=False,
                )
                mine = await _put_under_load(ours, load, history)
                theirs = await _put_peer_under_load(peer, load, history, nlu) if peer else None
                lines.append(_row(nlu, history, conversations, mine, theirs))
                print(lines[-1], flush=True)
            notes += await _notes(nlu, ours, peer)
    print("\n".join(notes))
    return [*lines, "", *notes]


@contextlib.asynccontextmanager
async def _ours(nlu: str) -> AsyncIterator[Shuke]:
    if nlu == "faked":
        side = Shuke(understand=KnowsTheMix())
        yield side
        await side.close()
        return
    # The same sentences come again and again here, as they don't from customers.
    settings = build({"nlu": {"remembered": 0}}, root=Path.cwd())
    rasa = RasaProcess(settings.nlu, await ensure_model(settings.nlu, progress=lambda *_: None))
    running = asyncio.create_task(rasa.run())
    try:
        await rasa.until_ready()
        assert rasa.pid is not None, "a Rasa that is ready has a process"
        side = Shuke(
            build_classifier(settings, lambda: (rasa.address,) if rasa.address else ()),
            others=[psutil.Process(rasa.pid)],
        )
        yield side
        await side.close()
    finally:
        await rasa.stop()
        await asyncio.gather(running, return_exceptions=True)


async def _put_under_load(ours: Shuke, load: Load, history: int) -> Figures:
    fresh = int(OUR_MOST_A_SECOND * load.seconds / len(MIX))
    count = fresh if history == 0 else max(REGULARS, load.conversations)

    def customers() -> Sequence[Customer]:
        return ours.tell(new_customers(count, ours.serial), earlier_messages=history)

    return await measure(ours, load, customers)


async def _put_peer_under_load(peer: PeerBot, load: Load, history: int, nlu: str) -> Figures:
    load = Load(load.conversations, load.seconds, runs=load.runs, passes=load.passes, as_payload=nlu == "faked")
    count = FRESH_CUSTOMERS if history == 0 else max(REGULARS, load.conversations)
    prepared = [await peer.customers_with_history(count, history, "now") for _ in range(load.runs + 1)]
    waiting = iter(prepared)
    return await measure(peer, load, lambda: next(waiting))


async def _notes(nlu: str, ours: Shuke, peer: PeerBot | None) -> list[str]:
    mine = ", ".join(f"{memory_mb([process]):.0f} MB" for process in ours.processes())
    notes = [f"- memory after the load, NLU {nlu}: ours {mine}"]
    if peer is not None:
        theirs = ", ".join(f"{name} {mb:.0f} MB" for name, mb in peer.memory().items())
        notes[0] += f"; the peer's {theirs}"
        if nlu == "real":
            losses = await killed_in_the_middle(peer)
            twice = await answers_to_a_repeated_message(peer)
            notes.append(
                f"- the peer, killed in the middle of {losses.sent} messages, lost {losses.lost}; "
                f"one message sent twice was answered {twice} times"
            )
    return notes


def _row(nlu: str, history: int, conversations: int, mine: Figures, theirs: Figures | None) -> str:
    def shown(one: Figures) -> str:
        return f"{one.turns_per_s:.1f} | {one.p50_ms:.1f} / {one.p99_ms:.1f} | {one.cpu_ms:.2f}"

    other = f"{shown(theirs)} | {mine.turns_per_s / theirs.turns_per_s:.1f}" if theirs else "– | – | – | –"
    return f"| {nlu} | {history} | {conversations} | {shown(mine)} | {other} |"


if __name__ == "__main__":
    main()
