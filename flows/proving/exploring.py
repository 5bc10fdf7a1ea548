"""Every talk about one flow: all that a customer can answer and all that actions can return, state by state.

States that differ in nothing that matters are one. What does not answer the question is tried in every state too; where
it leads is followed within a budget, the shortest talks first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from flows.engine.model import Flow
from flows.engine.state import DialogueState, Frame
from flows.proving.moves import Move, answers, around, starts
from flows.proving.sticking import STUCK, shortest, stuck_at, under_way
from flows.proving.talks import FoundProblem, Line, as_found, problem
from flows.proving.turns import Stage
from flows.proving.watching import Fault, Watch
from flows.proving.world import Facts

MOST_PROBLEMS = 5
"""Problems of one flow that are told; they tend to have one cause."""


@dataclass(slots=True)
class _Node:
    """A state, the shortest talk to it, whether something in it was no answer, and the states that answers lead to."""

    state: DialogueState
    lines: tuple[Line, ...]
    disturbed: bool
    after_answers: set[Any] = field(default_factory=set)
    expanded: bool = False

    @property
    def waits(self) -> bool:
        """Whether answers alone lead here, and it was not followed any more."""
        return not self.disturbed and not self.expanded and self.state.asking is not None


@dataclass(frozen=True, slots=True)
class Explored:
    """What was seen of one flow: how many states, and whether these are all."""

    flow: str
    states: int
    complete: bool
    answered: bool
    """Whether all are there that answers lead to, whatever actions return."""
    problems: tuple[FoundProblem, ...]


class Explorer:
    """Explores flows, one after another."""

    def __init__(self, stage: Stage, watch: Watch) -> None:
        self._stage = stage
        self._watch = watch
        self._known: set[tuple[str, str, int]] = set()

    def explore(self, flow: Flow, budget: int) -> Explored:
        """Explore a flow in every world that makes a difference to it; ``budget`` is how many turns that may cost."""
        found: dict[tuple[str, str, int], FoundProblem] = {}
        states, complete, answered = 0, True, True
        worlds = self._stage.world.worlds(flow)
        ends = self._stage.turns + budget
        for number, facts in enumerate(worlds):
            left = (ends - self._stage.turns) // (len(worlds) - number)
            one = _OneWorld(self._stage, self._watch, flow, facts, self._stage.turns + left)
            for lines, fault in one.run():
                key = (fault.kind, fault.place.file, fault.place.line)
                if key in self._known or len(found) >= MOST_PROBLEMS:
                    continue
                self._known.add(key)
                if fault.kind == STUCK:  # seen in the whole of the states behind a talk, not in a turn of it
                    found[key] = as_found(self._stage, *shortest(self._stage, flow, lines, key_of))
                else:
                    found[key] = problem(self._stage, self._watch, lines, fault)
            states += len(one.nodes)
            complete = complete and one.complete
            answered = answered and not any(node.waits for node in one.nodes.values())
        return Explored(flow.name, states, complete, answered, tuple(found.values()))


class _OneWorld:
    """The talks about one flow in one world."""

    def __init__(self, stage: Stage, watch: Watch, flow: Flow, facts: Facts, ends: int) -> None:
        self._stage = stage
        self._watch = watch
        self._book = stage.book
        self._flow = flow
        self._facts = facts
        self._ends = ends
        self.nodes: dict[Any, _Node] = {}
        self._waiting: deque[Any] = deque()
        """States from which answers are still to be tried."""
        self._disturbed: deque[Any] = deque()
        """States in which what is no answer is still to be tried."""

    def run(self) -> Iterator[tuple[tuple[Line, ...], Fault]]:
        for opening in starts(self._book, self._flow):
            yield from self._tried(None, DialogueState(), (), opening, disturbed=False)
        # First whatever answers alone lead to, then what comes in between, then where that leads.
        for step in (self._answered_from, self._disturbed_from, self._answered_from):
            waiting = self._disturbed if step == self._disturbed_from else self._waiting
            while waiting and self._stage.turns < self._ends:
                yield from step(waiting.popleft())
        yield from self._stuck()

    @property
    def complete(self) -> bool:
        """Whether every state was followed."""
        return not self._waiting and not self._disturbed

    def _answered_from(self, key: Any) -> Iterator[tuple[tuple[Line, ...], Fault]]:
        node = self.nodes[key]
        node.expanded = True
        for fault in self._watch.person_is_near(node.state, self._facts):
            yield node.lines, fault
        for move in answers(self._book, node.state):
            yield from self._tried(node, node.state, node.lines, move, node.disturbed)
        if not node.disturbed:
            self._disturbed.append(key)

    def _disturbed_from(self, key: Any) -> Iterator[tuple[tuple[Line, ...], Fault]]:
        node = self.nodes[key]
        for move in around(self._book, node.state):
            yield from self._tried(None, node.state, node.lines, move, disturbed=True)

    def _tried(
        self, node: _Node | None, state: DialogueState, lines: tuple[Line, ...], move: Move, disturbed: bool
    ) -> Iterator[tuple[tuple[Line, ...], Fault]]:
        """Play a move with every result; keep the states that are new."""
        for turn in self._stage.every(state, move.heard, self._facts):
            talk = (*lines, Line(move, self._facts, turn.choices))
            faults = list(self._watch.faults(state, move, self._facts, turn))
            for fault in faults:
                yield talk, fault
            key = key_of(turn.state)
            if node is not None:
                node.after_answers.add(key)
            if not faults and key not in self.nodes:
                self.nodes[key] = _Node(turn.state, talk, disturbed)
                if turn.state.asking is not None or turn.state.closed:
                    self._waiting.append(key)

    def _stuck(self) -> Iterator[tuple[tuple[Line, ...], Fault]]:
        """From every question some answers lead to the end of the flow; else it is put for ever."""
        before: dict[Any, set[Any]] = {}
        for key, node in self.nodes.items():
            for after in node.after_answers:
                before.setdefault(after, set()).add(key)
        good = {key for key, node in self.nodes.items() if not node.expanded or not under_way(self._flow, node.state)}
        waiting = list(good)
        while waiting:
            for key in before.get(waiting.pop(), ()):
                if key not in good:
                    good.add(key)
                    waiting.append(key)
        stuck = {key: node for key, node in self.nodes.items() if key not in good}
        round_ = [node for key, node in stuck.items() if self._comes_back(key)]
        if stuck:
            first = min(round_ or stuck.values(), key=lambda node: len(node.lines))
            yield first.lines, stuck_at(self._stage, first.state)

    def _comes_back(self, start: Any) -> bool:
        """Whether answers lead from a question to itself: it is the one that is put for ever."""
        known, waiting = set(), [start]
        while waiting:
            for after in self.nodes[waiting.pop()].after_answers & self.nodes.keys():
                if after == start:
                    return True
                if after not in known:
                    known.add(after)
                    waiting.append(after)
        return False


def key_of(state: DialogueState) -> Any:
    """Return what makes a difference between states; what was said how is left out."""
    return (
        tuple(_frame_key(frame) for frame in state.stack),
        state.asking,
        state.misunderstood,
        state.offered_help,
        state.reminded,
        tuple(sorted((name, repr(value)) for name, value in state.slots.items())),
        state.closed.get("flow"),
    )


def _frame_key(frame: Frame) -> Any:
    return (
        frame.flow,
        frame.step,
        tuple(sorted((name, _short(value)) for name, value in frame.slots.items())),
        frame.skipped,
        frame.asked,
        tuple(sorted((name, _short(value)) for name, value in frame.result.items())),
        frame.called,
        bool(frame.opening),
    )


def _short(value: Any) -> str:
    """A text that grows is one text."""
    return repr(value) if not isinstance(value, str) or len(value) < 12 else "text"
