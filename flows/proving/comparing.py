"""Conditions ask for what can be: values that a slot or a result has, on a way that is still open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from flows.actions import RegisteredAction
from flows.engine.check import Problem
from flows.engine.conditions import Condition, Part
from flows.engine.model import END, Call, Collect, Do, Flow, FlowBook, Slot, Step
from flows.proving.claims import Name
from flows.proving.reaching import parts_of


def compared(book: FlowBook, actions: Mapping[str, RegisteredAction]) -> Iterator[Problem]:
    """Yield the conditions that ask for a value that is never there."""
    for flow in book.flows.values():
        results = _result_values(flow, actions)
        for step_id, condition, line in conditions_of(flow):
            for name, constant in comparisons(condition.root):
                values = _values(flow, results, name)
                if constant is not None and values is not None and constant not in values:
                    close = get_close_matches(str(constant), [str(value) for value in values], n=1, cutoff=0.6)
                    mend = f'; did you mean "{close[0]}"?' if close else f"; it is {', '.join(map(repr, values))}"
                    yield Problem(
                        flow.place.file,
                        line,
                        f'step "{step_id}": {".".join(name)} is never {constant!r}{mend}',
                    )


def too_early(book: FlowBook, actions: Mapping[str, RegisteredAction]) -> Iterator[Problem]:
    """Yield the conditions that ask for a result before any action has given it."""
    for flow in book.flows.values():
        given = _given_at(book, flow, actions)
        everywhere = frozenset().union(*given.values())
        for step_id, condition, line in conditions_of(flow):
            for namespace, name in sorted(condition.names):
                if namespace == "result" and name in everywhere and name not in given.get(step_id, ()):
                    yield Problem(
                        flow.place.file,
                        line,
                        f'step "{step_id}": no way leads here on which an action has given result.{name}; '
                        "have it done before",
                    )


def _given_at(book: FlowBook, flow: Flow, actions: Mapping[str, RegisteredAction]) -> dict[str, frozenset[str]]:
    """For each step what may have been given by then, by the step itself as well."""
    found: dict[str, frozenset[str]] = {}
    waiting = [(flow.first_step, frozenset[str]())]
    while waiting:
        at, before = waiting.pop()
        step = flow.steps[at]
        given = before | _gives(book, step, actions)
        if at in found and given <= found[at]:
            continue
        found[at] = given | found.get(at, frozenset())
        waiting += [(route.then, found[at]) for route in step.routes if route.then != END]
    return found


def _gives(book: FlowBook, step: Step, actions: Mapping[str, RegisteredAction]) -> frozenset[str]:
    if isinstance(step, Do):
        action = actions.get(step.action)
        return action.gives | action.may_give if action is not None else frozenset()
    if not isinstance(step, Call):
        return frozenset()
    inner = (one for name in parts_of(book, step.flow) for one in book.flows[name].steps.values())
    return frozenset().union(*(_gives(book, one, actions) for one in inner if isinstance(one, Do)))


def comparisons(part: Part) -> Iterator[tuple[Name, Any]]:
    """Yield each name with each constant that a condition compares it with."""
    for inner in part.parts:
        yield from comparisons(inner)
    if part.kind not in ("same", "in", "order"):
        return
    left, right = part.parts
    if left.kind != "name":
        left, right = right, left
    if left.kind == "name":
        for constant in right.parts or (right,):
            if constant.kind == "constant":
                yield left.says, constant.says


def conditions_of(flow: Flow) -> Iterator[tuple[str, Condition, int]]:
    """Yield each condition of a flow, with its step before it and its line behind."""
    for step in flow.steps.values():
        for route in step.routes:
            if route.when is not None:
                yield step.id, route.when, route.line
        if isinstance(step, Collect):
            for rejection in step.rejections:
                yield step.id, rejection.when, rejection.line


def _values(flow: Flow, results: Mapping[str, tuple[Any, ...]], name: Name) -> tuple[Any, ...] | None:
    """All values that a name can have; None where nobody says."""
    namespace, of = name
    if namespace == "slots":
        slot: Slot = flow.slots[of]
        return slot.values if slot.type == "choice" else (True, False) if slot.type == "bool" else None
    return results.get(of) if namespace == "result" else None


def _result_values(flow: Flow, actions: Mapping[str, RegisteredAction]) -> dict[str, tuple[Any, ...]]:
    """What the flow's own actions say that their results can be; nothing of a name that one of them leaves open."""
    found: dict[str, tuple[Any, ...]] = {}
    left_open: set[str] = set()
    for step in flow.steps.values():
        if isinstance(step, Do) and step.action in actions:
            action = actions[step.action]
            for name in action.gives | action.may_give:
                if name in action.outcomes:
                    found[name] = (*found.get(name, ()), *action.outcomes[name])
                else:
                    left_open.add(name)
    return {name: values for name, values in found.items() if name not in left_open}
