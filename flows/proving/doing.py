"""Actions get what they need on every way, are given nothing that they do not know, and give what is asked of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from flows.actions import RegisteredAction
from flows.engine.check import Problem
from flows.engine.model import Do, FlowBook
from flows.proving.claims import are_set
from flows.proving.paths import Paths
from flows.proving.taking import taken_by


def done(book: FlowBook, actions: Mapping[str, RegisteredAction], paths: Paths) -> Iterator[Problem]:
    """Yield the steps that give an action too little, or what it does not know."""
    taken = {name: taken_by(action.run) for name, action in actions.items()}
    for flow in book.flows.values():
        for step in flow.steps.values():
            before = paths.before(flow, step)
            if not isinstance(step, Do) or before is None or step.action not in actions:
                continue
            takes = taken[step.action]
            for name in step.args:
                if not takes.knows(name):
                    known = tuple(sorted(takes.needs | takes.may_use))
                    close = get_close_matches(name, known, n=1, cutoff=0.6)
                    mend = f'; did you mean "{close[0]}"?' if close else f"; it takes {', '.join(known) or 'nothing'}"
                    yield Problem(
                        step.place.file,
                        step.place.line,
                        f'step "{step.id}": action "{step.action}" takes no "{name}"{mend}',
                    )
            sure = {name for namespace, name in are_set(before) if namespace == "slots"} | set(step.args)
            for name in sorted(takes.needs - sure):
                yield Problem(
                    step.place.file,
                    step.place.line,
                    f'step "{step.id}": action "{step.action}" needs "{name}", and a way leads here on which nothing '
                    "has given it; collect it before, or give it under args",
                )
