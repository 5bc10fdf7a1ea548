"""One turn of a synthetic talk: decide, do what is to be done, and write out the answers in both languages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flows.engine.decide import decide
from flows.engine.heard import ActionDone, Decision, FellSilent, Heard
from flows.engine.model import FlowBook
from flows.engine.state import DialogueState, Say
from flows.proving.world import Facts, Result, World
from flows.replies import Listener, Rendered, Replies, ReplyError

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
MOST_ACTIONS = 40


@dataclass(slots=True)
class Turn:
    """What one message led to; ``choices`` are the results that were tried, by action, counted as `World.results`."""

    state: DialogueState
    choices: dict[str, int] = field(default_factory=dict)
    says: list[Say] = field(default_factory=list)
    acts: list[tuple[str, Result]] = field(default_factory=list)
    acted_from: list[tuple[str, bool]] = field(default_factory=list)
    """Each action with whether its flow had asked something before."""
    flows: list[str] = field(default_factory=list)
    """The flows that began, ended or were left, in order."""
    messages: dict[str, list[Rendered]] = field(default_factory=dict)
    answers: str | None = None
    """The slot whose question was open when the message came."""
    raised: str | None = None
    unsaid: str | None = None
    """The reply that could not be written out."""


class Stage:
    """Plays turns on one book of flows."""

    def __init__(self, book: FlowBook, replies: Replies, world: World) -> None:
        self.book = book
        self.replies = replies
        self.world = world
        self.turns = 0
        """How many have been played."""

    def play(self, state: DialogueState, heard: Heard | FellSilent, facts: Facts, choices: Mapping[str, int]) -> Turn:
        """Play one turn; an action without a choice returns what it most likely does."""
        return next(self._played(state, heard, facts, dict(choices), branching=False))

    def every(self, state: DialogueState, heard: Heard | FellSilent, facts: Facts) -> Iterator[Turn]:
        """Yield a turn for each combination of results: in one turn an action always returns the same."""
        yield from self._played(state, heard, facts, {}, branching=True)

    def _played(
        self, state: DialogueState, heard: Heard | FellSilent, facts: Facts, choices: dict[str, int], *, branching: bool
    ) -> Iterator[Turn]:
        turn = Turn(state, choices, answers=state.asking)
        decision = self._decided(turn, state, heard, facts)
        waiting = [(turn, decision)]
        while waiting:
            turn, decision = waiting.pop()
            while decision is not None and decision.act is not None and len(turn.acts) <= MOST_ACTIONS:
                name = decision.act.name
                results = self.world.results(name)
                if branching and name not in turn.choices:
                    for other in range(len(results) - 1, 0, -1):
                        branch = _copied(turn, {**turn.choices, name: other})
                        waiting.append((branch, self._did(branch, decision, name, results[other], facts)))
                chosen = turn.choices.setdefault(name, 0)
                decision = self._did(turn, decision, name, results[chosen % len(results)], facts)
            self._written(turn, facts)
            self.turns += 1 + len(turn.acts) // 4  # what does much costs as much as several turns
            yield turn

    def _did(self, turn: Turn, before: Decision, name: str, result: Result, facts: Facts) -> Decision | None:
        stack = before.state.stack
        # A yes that was given to the flow that led here with it counts too.
        asked = any(frame.asked or frame.slots.get(turn.answers or "") for frame in stack[_begin(stack) :])
        turn.acts.append((name, result))
        turn.acted_from.append((name, asked))
        return self._decided(turn, before.state, ActionDone(name, result), facts)

    def _decided(
        self, turn: Turn, state: DialogueState, event: Heard | FellSilent | ActionDone, facts: Facts
    ) -> Decision | None:
        try:
            decision = decide(self.book, state, event, facts)
        except (LookupError, TypeError, ValueError, AttributeError, AssertionError, RecursionError) as exc:
            turn.raised = f"{type(exc).__name__}: {exc}"
            return None
        turn.state = decision.state
        turn.says.extend(decision.says)
        turn.flows.extend(event.flow for event in decision.events)
        return decision

    def _written(self, turn: Turn, facts: Facts) -> None:
        for language in self.replies.languages:
            listener = Listener(language, "Asia/Shanghai", NOON, "proof", None, facts)
            turn.messages[language] = messages = []
            for say in turn.says:
                try:
                    messages.append(self.replies.render(say, listener))
                except (ReplyError, LookupError, TypeError, ValueError, AttributeError) as exc:
                    turn.raised = turn.raised or f"{type(exc).__name__}: {exc}"
                    turn.unsaid = turn.unsaid or say.reply
        first = turn.messages[self.replies.languages[0]]
        buttons = next((message.buttons for message in reversed(first) if message.buttons), ())
        if first:
            turn.state = turn.state.offering([(button.title, button.payload) for button in buttons])


def _copied(turn: Turn, choices: dict[str, int]) -> Turn:
    return Turn(
        turn.state,
        choices,
        list(turn.says),
        list(turn.acts),
        list(turn.acted_from),
        list(turn.flows),
        answers=turn.answers,
        raised=turn.raised,
    )


def _begin(stack: tuple[Any, ...]) -> int:
    at = len(stack) - 1
    while at > 0 and stack[at].called:
        at -= 1
    return max(at, 0)
