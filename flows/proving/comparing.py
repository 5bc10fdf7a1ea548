"""Conditions ask for what can be: values that a slot or a result has, on a way that is still open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from flows.actions import RegisteredAction
from flows.engine.check import Problem
from flows.engine.conditions import Condition, Part
from flows.engine.model import Collect, Do, Flow, FlowBook, Slot
from flows.proving.claims import Name


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
