"""Run flows: from where the stack stands until a question, an action or the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from flows.engine.complaining import facts_in
from flows.engine.conditions import Condition
from flows.engine.filling import Opening
from flows.engine.heard import Act, Decision, FlowEvent, FlowEventKind
from flows.engine.model import END, Call, Collect, Do, Flow, FlowBook, Link, Noop, Route, SetSlots, Step, Tell
from flows.engine.stack import begin_of, going_over, take_out
from flows.engine.stale import without_gone_flows
from flows.engine.state import DialogueState, Frame, Say
from flows.engine.values import word

Between = Literal["ask", "keep"]

MAX_STEPS = 200
MAX_ACTS = 20


class Run:
    """One decision in the making. Works on its own copy of the state; `decision` freezes it."""

    def __init__(
        self, book: FlowBook, state: DialogueState, facts: Mapping[str, Any], message: Mapping[str, Any]
    ) -> None:
        self.book = book
        self.stack, gone = without_gone_flows(book, state.stack)
        self.misunderstood = state.misunderstood
        self.offered_help = state.offered_help
        self.reminded = False
        self.acts = state.acts
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

    def forget(self, matter: str) -> None:
        """Drop a flow of this matter that waits further down the stack."""
        group = take_out(self.book, self.stack, matter)
        if group:
            self._event("flow.cancelled", group[0].flow)

    def cancel(self) -> dict[str, Any]:
        """Stop the flow that the customer sees, and return its name to be said; the one before it, if any, goes on."""
        if self.top.between:
            return word("flow", self.stack.pop().flow)
        begin = self.seen_at
        name = self.stack[begin].flow
        self._event("flow.cancelled", name)
        del self.stack[begin:]
        return word("flow", name)

    def ask_anew(self) -> None:
        """Put the open question in full: what it is about has changed."""
        question = self.question
        if question is not None:
            self.change_top(asked=())
            self._ask(question)

    def leave_open(self) -> None:
        """The open question stays open, and is not put again now."""
        question = self.question
        self._asking = question.slot if question is not None else None

    def advance(self) -> None:
        """Run until a question is asked, an action is wanted or every flow is done."""
        if self._asking is not None or self._act is not None:
            return
        for _ in range(MAX_STEPS):
            if not self.stack:
                return
            frame = self.top
            if frame.step == END:
                if self._finish():
                    return
            elif frame.step is None:
                self._begin()
            elif self._waits(self.top_flow.steps[frame.step]):
                return
        self._give_up("too many steps")

    def action_done(self, name: str, result: Mapping[str, Any]) -> bool:
        """Take in what an action returned; return whether a flow was waiting for it."""
        step = self.top_flow.steps.get(self.top.step or "") if self.stack else None
        if not isinstance(step, Do) or step.action != name:
            self.note(f"action {name} was done, and no flow waits for it")
            return False
        self.change_top(result={**self.top.result, **result})
        self._go(step.routes)
        return True

    def resume(self) -> None:
        """Go on with the flow that is now on top, and say so, after another one has ended."""
        if not self.stack or self.top.step is None:
            return
        name = self.stack[self.seen_at].flow
        self._event("flow.resumed", name)
        self.repair("resume", task=word("flow", name))

    def decision(self, spoke_before: bool = False) -> Decision:
        """Freeze what was decided. After an action, what was said in the same turn still counts as last."""
        last = tuple(self._says)
        if spoke_before:
            last = (*self._state.last_says, *last)
        elif not last and self._act is None:
            last = self._state.last_says
        state = DialogueState(
            stack=tuple(self.stack),
            asking=self._asking,
            misunderstood=self.misunderstood,
            last_says=last,
            offered_help=self.offered_help,
            reminded=self.reminded,
            options=self._state.options,
            slots=self._slots,
            wordings=self._state.wordings,
            acts=self.acts,
        )
        return Decision(state, tuple(self._says), self._act, tuple(self._events), tuple(self._trace))

    # The steps

    def _waits(self, step: Step) -> bool:
        match step:
            case Collect():
                return self._collects(step)
            case Do():
                return self._acts(step)
            case Tell():
                self.say(step.reply, again=bool(self.top.between) and len(self.stack) > 1)
                self.offered_help = step.offers_help
                self._go(step.routes)
            case SetSlots():
                skipped = tuple(name for name in self.top.skipped if name not in step.values)
                self.change_top(slots={**self.top.slots, **step.values}, skipped=skipped)
                self._go(step.routes)
            case Link():
                self._links(step)
            case Call():
                self._calls(step)
            case Noop():
                self._go(step.routes)
        return False

    def _collects(self, step: Collect) -> bool:
        frame = self.top
        value = frame.slots.get(step.slot)
        if step.ask_before_filling and step.slot not in frame.asked:
            self._ask(step)
            return True
        if value is None and step.slot not in frame.skipped:
            self._ask(step)
            return True
        for rejection in step.rejections:
            if value is not None and self._holds(rejection.when):
                self.say(rejection.utter)
                self.note(f"slot {step.slot} rejected")
                self._ask(step)
                return True
        self._go(step.routes)
        return False

    def _ask(self, step: Collect) -> None:
        again = step.slot in self.top.asked
        slots = {name: value for name, value in self.top.slots.items() if name != step.slot}
        asked = self.top.asked if again else (*self.top.asked, step.slot)
        self.change_top(slots=slots, asked=asked)
        self.say(step.utter, again=again)
        self._asking = step.slot
        self.offered_help = False  # from here on a no is an answer to this question
        self.note(f"asks {step.slot}")

    def _acts(self, step: Do) -> bool:
        self.acts += 1
        if self.acts > MAX_ACTS:
            self._give_up("too many actions")
            return True
        known = {name: value for name, value in self.top.slots.items() if value is not None}
        self._act = Act(step.action, {**known, **step.args})
        self.note(f"does {step.action}")
        return True

    def _links(self, step: Link) -> None:
        frame = self.stack.pop()
        if not frame.called:
            self._event("flow.completed", frame.flow)
        drops_others = self.book.flows[step.flow].drops_others
        if drops_others:
            self._drop_all()
        called = frame.called and not drops_others
        self.stack.append(going_over(frame, self.book.flows[step.flow], called=called))
        if not called:
            self._take_up_what_waits(step.flow)

    def _take_up_what_waits(self, flow: str) -> None:
        """The flow on top was linked to, and waits further down as well: it goes on with what is known there."""
        if not any(frame.flow == flow for frame in self.stack[:-1]):
            return
        for waiting in take_out(self.book, self.stack, self.book.flows[flow].matter):
            if waiting.flow == flow:
                self.change_top(slots={**waiting.slots, **self.top.slots})
                self._event("flow.cancelled", flow)

    def _calls(self, step: Call) -> None:
        self.stack.append(going_over(self.top, self.book.flows[step.flow], called=True))

    def _begin(self) -> None:
        if not self.top.called:
            self._event("flow.started", self.top.flow)
        self.change_top(step=self.top_flow.first_step)

    def _finish(self) -> bool:
        """End the flow on top; return whether the customer is to speak now."""
        frame = self.stack.pop()
        if frame.between:
            return self._go_on_below(frame)
        flow = self.book.flows[frame.flow]
        for name in flow.persisted_slots:
            if frame.slots.get(name) is not None:
                self._slots[name] = frame.slots[name]
        if frame.called:
            self._return_to_caller(frame)
            return False
        self._event("flow.completed", frame.flow)
        if self.stack:
            self.resume()
        else:
            self.repair("completed", task=word("flow", frame.flow))
        return False

    def _go_on_below(self, pattern: Frame) -> bool:
        if pattern.between == "ask" or self.question is None:
            return False
        self.leave_open()
        return True

    def _return_to_caller(self, part: Frame) -> None:
        caller = self.top
        declared = self.top_flow.slots
        shared = {name: value for name, value in part.slots.items() if name in declared}
        self.change_top(slots={**caller.slots, **shared}, result={**caller.result, **part.result})
        step = self.top_flow.steps[caller.step or END]
        self._go(step.routes)

    # Small things

    def _go(self, routes: tuple[Route, ...]) -> None:
        for route in routes:
            if route.when is None or self._holds(route.when):
                self.change_top(step=route.then)
                return

    def _holds(self, condition: Condition) -> bool:
        frame = self.top
        return condition.holds(
            {
                "slots": frame.slots,
                "facts": facts_in(self.book, self.stack, self._facts),
                "result": frame.result,
                "message": self._message,
                "opening": Opening(self.book, frame.opening),
            }
        )

    def _fresh(self, flow: Flow, slots: Mapping[str, Any], opening: str) -> Frame:
        remembered = {name: value for name, value in self._slots.items() if name in flow.slots}
        return Frame(flow.name, None, {**remembered, **slots}, opening=opening)

    def _drop_all(self) -> None:
        while self.stack:
            begin = self.seen_at
            if self.stack[begin].step is not None:
                self._event("flow.cancelled", self.stack[begin].flow)
            del self.stack[begin:]

    def _give_up(self, why: str) -> None:
        self.note(f"gave up: {why}")
        self._drop_all()
        self._act = None
        self._asking = None
        self.say(self.book.patterns.cannot_go_on)

    def _event(self, kind: FlowEventKind, flow: str) -> None:
        if self.book.flows[flow].pattern is not None:
            return  # it speaks in between, and is no task of the customer's
        self._events.append(FlowEvent(kind, flow))
        self.note(f"{kind} {flow}")
