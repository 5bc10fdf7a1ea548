"""The whole proof: what can be read off the flows, then every talk about each flow, then talks at random."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from flows.actions import RegisteredAction
from flows.engine.check import Problem
from flows.engine.model import FlowBook
from flows.proving.exploring import Explored, Explorer
from flows.proving.static import prove
from flows.proving.talks import FoundProblem
from flows.proving.turns import Stage
from flows.proving.walking import Walker
from flows.proving.watching import Watch
from flows.proving.world import World
from flows.replies import Replies

TURNS = 12_000
"""Turns that exploring may cost by default: some seconds."""
WALKS = 60
"""Talks at random by default."""
MOST_OF_WALKS = 10
"""Different problems after which walking is left off."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was looked at and what was found."""

    problems: tuple[Problem, ...]
    explored: tuple[Explored, ...]
    walks: int
    turns: int


@dataclass(frozen=True, slots=True)
class Thoroughness:
    """How much is tried; the same numbers try the same."""

    turns: int = TURNS
    walks: int = WALKS
    seed: int = 1
    only: frozenset[str] | None = None
    """The flows that are explored; None for all."""


def prove_all(
    book: FlowBook,
    replies: Replies,
    actions: Mapping[str, RegisteredAction],
    facts: Collection[str],
    said_elsewhere: Collection[str] = (),
    intents: Collection[str] | None = None,
    *,
    thorough: Thoroughness,
    done: Callable[[float], None] = lambda share: None,
) -> Proof:
    """Prove a book of flows; ``done`` is told what share of the work is behind us.

    Where what can be read off is wrong already, talks are tried all the same: they show what comes of it.
    """
    found: list[Problem] = [*prove(book, replies, actions, facts, said_elsewhere, intents)]
    stage = Stage(book, replies, World(book, replies, actions, facts))
    watch = Watch(stage, actions)
    explored, walked = _explored(stage, watch, thorough, done), 0
    talks: list[FoundProblem] = [problem for one in explored for problem in one.problems]
    walker = Walker(stage, watch, thorough.seed)
    of = len(explored) + thorough.walks
    for number in range(thorough.walks):
        problem = walker.walk(number)
        walked += 1
        done((len(explored) + walked) / of)
        if problem is not None:
            talks.append(problem)
        if len({(one.kind, one.file, one.line) for one in talks}) >= MOST_OF_WALKS:
            break
    found += _different(talks)
    found.sort(key=lambda one: (one.file, one.line, one.text))
    return Proof(tuple(found), tuple(explored), walked, stage.turns)


def _explored(stage: Stage, watch: Watch, thorough: Thoroughness, done: Callable[[float], None]) -> list[Explored]:
    """Explore each flow; what one leaves of its share of turns is for those that come behind."""
    explorer = Explorer(stage, watch)
    flows = [flow for flow in stage.book.flows.values() if thorough.only is None or flow.name in thorough.only]
    explored: list[Explored] = []
    for number, flow in enumerate(flows):
        share = max(thorough.turns - stage.turns, 0) // (len(flows) - number)
        explored.append(explorer.explore(flow, share))
        done((number + 1) / (len(flows) + thorough.walks))
    return explored


def _different(talks: list[FoundProblem]) -> list[FoundProblem]:
    """Of problems of one kind at one place the shortest talk is enough."""
    found: dict[tuple[str, str, int], FoundProblem] = {}
    for one in talks:
        key = (one.kind, one.file, one.line)
        if key not in found or one.turns < found[key].turns:
            found[key] = one
    return list(found.values())
