"""What is sure at each step of each flow: followed along every way, into the flows that are called and linked, until
nothing changes any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from flows.actions import RegisteredAction
from flows.engine.model import (
    END,
    MAY_BE_MISSING,
    REPAIRS,
    Call,
    Collect,
    Do,
    Flow,
    FlowBook,
    Link,
    Patterns,
    SetSlots,
    Step,
)
from flows.proving.claims import NOTHING, Claim, Claims, Name, value_claims, verdict, when, without

_PASSED_ON = ("facts", "message", "opening")


class Paths:
    """The claims before each step, and those at each flow's end; steps that nothing comes to have none."""

    def __init__(self, book: FlowBook, actions: Mapping[str, RegisteredAction]) -> None:
        self._book = book
        self._actions = actions
        self._entry: dict[str, Claims] = {}
        self._before: dict[tuple[str, str], Claims] = {}
        self._end: dict[str, Claims] = {}
        self._asking = _asking_flows(book)
        self._changed = True
        for name, claims in _started(book):
            self._enter(name, claims)
        while self._changed:
            self._changed = False
            for flow in book.flows.values():
                if flow.name in self._entry:
                    self._follow(flow)

    def before(self, flow: Flow, step: Step) -> Claims | None:
        """Return what is sure where the step begins; None where no way leads there."""
        return self._before.get((flow.name, step.id))

    def starts(self, flow: Flow) -> bool:
        """Return whether anything starts, calls or links the flow."""
        return flow.name in self._entry

    def ends(self, flow: Flow) -> Claims | None:
        """Return what is sure at the flow's end; None where it is never come to."""
        return self._end.get(flow.name)

    def ways(self, flow: Flow, step: Step) -> Iterator[tuple[str, Claims]]:
        """Yield each way out of a step that can be taken, with what is sure on it."""
        before = self._before.get((flow.name, step.id))
        if before is not None:
            yield from self.ways_from(flow, step, before)

    def ways_from(self, flow: Flow, step: Step, before: Claims) -> Iterator[tuple[str, Claims]]:
        """Yield the ways out of a step where this is sure when it begins."""
        after = self._after(flow, step, before)
        if after is None:
            return
        for route in step.routes:
            if route.when is None:
                yield route.then, after
                return
            held = verdict(route.when.root, after)
            if held is not False:
                yield route.then, after | when(route.when.root, True, after)
            if held is True:
                return
            after = after | when(route.when.root, False, after)

    def _follow(self, flow: Flow) -> None:
        """Follow every way of the flow from its first step; new claims only ever become fewer."""
        self._arrive(flow, flow.first_step, self._entry[flow.name])
        for step in flow.steps.values():
            before = self.before(flow, step)
            if before is None:
                continue
            if isinstance(step, Link | Call):
                self._enter(step.flow, self._handed_over(before, step.flow))
            if isinstance(step, Link):
                linked = self._end.get(step.flow)
                if linked is not None:
                    self._arrive(flow, END, linked)
            for following, claims in self.ways(flow, step):
                self._arrive(flow, following, claims)

    def _arrive(self, flow: Flow, step: str, claims: Claims) -> None:
        found: dict[Any, Claims] = self._end if step == END else self._before
        key = flow.name if step == END else (flow.name, step)
        self._meet(found, key, claims)

    def _enter(self, flow: str, claims: Claims) -> None:
        self._meet(self._entry, flow, claims)

    def _meet(self, found: dict[Any, Claims], key: Any, claims: Claims) -> None:
        met = claims if key not in found else found[key] & claims
        if found.get(key) != met:
            found[key] = met
            self._changed = True

    def _handed_over(self, claims: Claims, flow: str) -> Claims:
        """What a flow that is called or linked knows from the start, and still where a correction begins it anew."""
        slots = self._book.flows[flow].slots
        return frozenset(
            claim
            for claim in claims
            if claim.name[0] in _PASSED_ON or (_is_slot(claim.name, slots) and claim.says == "set")
        )

    def _after(self, flow: Flow, step: Step, before: Claims) -> Claims | None:
        """What is sure once a step is done; None where it is never done."""
        match step:
            case Collect():
                return _collected(flow, step, before)
            case Do():
                return self._done(step, before)
            case SetSlots():
                names = [("slots", name) for name in step.values]
                given = [value_claims(("slots", name), value) for name, value in step.values.items()]
                return without(before, names).union(*given)
            case Call():
                return self._called(flow, step, before)
        return before

    def _done(self, step: Do, before: Claims) -> Claims:
        action = self._actions.get(step.action)
        if action is None:
            return before
        given = {("result", name) for name in action.gives}
        may = {("result", name) for name in action.may_give}
        sure = {name for name in given if None not in action.outcomes.get(name[1], ())}
        return without(before, given | may) | {Claim(name, "set") for name in sure}

    def _called(self, flow: Flow, step: Call, before: Claims) -> Claims | None:
        end = self._end.get(step.flow)
        if end is None:
            return None
        called = self._book.flows[step.flow]
        changed = {("slots", name) for name in called.slots if name in flow.slots}
        changed |= {("result", name) for name in self._given_in(called, set())}
        if called.name in self._asking:
            changed |= {claim.name for claim in before if _is_of_the_moment(claim.name)}
        back = frozenset(claim for claim in end if claim.name[0] != "slots" or _is_slot(claim.name, flow.slots))
        return without(before, changed) | back

    def _given_in(self, flow: Flow, seen: set[str]) -> Iterator[str]:
        seen.add(flow.name)
        for step in flow.steps.values():
            if isinstance(step, Do) and step.action in self._actions:
                yield from self._actions[step.action].gives
                yield from self._actions[step.action].may_give
            elif isinstance(step, Call | Link) and step.flow not in seen:
                yield from self._given_in(self._book.flows[step.flow], seen)


def _collected(flow: Flow, step: Collect, before: Claims) -> Claims:
    name: Name = ("slots", step.slot)
    known = Claim(name, "set") in before
    if known and not step.ask_before_filling and not step.rejections:
        return before  # nothing is asked
    # The answer comes in another turn, and the world may have moved on meanwhile.
    later = frozenset(claim for claim in before if claim.name != name and _outlives_a_question(flow, claim))
    return later if step.skippable else later | {Claim(name, "set")}


def _outlives_a_question(flow: Flow, claim: Claim) -> bool:
    """An answer may name other things as well, and the world may be another by then."""
    namespace, name = claim.name
    named = namespace == "slots" and name in flow.slots and flow.slots[name].entity is not None
    return not _is_of_the_moment(claim.name) and (claim.says == "set" or not named)


def _is_of_the_moment(name: Name) -> bool:
    return name[0] in ("facts", "message")


def _is_slot(name: Name, slots: Mapping[str, Any]) -> bool:
    return name[0] == "slots" and name[1] in slots


def _asking_flows(book: FlowBook) -> frozenset[str]:
    """The flows in which the customer may be asked something, in their parts or in what they go on with."""
    asking = {name for name, flow in book.flows.items() if any(isinstance(s, Collect) for s in flow.steps.values())}
    while True:
        more = {
            name
            for name, flow in book.flows.items()
            if any(isinstance(step, Call | Link) and step.flow in asking for step in flow.steps.values())
        }
        if more <= asking:
            return frozenset(asking)
        asking |= more


def _started(book: FlowBook) -> Iterator[tuple[str, Claims]]:
    """Yield what starts a flow by itself: an intent, or a pattern."""
    for name in {*book.by_intent.values(), *named_by_patterns(book)}:
        yield name, NOTHING
    for name in book.asides.values():
        yield name, NOTHING
    for pattern, name in book.repairs.items():
        given = {slot for slot in REPAIRS[pattern] if (pattern, slot) not in MAY_BE_MISSING}
        yield name, frozenset(Claim(("slots", slot), "set") for slot in given)


def named_by_patterns(book: FlowBook) -> frozenset[str]:
    """Return the flows that the patterns start."""
    return frozenset(word for word in _words_in(book.patterns) if word in book.flows)


def _words_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Patterns):
        for one in fields(value):
            yield from _words_in(getattr(value, one.name))
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _words_in(inner)
    elif isinstance(value, list | tuple | frozenset):
        for inner in value:
            yield from _words_in(inner)
