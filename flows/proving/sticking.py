"""A question that is put for ever: whether answers lead out of it, and the shortest talk that comes to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from flows.engine.model import Flow
from flows.engine.state import DialogueState
from flows.proving.moves import answers, question_of, starts
from flows.proving.talks import Line, played, shrunk
from flows.proving.turns import Stage
from flows.proving.watching import Fault, place_of
from flows.proving.world import Facts

STUCK = "stuck"
MOST_FOLLOWED = 400
"""Turns that are followed from one question; where they do not do, it is not called stuck."""

KeyOf = Callable[[DialogueState], Any]


def under_way(flow: Flow, state: DialogueState) -> bool:
    """Return whether the flow has been begun, and is not at its end."""
    return any(frame.flow == flow.name and frame.step is not None for frame in state.stack)


def stuck_at(stage: Stage, state: DialogueState) -> Fault:
    """Return the fault of a question whose every answer leads back to it."""
    asked = question_of(stage.book, state)
    slot = asked[1].slot if asked else "?"
    return Fault(
        STUCK,
        place_of(stage.book, state, state),
        f'slot "{slot}" is asked for ever: no answer leads to the end of the flow; mend its rejections,'
        " what fills it, or the ways behind it",
    )


def shortest(stage: Stage, flow: Flow, lines: Sequence[Line], key_of: KeyOf) -> tuple[list[Line], Fault]:
    """Return the shortest talk that comes to a question without an end, and the fault that it shows.

    A customer who says at once all that the flow wants to know comes there sooner: so every beginning is tried.
    """

    def sticks(shorter: Sequence[Line]) -> bool:
        return _sticks(stage, flow, _behind(stage, shorter), shorter[-1].facts, key_of)

    begun = [replace(lines[0], move=opening) for opening in starts(stage.book, flow)]
    others = [[first, *lines[1:]] for first in begun if first.move != lines[0].move]
    found = min((shrunk(each, sticks) for each in (list(lines), *others) if sticks(each)), key=len, default=[*lines])
    return found, stuck_at(stage, _behind(stage, found))


def _behind(stage: Stage, lines: Sequence[Line]) -> DialogueState:
    *_, (_, _, turn) = played(stage, lines)
    return turn.state


def _sticks(stage: Stage, flow: Flow, state: DialogueState, facts: Facts, key_of: KeyOf) -> bool:
    """Whether no answer, whatever actions return, leads from here to where the flow is not under way any more, and
    some lead back here.
    """
    here = key_of(state)
    known, waiting, before, comes_back = {here}, [state], stage.turns, False
    while waiting:
        at = waiting.pop()
        if not under_way(flow, at) or stage.turns - before > MOST_FOLLOWED:
            return False
        for move in answers(stage.book, at):
            for turn in stage.every(at, move.heard, facts):
                key = key_of(turn.state)
                comes_back = comes_back or key == here
                if key not in known:
                    known.add(key)
                    waiting.append(turn.state)
    return comes_back
