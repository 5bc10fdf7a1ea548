"""What must hold after every turn, whatever was said: the invariants of a talk."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flows.actions import RegisteredAction
from flows.engine.model import Collect, Do, FlowBook, Place, Tell
from flows.engine.state import DialogueState
from flows.proving.guarding import offers_of
from flows.proving.moves import Move, answers, person
from flows.proving.reaching import HANDS_OVER
from flows.proving.turns import Stage, Turn
from flows.proving.world import Facts

MOST_UNDER_WAY = 2
"""Flows on the stack, for each flow that there is."""
ASKS_ON = "a person was called, and the bot goes on asking the customer; mark the flow drops_others, or end it there"
_LEFT_OPEN = re.compile(r"\{[a-z_][a-z0-9_]*\}")


@dataclass(frozen=True, slots=True)
class Fault:
    """One promise that a turn broke: which, where, and the mend."""

    kind: str
    place: Place
    text: str


class Watch:
    """Looks at turns."""

    def __init__(self, stage: Stage, actions: Mapping[str, RegisteredAction]) -> None:
        self._stage = stage
        self._book = stage.book
        self._for_good = {name for name, action in actions.items() if action.irreversible}
        self._offers = offers_of(self._book)
        old_button = self._book.flows[self._book.repairs["old_button"]]
        self._old_button = {step.reply for step in old_button.steps.values() if isinstance(step, Tell)}

    def faults(self, before: DialogueState, move: Move, facts: Facts, turn: Turn) -> Iterator[Fault]:
        """Yield what is wrong with a turn."""
        place = place_of(self._book, turn.state, before, turn.flows)
        if turn.raised is not None:
            at = _saying(self._book, turn, place) if turn.unsaid is not None else place
            yield Fault("raised", at, f"the turn fails: {turn.raised}; give it on every way, or word it without")
            return
        said = {say.reply for say in turn.says}
        if self._book.patterns.cannot_go_on in said:
            yield Fault(
                "goes round",
                _going_round(self._book, turn, place),
                "the flow goes round without asking the customer anything; empty the slot before it is asked for again "
                "(set_slots: null), or lead the way somewhere else",
            )
        if not turn.says and move.kind not in ("start", "silence"):
            yield Fault("silent", place, "the customer gets no answer; say something on this way")
        if not turn.says and move.kind == "start" and not turn.state.stack:
            yield Fault("silent", place, "the flow ends without a word; say something on this way")
        yield from self._words(turn, place)
        if (turn.state.asking is None) != (turn.state.stack == ()):
            yield Fault(
                "hangs", place, "a flow is under way, and nothing is asked; lead it on to a question or its end"
            )
        if len(turn.state.stack) > MOST_UNDER_WAY * len(self._book.flows):
            yield Fault("grows", place, "more and more flows are under way; let one of them end")
        if move.kind == "press" and self._old_button & said:
            yield Fault(
                "dead button", place, f"the button {move.shown} does nothing; mend its payload, or take it away"
            )
        yield from self._unasked(before, move, facts, turn, place)
        if _asks_on(turn):
            yield Fault("asks on", place, ASKS_ON)
        stored = DialogueState.from_json(json.loads(json.dumps(turn.state.to_json())))
        if stored != turn.state:
            yield Fault("not stored", place, "the talk is another one after it was stored; results must be JSON")

    def person_is_near(self, state: DialogueState, facts: Facts) -> Iterator[Fault]:
        """Yield a fault where a customer who asks for a person here has none two turns later."""
        first = self._stage.play(state, person(self._book).heard, facts, {})
        if any(name == HANDS_OVER for name, _ in first.acts):
            if _asks_on(first):
                yield Fault("asks on", self._book.flows[self._book.patterns.human_flow].place, ASKS_ON)
            return
        for move in answers(self._book, first.state):
            second = self._stage.play(first.state, move.heard, facts, {})
            if any(name == HANDS_OVER for name, _ in second.acts):
                return
        place = place_of(self._book, state, state)
        yield Fault(
            "no person", place, f'who asks for a person here has none two turns later; have action "{HANDS_OVER}" done'
        )

    def _words(self, turn: Turn, place: Place) -> Iterator[Fault]:
        for language, messages in turn.messages.items():
            for message in messages:
                if not message.text.strip():
                    yield Fault("says nothing", place, f'reply "{message.reply}" in {language} is empty')
                if _LEFT_OPEN.search(message.text):
                    yield Fault("left open", place, f'reply "{message.reply}" in {language} shows a bare placeholder')

    def _unasked(self, before: DialogueState, move: Move, facts: Facts, turn: Turn, place: Place) -> Iterator[Fault]:
        complaint = self._book.patterns.complaint_matter
        complains = any(self._book.flows[frame.flow].matter == complaint for frame in before.stack)
        sold = next((say.reply for say in turn.says if say.reply in self._offers), None)
        if sold is not None and (complains or facts.get("open_complaint")):
            yield Fault(
                "sells", place, f'reply "{sold}" sells something to a customer who complains; '
                "go round it where facts.open_complaint",
            )  # fmt: skip
        for name, asked in turn.acted_from:
            if name in self._for_good and not asked and before.asking is None:
                yield Fault("unasked", place, f'action "{name}" cannot be taken back, and nothing was asked before it')


def _asks_on(turn: Turn) -> bool:
    return turn.state.asking is not None and any(name == HANDS_OVER for name, _ in turn.acts)


def place_of(book: FlowBook, state: DialogueState, before: DialogueState, flows: Sequence[str] = ()) -> Place:
    """Return where a talk stands; where it is over, the last flow that it went through, or where it stood before."""
    if not state.stack and flows:
        return book.flows[flows[-1]].place
    for stack in (state.stack, before.stack):
        for frame in reversed(stack):
            flow = book.flows.get(frame.flow)
            if flow is not None:
                step = flow.steps.get(frame.step or "")
                return step.place if step is not None else flow.place
    return book.patterns.place


def _saying(book: FlowBook, turn: Turn, place: Place) -> Place:
    """The step that says what could not be written out, of a flow that this turn went through."""
    names = dict.fromkeys((*(frame.flow for frame in turn.state.stack), *reversed(turn.flows), *book.flows))
    for step in (step for name in names if name in book.flows for step in book.flows[name].steps.values()):
        said = (step.utter, step.help) if isinstance(step, Collect) else (step.reply,) if isinstance(step, Tell) else ()
        if turn.unsaid in said:
            return step.place
    return place


def _going_round(book: FlowBook, turn: Turn, place: Place) -> Place:
    """The step that does the action which was done again and again, or the flow that was given up."""
    for name, _ in reversed(turn.acts):
        for flow in book.flows.values():
            for step in flow.steps.values():
                if isinstance(step, Do) and step.action == name:
                    return step.place
    return next((book.flows[name].place for name in reversed(turn.flows)), place)
