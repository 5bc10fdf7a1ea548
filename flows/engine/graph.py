"""A flow as a picture, in Mermaid's words."""

from __future__ import annotations

from flows.engine.model import END, Call, Collect, Do, Flow, Link, SetSlots, Step, Tell


def mermaid(flow: Flow) -> str:
    """Return the flow as a Mermaid flowchart: questions slanted, actions boxed twice, choices on the arrows."""
    numbers = {step: f"s{at}" for at, step in enumerate(flow.steps)} | {END: "done"}
    lines = ["flowchart TD", f'  start(["{_quoted(flow.name)}"]) --> {numbers[flow.first_step]}']
    for step in flow.steps.values():
        left, right, label = _shape(step)
        lines.append(f'  {numbers[step.id]}{left}"{_quoted(label)}"{right}')
        if isinstance(step, Link):
            lines.append(f"  {numbers[step.id]} --> done")
        for route in step.routes:
            condition = f'|"{_quoted(route.when.source)}"|' if route.when else ""
            lines.append(f"  {numbers[step.id]} -->{condition} {numbers[route.then]}")
    lines.append('  done(["end"])')
    return "\n".join(lines) + "\n"


def _shape(step: Step) -> tuple[str, str, str]:
    match step:
        case Collect():
            return "[/", "/]", f"ask {step.slot}"
        case Do():
            return "[[", "]]", step.action
        case Tell():
            return "(", ")", f"say {step.reply}"
        case SetSlots():
            return "[", "]", ", ".join(f"{name} = {value}" for name, value in step.values.items())
        case Link() | Call():
            return "[[", "]]", f"flow {step.flow}"
    return "{", "}", step.id


def _quoted(text: str) -> str:
    return text.replace('"', "'")
