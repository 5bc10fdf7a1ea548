"""The proofs on the flows, proved: `python -m benchmarks.proofs`; `--write` puts the table into RESULTS.md.

Each fault of `tests/flows/proving/plants.py` is planted in a copy of the flows, and it is
told whether it can be read off them, and how short the shortest talk is that shows it.
Then the flows as they are have talks at random, a night's worth.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.results import machine, write_section
from flows.engine.marks import FlowError
from flows.proving.proof import Proof, Thoroughness
from flows.proving.talks import FoundProblem
from flows.standard import load_standard
from nlu.intents import intent_names
from tests.flows.proving.copies import Copies
from tests.flows.proving.plants_guarded import PLANTS


@dataclass(frozen=True, slots=True)
class Found:
    """How a planted fault was found."""

    fault: str
    read_off: bool
    talks: tuple[int, ...]
    """Turns of the talks that show it."""
    named: bool
    """Among what was found is what the fault is called, not only what comes of it."""

    @property
    def row(self) -> str:
        talk = (
            f"{min(self.talks)} to {max(self.talks)}" if len(set(self.talks)) > 1 else "".join(map(str, self.talks[:1]))
        )
        return f"| {self.fault} | {'yes' if self.read_off else ''} | {talk} | {'yes' if self.named else 'no'} |"


def planted(turns: int) -> list[Found]:
    """Plant every fault and look for it."""
    found: list[Found] = []
    for name, plant in PLANTS.items():
        copies = Copies()
        says = plant(copies)
        with TemporaryDirectory(prefix="shuke-proofs-") as folder:
            try:
                problems = copies.proved(Path(folder), Thoroughness(turns=turns, walks=0)).problems
            except FlowError as refused:
                found.append(Found(name.replace("_", " "), True, (), says in str(refused)))
                continue
        talks = tuple(one.turns for one in problems if isinstance(one, FoundProblem))
        named = any(says in str(one) for one in problems)
        found.append(Found(name.replace("_", " "), len(talks) < len(problems), talks, named))
    return found


def lines(found: list[Found], night: Proof, seconds: float) -> list[str]:
    """Return the section of RESULTS.md."""
    named = sum(one.named for one in found)
    longest = max((turns for one in found for turns in one.talks), default=0)
    states = sum(one.states for one in night.explored)
    return [
        machine(),
        "",
        f"{named} of {len(found)} faults found, {sum(one.read_off for one in found)} of them read off; "
        f"the longest of the shortened talks has {longest} turns. The flows as they are: {states:,} states, "
        f"{night.walks:,} talks at random, {night.turns:,} turns in {seconds:.0f} s, "
        f"**{len(night.problems)} problems**.",
        "",
        "| planted | read off | turns of the talks that show it | found |",
        "|---|---|---|---|",
        *(one.row for one in found),
    ]


def main() -> None:
    """Run and print; exit code 1 where more than one fault in thirty is missed, or the flows have a problem."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--turns", type=int, default=1500, help="Turns for each planted fault.")
    options.add_argument("--walks", type=int, default=2000, help="Talks at random with the flows as they are.")
    options.add_argument("--night", type=int, default=40_000, help="Turns of exploring the flows as they are.")
    options.add_argument("--write", action="store_true", help="Put the table into RESULTS.md.")
    given = options.parse_args()
    found = planted(given.turns)
    began = time.monotonic()
    night = load_standard().proof(Thoroughness(turns=given.night, walks=given.walks, seed=1), intent_names())
    told = lines(found, night, time.monotonic() - began)
    print("\n".join((*told, *map(str, night.problems))))
    if given.write:
        write_section("proofs", told)
    missed = sum(not one.named for one in found)
    sys.exit(1 if missed * 30 > len(found) or night.problems else 0)


if __name__ == "__main__":
    main()
