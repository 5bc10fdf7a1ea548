"""Actions get what they need on every way, and are given no name that they do not know and no value without sense."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from flows.actions import RegisteredAction
from flows.engine.check import Problem
from flows.engine.model import END, Call, Collect, Do, Flow, FlowBook, Link, SetSlots, Slot, Step, Tell
from flows.proving.claims import Claims, are_set
from flows.proving.paths import Paths
from flows.proving.taking import Taken, taken_by
from flows.replies import Replies


def done(book: FlowBook, replies: Replies, actions: Mapping[str, RegisteredAction], paths: Paths) -> Iterator[Problem]:
    """Yield the steps that give an action too little, or what it does not know."""
    taken = {name: taken_by(action.run) for name, action in actions.items()}
    for flow in book.flows.values():
        for step in flow.steps.values():
            if isinstance(step, SetSlots):
                yield from _set(flow, step)
                yield from _in_vain(book, flow, step, replies, taken)
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
            yield from _values(flow, step, before, actions[step.action])
            sure = {name for namespace, name in are_set(before) if namespace == "slots"} | set(step.args)
            for name in sorted(takes.needs - sure):
                yield Problem(
                    step.place.file,
                    step.place.line,
                    f'step "{step.id}": action "{step.action}" needs "{name}", and a way leads here on which nothing '
                    "has given it; collect it before, or give it under args",
                )


def _set(flow: Flow, step: SetSlots) -> Iterator[Problem]:
    """What a flow sets of itself is what the slot can be."""
    for name, value in step.values.items():
        slot = flow.slots[name]
        if value is not None and not _can_be(slot, value):
            can_be = slot.values or {"bool": (True, False), "number": ("a number",)}.get(slot.type, ("a text",))
            yield _problem(step, f'slot "{name}" can never be {value!r}{_mend(value, can_be)}')


def _in_vain(
    book: FlowBook, flow: Flow, step: SetSlots, replies: Replies, taken: Mapping[str, Taken]
) -> Iterator[Problem]:
    """What is set is looked at later on some way; else what it was for is missing there, such as calling a person."""
    behind = [flow.steps[name] for name in _behind(flow, step)]
    for name, value in step.values.items():
        used = name in flow.persisted_slots or any(_looks_at(book, flow, one, name, replies, taken) for one in behind)
        if value is not None and not used:
            yield _problem(
                step,
                f'slot "{name}" is set, and nothing that comes then looks at it; do what it is for, or take it out',
            )


def _behind(flow: Flow, step: Step) -> set[str]:
    found, waiting = {step.id}, [step.id]
    while waiting:
        following = {route.then for route in flow.steps[waiting.pop()].routes} - {END} - found
        found |= following
        waiting += following
    return found


def _looks_at(book: FlowBook, flow: Flow, step: Step, name: str, replies: Replies, taken: Mapping[str, Taken]) -> bool:
    if any(("slots", name) in route.when.names for route in step.routes if route.when is not None):
        return True
    match step:
        case Do():
            return step.action not in taken or taken[step.action].knows(name)
        case Call() | Link():
            return name in book.flows[step.flow].slots
        case Collect():
            said = (step.utter, step.help, *(one.utter for one in step.rejections))
            asked = any(("slots", name) in one.when.names for one in step.rejections)
            return step.slot == name or asked or any(_names(replies, reply, name) for reply in said if reply)
        case Tell():
            return _names(replies, step.reply, name)
    return False


def _names(replies: Replies, reply: str, name: str) -> bool:
    """Whether a wording or a button of a reply has a place for a value."""
    for language in replies.languages:
        layout = replies.layout(reply, language)
        shown = [] if layout is None else [f"{title}{payload}" for title, payload, _ in layout.buttons]
        if any(f"{{{name}}}" in text for text in (*shown, *(text for _, text in replies.texts(reply, language)))):
            return True
    return False


def _can_be(slot: Slot, value: Any) -> bool:
    if slot.type == "choice":
        return value in slot.values
    if slot.type == "bool":
        return isinstance(value, bool)
    return slot.type != "number" or (isinstance(value, int | float) and not isinstance(value, bool))


def _values(flow: Flow, step: Do, before: Claims, action: RegisteredAction) -> Iterator[Problem]:
    """Arguments are what the action can do something with, and what the intents of the flow mean."""
    told = {claim.name[1]: claim.value for claim in before if claim.name[0] == "slots" and claim.says == "is"}
    given = {**told, **step.args}
    for name, can_be in action.takes.items():
        if given.get(name) is not None and not _is_one_of(given[name], can_be):
            yield _problem(
                step, f'action "{action.name}" can do nothing with {name} {given[name]!r}{_mend(given[name], can_be)}'
            )
    for name, meant in action.meant.items():
        for intent in flow.intents:
            if intent in meant and given.get(name) != meant[intent]:
                yield _problem(
                    step,
                    f'action "{action.name}" gets {name} {given.get(name)!r}, and who says {intent} means '
                    f"{meant[intent]!r}; give it that",
                )


def _is_one_of(value: Any, can_be: tuple[Any, ...]) -> bool:
    """Whether it is one of these values, of the same kind: a yes is no 1."""
    return any(type(one) is type(value) and one == value for one in can_be)


def _mend(value: Any, can_be: tuple[Any, ...]) -> str:
    close = get_close_matches(str(value), [str(one) for one in can_be], n=1, cutoff=0.6)
    return f'; did you mean "{close[0]}"?' if close else f"; it is one of {', '.join(map(str, can_be))}"


def _problem(step: Step, text: str) -> Problem:
    return Problem(step.place.file, step.place.line, f'step "{step.id}": {text}')
