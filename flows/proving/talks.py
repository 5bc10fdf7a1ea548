"""Talks as they are found, replayed, shortened and shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flows.engine.check import Problem
from flows.engine.state import DialogueState
from flows.proving.moves import Move
from flows.proving.turns import Stage, Turn
from flows.proving.watching import Fault, Watch
from flows.proving.world import Facts

MOST_SHOWN = 160


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a talk: what the customer does, the world at that moment, and what actions return then."""

    move: Move
    facts: Facts
    choices: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class FoundProblem(Problem):
    """A problem with the shortest talk that shows it, a line each for the customer, the actions and the bot."""

    kind: str = ""
    talk: tuple[str, ...] = ()
    turns: int = 0

    def __str__(self) -> str:
        return "\n    ".join((f"{self.file}:{self.line}: {self.text}", *self.talk))


def played(stage: Stage, lines: Sequence[Line]) -> Iterator[tuple[Line, DialogueState, Turn]]:
    """Yield each line of a talk with the state before it and what it led to."""
    state = DialogueState()
    for line in lines:
        turn = stage.play(state, line.move.heard, line.facts, line.choices)
        yield line, state, turn
        state = turn.state


def shrunk(lines: Sequence[Line], fails: Callable[[Sequence[Line]], bool]) -> list[Line]:
    """Return the shortest talk that still fails: whole parts are left out as long as they can be (delta debugging)."""
    kept = list(lines)
    size = max(len(kept) // 2, 1)
    while True:
        for at in range(0, len(kept), size):
            shorter = kept[:at] + kept[at + size :]
            if shorter and fails(shorter):
                kept = shorter
                break
        else:
            if size == 1:
                return kept
            size = max(size // 2, 1)


def fault_in(stage: Stage, watch: Watch, lines: Sequence[Line], kind: str) -> Fault | None:
    """Return the fault of this kind that the last line of a talk shows."""
    *_, (line, before, turn) = played(stage, lines)
    found = (*watch.faults(before, line.move, line.facts, turn), *watch.person_is_near(turn.state, line.facts))
    return next((fault for fault in found if fault.kind == kind), None)


def problem(stage: Stage, watch: Watch, lines: Sequence[Line], fault: Fault) -> FoundProblem:
    """Shorten a failing talk and write it down."""
    last = lines[-1]

    def fails(shorter: Sequence[Line]) -> bool:
        return fault_in(stage, watch, [*shorter, last], fault.kind) is not None

    *before, last = [*lines]
    shortest = [last] if fault_in(stage, watch, [last], fault.kind) else [*shrunk(before, fails), last]
    shown = fault_in(stage, watch, shortest, fault.kind) or fault
    return FoundProblem(
        shown.place.file, shown.place.line, shown.text, fault.kind, tuple(written(stage, shortest)), len(shortest)
    )


def as_found(stage: Stage, lines: Sequence[Line], fault: Fault) -> FoundProblem:
    """Write a talk down as it is."""
    place = fault.place
    return FoundProblem(place.file, place.line, fault.text, fault.kind, tuple(written(stage, lines)), len(lines))


def written(stage: Stage, lines: Sequence[Line]) -> Iterator[str]:
    """Yield a talk as a person reads it, with the world where it is not as before."""
    facts: Facts = {}
    for line, _, turn in played(stage, lines):
        changed = {name: value for name, value in line.facts.items() if facts.get(name) != value}
        if facts and changed:
            yield f"· now {_brief(changed)}"
        elif not facts:
            yield f"· verified: {_plain(line.facts.get('verified'))}"
        facts = line.facts
        yield f"customer: {line.move.shown}"
        for name, result in turn.acts[:3]:
            yield f"· {name} returns {_brief(result)}"
        languages = list(turn.messages)
        for message in turn.messages[languages[-1]] if languages else ():
            yield f"bot: {message.text[:MOST_SHOWN]}"
        if turn.raised:
            yield f"· fails: {turn.raised[:MOST_SHOWN]}"


def _brief(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}: {_plain(value)}" for name, value in sorted(values.items()))[:MOST_SHOWN]


def _plain(value: Any) -> str:
    return (
        {True: "yes", False: "no", None: "nothing"}.get(value, str(value))
        if not isinstance(value, dict | list)
        else "…"
    )
