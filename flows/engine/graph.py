"""A flow as a picture, in Mermaid's words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flows.engine.model import END, Call, Collect, Do, Flow, Link, SetSlots, Step, Tell

Words = Callable[[str], Sequence[str]]
"""The text of a reply, in each language."""
LONGEST = 60
"""Characters of a text that are drawn."""


def mermaid(flow: Flow, words: Words = lambda reply: ()) -> str:
    """Return the flow as a Mermaid flowchart.

    Questions are slanted, actions and other flows boxed twice, choices on the arrows; a dotted arrow is an answer
    that is not taken. ``words`` gives what is said, to stand beside its name.
    """
    numbers = {step: f"s{at}" for at, step in enumerate(flow.steps)} | {END: "done"}
    lines = ["flowchart TD", f'  start(["{_quoted(flow.name)}"]) --> {numbers[flow.first_step]}']
    for step in flow.steps.values():
        left, right, *label = _shape(step, words)
        lines.append(f'  {numbers[step.id]}{left}"{"<br/>".join(map(_quoted, label))}"{right}')
        if isinstance(step, Link):
            lines.append(f"  {numbers[step.id]} --> done")
        for route in step.routes:
            condition = f'|"{_quoted(route.when.source)}"|' if route.when else ""
            lines.append(f"  {numbers[step.id]} -->{condition} {numbers[route.then]}")
        if isinstance(step, Collect):
            for rejection in step.rejections:
                told = _quoted(f"{rejection.when.source}: {rejection.utter}")
                lines.append(f'  {numbers[step.id]} -.->|"{told}"| {numbers[step.id]}')
    lines.append('  done(["end"])')
    return "\n".join(lines) + "\n"


def _shape(step: Step, words: Words) -> tuple[str, ...]:
    match step:
        case Collect():
            passing = " (may be skipped)" if step.skippable else ""
            return "[/", "/]", f"ask {step.slot}{passing}", *words(step.utter)
        case Do():
            return "[[", "]]", step.action
        case Tell():
            return "(", ")", f"{'offer' if step.offer else 'say'} {step.reply}", *words(step.reply)
        case SetSlots():
            return "[", "]", ", ".join(f"{name} = {_value(value)}" for name, value in step.values.items())
        case Call():
            return "[[", "]]", f"flow {step.flow}, and back"
        case Link():
            return "[[", "]]", f"on to flow {step.flow}"
    return "{", "}", step.id


def _value(value: object) -> str:
    return "nothing" if value is None else str(value)


def _quoted(text: str) -> str:
    short = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    return short.replace("#", "#35;").replace('"', "'").replace("\n", " ")
