"""Talks at random, the same for the same seed: customers who answer, correct, digress, fall silent while the world
moves on, press what was shown long ago, mix languages, send pictures, stop and ask for a person.
"""

from __future__ import annotations

from random import Random

from flows.engine.heard import Heard
from flows.engine.state import DialogueState
from flows.proving.moves import Move, answers, around, person, starts, together
from flows.proving.talks import FoundProblem, Line, problem
from flows.proving.turns import Stage
from flows.proving.watching import Watch
from flows.proving.world import MOST_RESULTS

LENGTH = 14
"""Messages of a walk."""
LATER = 0.1
"""How often a customer falls silent, and the world is another one when they come back."""
OLD_BUTTONS = 12
"""Buttons that a customer can scroll back to."""


class Walker:
    """Walks; each number of a walk has a customer of its own."""

    def __init__(self, stage: Stage, watch: Watch, seed: int) -> None:
        self._stage = stage
        self._watch = watch
        self._seed = seed
        self._actions = sorted(stage.world.actions)
        self._worlds = stage.world.everywhere()
        self._openings = [move for flow in stage.book.flows.values() for move in starts(stage.book, flow)]

    def walk(self, number: int) -> FoundProblem | None:
        """Have one talk; return what goes wrong in it first, as the shortest talk that shows it."""
        random = Random(f"{self._seed}:{number}")
        state = DialogueState()
        facts = random.choice(self._worlds)
        lines: list[Line] = []
        shown: list[tuple[str, str]] = []
        for _ in range(LENGTH):
            if random.random() < LATER:
                facts = random.choice(self._worlds)
            move = self._move(random, state, shown)
            drawn = {name: random.randrange(MOST_RESULTS) for name in self._actions}
            turn = self._stage.play(state, move.heard, facts, drawn)
            lines.append(Line(move, facts, {name: drawn[name] for name, _ in turn.acts}))
            faults = (*self._watch.faults(state, move, facts, turn), *self._watch.person_is_near(turn.state, facts))
            if faults:
                return problem(self._stage, self._watch, lines, faults[0])
            state = turn.state
            shown = [*shown, *state.options][-OLD_BUTTONS:]
        return None

    def _move(self, random: Random, state: DialogueState, shown: list[tuple[str, str]]) -> Move:
        book = self._stage.book
        here = answers(book, state)
        draw = random.random()
        if here and draw < 0.55:
            return random.choice(here)
        if shown and draw < 0.65:
            title, payload = random.choice(shown)
            return Move(f"[{title}] pressed once more", Heard(payload=payload), "disturb")
        if draw < 0.68:
            return person(book)
        if draw < 0.85 and state.stack:
            return random.choice(around(book, state))
        if draw < 0.9:
            return together(random.choice(self._openings), random.choice(self._openings))
        return random.choice(self._openings)
