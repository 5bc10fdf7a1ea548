"""Run flows: from where the stack stands until a question, an action or the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flows.engine.complaining import complains, facts_in
from flows.engine.conditions import Condition
from flows.engine.filling import Opening
from flows.engine.heard import Act, Decision
from flows.engine.model import END, Call, Collect, Do, Link, Noop, Route, SetSlots, Step, Tell
from flows.engine.stack import going_over, take_out
from flows.engine.state import DialogueState, Frame
from flows.engine.under_way import UnderWay
from flows.engine.values import word

MAX_STEPS = 200
MAX_ACTS = 20
GOES_ON = "goes_on"
"""The slot of the pattern ``returning`` that says whether what was laid aside is taken up."""


class Run(UnderWay):
    """One decision in the making; `decision` freezes it."""

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

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """The buttons shown last, as (title, payload)."""
        return self._state.options

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
            closed=self.closed,
            done=self.done,
            choice=self.choice,
            acts=self.acts,
            complained=self._complained or complains(self.book, self.stack),
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
        if flow.pattern is None:
            self.done = {"flow": frame.flow, "slots": dict(frame.slots)}
        if self.stack:
            self.resume()
        else:
            self.repair("completed", task=word("flow", frame.flow))
        return False

    def _go_on_below(self, pattern: Frame) -> bool:
        if self.book.flows[pattern.flow].pattern == "returning" and self.closed:
            if pattern.slots.get(GOES_ON) is True:
                self.take_up_closed()
                return False
            self.closed = {}
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
                "facts": facts_in(self._facts, complaint=self._complained or complains(self.book, self.stack)),
                "result": frame.result,
                "message": self._message,
                "opening": Opening(self.book, frame.opening),
            }
        )

    def _give_up(self, why: str) -> None:
        self.note(f"gave up: {why}")
        self._drop_all()
        self._act = None
        self._asking = None
        self.say(self.book.patterns.cannot_go_on)
