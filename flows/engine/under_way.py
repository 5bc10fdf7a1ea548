"""What is under way in a talk: the stack of flows, what is said and what happened, while a decision is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from flows.engine.complaining import complains
from flows.engine.heard import Act, FlowEvent, FlowEventKind
from flows.engine.model import Collect, Flow, FlowBook
from flows.engine.stack import begin_of, take_out
from flows.engine.stale import without_gone_flows
from flows.engine.state import DialogueState, Frame, Say
from flows.engine.values import word

Between = Literal["ask", "keep"]


class UnderWay:
    """Works on its own copy of the state. `flows.engine.run.Run` walks the steps."""

    def __init__(
        self, book: FlowBook, state: DialogueState, facts: Mapping[str, Any], message: Mapping[str, Any]
    ) -> None:
        self.book = book
        self.stack, gone = without_gone_flows(book, state.stack)
        self.misunderstood = state.misunderstood
        self.offered_help = state.offered_help
        self.reminded = False
        self.acts = state.acts
        self._complained = state.complained or complains(book, self.stack)
        self.closed: Mapping[str, Any] = state.closed if state.closed.get("flow") in book.flows else {}
        self.done = state.done
        self.choice = state.choice
        self._state = state
        self._facts = facts
        self._message = message
        self._slots = dict(state.slots)
        self._asking: str | None = None
        self._act: Act | None = None
        self._says: list[Say] = []
        self._events: list[FlowEvent] = []
        self._trace = gone

    # What the rest of the engine asks

    @property
    def top(self) -> Frame:
        return self.stack[-1]

    @property
    def top_flow(self) -> Flow:
        return self.book.flows[self.top.flow]

    @property
    def question(self) -> Collect | None:
        """The step whose question is open."""
        if not self.stack or self.top.step is None:
            return None
        step = self.top_flow.steps.get(self.top.step)
        return step if isinstance(step, Collect) and step.slot in self.top.asked else None

    @property
    def seen_at(self) -> int:
        """Where in the stack the flow begins that the customer sees."""
        return begin_of(self.stack, len(self.stack) - 1)

    @property
    def seen_flow(self) -> Flow:
        return self.book.flows[self.stack[self.seen_at].flow]

    # What the rest of the engine does

    def say(self, reply: str, again: bool = False, **values: Any) -> None:
        known: dict[str, Any] = {}
        if self.stack:
            known.update(self.top.result)
            known.update((name, value) for name, value in self.top.slots.items() if value is not None)
        known.update(values)
        self._says.append(Say(reply, known, again))

    def repair(self, pattern: str, *, then: Between = "ask", **given: Any) -> None:
        """Let the flow of this pattern speak in between; `advance` runs it."""
        self.speak_between(self.book.repairs[pattern], then=then, **given)

    def speak_between(self, flow_name: str, *, then: Between, **given: Any) -> None:
        """Let a flow speak in between; behind it the open question is put again, or stays open as it is."""
        self.stack.append(Frame(flow_name, None, given, between=then))

    def speak_afterwards(self, pattern: str, **given: Any) -> None:
        """Let the flow of this pattern speak when nothing else is under way; what it was to speak of before is passed
        over: a question is about one thing, and so is the answer."""
        name = self.book.repairs[pattern]
        self.stack = [frame for frame in self.stack if frame.flow != name]
        self.stack.insert(0, Frame(name, None, given, between="ask"))

    def stop_between(self) -> None:
        """Drop a pattern that had asked something: the customer says something else."""
        while self.stack and self.top.between:
            self.stack.pop()

    @property
    def between(self) -> bool:
        """Whether a pattern has asked something, and waits."""
        return bool(self.stack) and self.top.between != ""

    @property
    def said_last(self) -> bool:
        """Whether there is anything that could be said again."""
        return bool(self._state.last_says)

    def say_again(self) -> None:
        """Say once more what was said last."""
        self._says.extend(self._state.last_says)

    def fact(self, name: str) -> Any:
        """Return what the runtime knows by this name (`flows.standard.FACTS`), None where it knows nothing."""
        return self._facts.get(name)

    def note(self, line: str) -> None:
        self._trace.append(line)

    def change_top(self, **changes: Any) -> None:
        self.stack[-1] = replace(self.stack[-1], **changes)

    def fill(self, slot: str, value: Any) -> None:
        skipped = tuple(name for name in self.top.skipped if name != slot)
        self.change_top(slots={**self.top.slots, slot: value}, skipped=skipped)
        self.note(f"slot {slot} filled")

    def skip(self, slot: str) -> None:
        self.change_top(skipped=(*self.top.skipped, slot))
        self.note(f"slot {slot} passed over")

    def rerun(self) -> None:
        """Begin the flow under way anew with what is known: every step sees the corrected value."""
        self.change_top(step=self.top_flow.first_step, result={}, asked=())
        self.note(f"flow {self.top.flow} runs again with what was corrected")

    def start(self, flow_name: str, slots: Mapping[str, Any], opening: str) -> None:
        """Put a flow on top of whatever is under way."""
        flow = self.book.flows[flow_name]
        if flow.drops_others:
            self._drop_all()
        elif self.stack and self.top.step is not None:
            self._event("flow.interrupted", self.stack[self.seen_at].flow)
        self.stack.append(self._fresh(flow, slots, opening))

    def start_afterwards(self, flow_name: str, slots: Mapping[str, Any], opening: str) -> None:
        """Let a flow wait until the one that the customer sees is done."""
        frame = self._fresh(self.book.flows[flow_name], slots, opening)
        self.stack.insert(self.seen_at if self.stack else 0, frame)
        self.note(f"flow {flow_name} waits for its turn")

    def bring_up(self, matter: str) -> bool:
        """Put a flow of this matter from further down the stack on top; return whether there is one."""
        group = take_out(self.book, self.stack, matter)
        if group:
            self._event("flow.interrupted", self.stack[self.seen_at].flow)
            self.stack.extend(group)
        return bool(group)

    def cancel(self) -> dict[str, Any]:
        """Stop the flow that the customer sees, and return its name to be said; the one before it, if any, goes on."""
        if self.top.between:
            return word("flow", self.stack.pop().flow)
        begin = self.seen_at
        name = self.stack[begin].flow
        self._event("flow.cancelled", name)
        del self.stack[begin:]
        return word("flow", name)

    def leave_open(self) -> None:
        """The open question stays open, and is not put again now."""
        question = self.question
        self._asking = question.slot if question is not None else None

    def resume(self) -> None:
        """Go on with the flow that is now on top, and say so, after another one has ended."""
        if not self.stack or self.top.step is None:
            return
        name = self.stack[self.seen_at].flow
        self._event("flow.resumed", name)
        self.repair("resume", task=word("flow", name))

    # Small things

    def take_up_closed(self) -> None:
        """Go on with what was laid aside, with what was known of it."""
        flow = self.book.flows[str(self.closed["flow"])]
        known = {name: value for name, value in self.closed["slots"].items() if name in flow.slots}
        self.closed = {}
        self.start(flow.name, known, "")

    def lay_aside(self) -> None:
        """Close everything that is under way; what the customer saw last can be taken up again."""
        at = self.seen_at
        slots = {name: value for frame in self.stack[at:] if not frame.between for name, value in frame.slots.items()}
        if self.book.flows[self.stack[at].flow].pattern is None:
            self.closed = {"flow": self.stack[at].flow, "slots": slots}
        self._drop_all()

    def _fresh(self, flow: Flow, slots: Mapping[str, Any], opening: str) -> Frame:
        remembered = {name: value for name, value in self._slots.items() if name in flow.slots}
        return Frame(flow.name, None, {**remembered, **slots}, opening=opening)

    def _drop_all(self) -> None:
        while self.stack:
            begin = self.seen_at
            if self.stack[begin].step is not None:
                self._event("flow.cancelled", self.stack[begin].flow)
            del self.stack[begin:]

    def _event(self, kind: FlowEventKind, flow: str) -> None:
        if self.book.flows[flow].pattern is not None:
            return  # it speaks in between, and is no task of the customer's
        self._events.append(FlowEvent(kind, flow))
        self.note(f"{kind} {flow}")
