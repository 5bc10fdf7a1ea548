"""Measure the peer alone: `python -m benchmarks.peers.measure --help`."""

from __future__ import annotations

import argparse
import asyncio
from itertools import product

from benchmarks.load import MIX, Figures, Load, measure
from benchmarks.peers.history import When
from benchmarks.peers.losses import answers_to_a_repeated_message, killed_in_the_middle
from benchmarks.peers.run_peer import PeerBot

# More than a bot of this speed can get through in a run of 10 s.
FRESH_CUSTOMERS = 400
# A customer with history talks on until it has grown by a tenth; then the next one does.
REGULARS = 8
HISTORY_A_PASS = 10 * len(MIX)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--history", type=int, nargs="+", default=[0, 200, 1_000], help="earlier messages")
    parser.add_argument("--when", nargs="+", choices=["now", "past"], default=["now", "past"])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--runs", type=int, default=3)
    asyncio.run(_measure(parser.parse_args()))


async def _measure(asked: argparse.Namespace) -> None:
    for with_nlu in (True, False):
        async with PeerBot(with_nlu=with_nlu) as peer:
            print("with NLU" if with_nlu else "without NLU, payloads alone")
            print("  memory in MB, just started:", _shown(peer.memory()), flush=True)
            for history, when, conversations in product(asked.history, asked.when, asked.conversations):
                if history == 0 and when == "past":
                    continue
                load = Load(
                    conversations,
                    asked.seconds,
                    runs=asked.runs,
                    passes=max(1, history // HISTORY_A_PASS),
                    as_payload=not with_nlu,
                )
                figures = await _with_history(peer, load, history, when)
                name = f"history {history:4} {when if history else '':4} x{conversations:<2}"
                print(f"  {name} {figures.line()}", flush=True)
            print("  memory in MB, after the load:", _shown(peer.memory()))
            if with_nlu:
                print("  killed:", await killed_in_the_middle(peer))
                print("  answers to one message sent twice:", await answers_to_a_repeated_message(peer))


async def _with_history(peer: PeerBot, load: Load, history: int, when: When) -> Figures:
    count = FRESH_CUSTOMERS if history == 0 else max(REGULARS, load.conversations)
    prepared = [await peer.customers_with_history(count, history, when) for _ in range(load.runs + 1)]
    waiting = iter(prepared)
    return await measure(peer, load, lambda: next(waiting))


def _shown(memory: dict[str, float]) -> str:
    return ", ".join(f"{name} {mb:.0f}" for name, mb in memory.items())


if __name__ == "__main__":
    main()
