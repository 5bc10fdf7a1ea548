"""Every question can be answered: with buttons where choices are few, with help where an answer can be wrong."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from flows.engine.check import Problem
from flows.engine.model import Collect, Flow, FlowBook, Place, Slot
from flows.engine.payloads import SET, Pressed, accepts, read_payload
from flows.proving.samples import ATTACHED, ENTITIES, NUMBERS, READ, values_of
from flows.replies import Replies

MOST_TRIED = 4096
"""Combinations of values on which a rejection is tried."""
_LIKE_NO = re.compile(r"^(?:先?不|没|还没|别|算了|(?:no|not|don.?t|never|still not)\b)", re.IGNORECASE)
_LIKE_YES = re.compile(r"^(?:是的?$|对|好的?$|要$|确认|确定|可以|(?:yes|yeah|ok|okay|sure)\b)", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\{[a-z_][a-z0-9_]*\}")


def asked(book: FlowBook, replies: Replies) -> Iterator[Problem]:
    """Yield the questions that have no good answer, and the buttons that do nothing."""
    for flow in book.flows.values():
        for slot in flow.slots.values():
            yield from _pattern(slot)
            yield from _sources(slot)
        for step in flow.steps.values():
            if isinstance(step, Collect):
                slot = flow.slots[step.slot]
                yield from _answerable(step, slot, replies)
                yield from _wrong_answers(step, slot)
                yield from _same_again(step, replies)
                yield from _never_taken(flow, step)
                for language in replies.languages:
                    yield from _buttons_of(flow, step, slot, replies, language)
                    yield from _named_values(slot, step, replies, language)
    yield from _commands(book, replies)


def _answerable(step: Collect, slot: Slot, replies: Replies) -> Iterator[Problem]:
    if slot.type in ("choice", "bool") or slot.entity or slot.matches or slot.free or slot.attachment or slot.by_intent:
        return
    if not any(_offers(replies, step.utter, language, slot) for language in replies.languages):
        yield _problem(
            step.place,
            f'step "{step.id}": nothing that a customer says fills slot "{slot.name}"; '
            "give it an entity, matches or free, or buttons",
        )


def _wrong_answers(step: Collect, slot: Slot) -> Iterator[Problem]:
    can_be_wrong = slot.type in ("text", "number") and not slot.free
    if can_be_wrong and step.help is None and not step.rejections:
        yield _problem(
            step.place,
            f'step "{step.id}": an answer for slot "{slot.name}" can be wrong, and nothing says what is wanted; '
            "add help: REPLY",
        )


def _same_again(step: Collect, replies: Replies) -> Iterator[Problem]:
    """Who has not understood the question is not helped by the question."""
    for language in replies.languages if step.help is not None else ():
        asked, helped = ({text for _, text in replies.texts(name, language)} for name in (step.utter, str(step.help)))
        if helped and helped <= asked:
            yield _problem(
                step.place,
                f'step "{step.id}": help "{step.help}" only says the question again in {language}; say what is wanted',
            )
            return


def _never_taken(flow: Flow, step: Collect) -> Iterator[Problem]:
    """A question whose every answer is rejected is put for ever."""
    if not step.rejections:
        return
    names = sorted({name for one in step.rejections for name in one.when.names} - {("slots", step.slot)})
    domains = [_domain(flow, namespace, name, step) for namespace, name in names]
    worlds = itertools.islice(itertools.product(*domains), MOST_TRIED)
    values = (*values_of(flow.slots[step.slot]), *_constants_near(step))
    for world in worlds:
        scope: dict[str, dict[str, Any]] = {"slots": {}, "facts": {}, "result": {}, "message": {}, "opening": {}}
        for (namespace, name), value in zip(names, world, strict=True):
            scope[namespace][name] = value
        for value in values:
            scope["slots"][step.slot] = value
            if not any(one.when.holds(scope) for one in step.rejections):
                return
    yield _problem(
        Place(step.place.file, step.rejections[0].line),
        f'step "{step.id}": no answer for slot "{step.slot}" is ever taken; its rejections hold for all of them',
    )


def _domain(flow: Flow, namespace: str, name: str, step: Collect) -> tuple[Any, ...]:
    if namespace == "slots":
        return (None, *values_of(flow.slots[name])[:3])
    return (None, True, False, *_constants_near(step))


def _constants_near(step: Collect) -> tuple[Any, ...]:
    """The numbers and texts that the rejections compare with, and what is next to them."""
    found: list[Any] = []
    waiting = [one.when.root for one in step.rejections]
    while waiting:
        part = waiting.pop()
        waiting.extend(part.parts)
        if part.kind == "constant" and isinstance(part.says, int | float) and not isinstance(part.says, bool):
            found += [part.says, part.says - 1, part.says + 1]
        elif part.kind == "constant" and isinstance(part.says, str):
            found += [part.says, f"{part.says}x"]
    return tuple(dict.fromkeys((*found, *NUMBERS[:1])))


def _pattern(slot: Slot) -> Iterator[Problem]:
    if slot.matches is None:
        return
    if slot.matches.groups > 1:
        yield _problem(slot.place, f'slot "{slot.name}": matches has several groups, and only the first is kept')
    if slot.matches.search("") is not None:
        yield _problem(slot.place, f'slot "{slot.name}": matches takes an empty text; let it ask for something')
    known = ENTITIES.get(slot.entity or slot.name, ())
    for value in known:
        match = slot.matches.search(value) if isinstance(value, str) else None
        found = None if match is None else match.group(1) if slot.matches.groups else match.group()
        if isinstance(value, str) and found != value:
            yield _problem(
                slot.place, f'slot "{slot.name}": matches finds {found!r} in {value!r}, which is how one is written'
            )


def _sources(slot: Slot) -> Iterator[Problem]:
    """An entity that nothing reads and an attachment that no channel brings never fill a slot; a yes is no no."""
    if slot.yes == "no" or slot.no == "yes":
        yield _problem(slot.place, f'slot "{slot.name}": yes means "{slot.yes}" and no means "{slot.no}"; swap them')
    for key, name, known in (("entity", slot.entity, READ), ("attachment", slot.attachment, ATTACHED)):
        if name is not None and name not in known:
            close = get_close_matches(name, sorted(known), n=1, cutoff=0.6)
            mend = f'did you mean "{close[0]}"?' if close else f"there are {', '.join(sorted(known))}"
            yield _problem(slot.place, f'slot "{slot.name}": there is no {key} "{name}"; {mend}')


def _buttons_of(flow: Flow, step: Collect, slot: Slot, replies: Replies, language: str) -> Iterator[Problem]:
    for reply in (step.utter, f"{step.utter}_again"):
        layout = replies.layout(reply, language)
        if layout is None:
            continue
        if slot.type in ("choice", "bool") and slot.attachment is None:
            offered = _offers(replies, reply, language, slot)
            for value in values_of(slot):
                if value not in offered:
                    payload = json.dumps({slot.name: value}, separators=(",", ":"))
                    yield _problem(
                        layout.place,
                        f'reply "{reply}" in {language} has no button for {value!r}, which slot "{slot.name}" can be '
                        f"({step.place.file}:{step.place.line}); add one with the payload /{SET}{payload}",
                    )
        for pressed in _pressed(replies, reply, language, fixed=True):
            yield from _dead(flow, step, slot, pressed, layout.place, reply)
        for title, payload, _ in layout.buttons:
            yield from _means_the_other(slot, title, payload, layout.place, reply)


def _dead(flow: Flow, step: Collect, slot: Slot, pressed: Pressed, place: Place, reply: str) -> Iterator[Problem]:
    if pressed.command != SET:
        return
    for name, value in pressed.slots.items():
        known = flow.slots.get(name)
        skips = value is None and name == slot.name and step.skippable
        if known is None or not (skips or accepts(known, value)):
            yield _problem(
                place,
                f'reply "{reply}": a button sets "{name}" to {value!r}, which step "{step.id}" '
                f"({step.place.file}:{step.place.line}) does not take",
            )


def _means_the_other(slot: Slot, title: str, payload: str, place: Place, reply: str) -> Iterator[Problem]:
    """A button that says no gives the no, and one that says yes the yes."""
    pressed = _read(payload)
    if pressed is None or pressed.command != SET or slot.name not in pressed.slots:
        return
    yes, no = (True, False) if slot.type == "bool" else (slot.yes, slot.no)
    value = pressed.slots[slot.name]
    if (yes is not None and value == yes and _LIKE_NO.match(title)) or (
        no is not None and value == no and _LIKE_YES.match(title)
    ):
        yield _problem(place, f'reply "{reply}": button "{title}" gives {value!r}; swap the titles or the payloads')


def _named_values(slot: Slot, step: Collect, replies: Replies, language: str) -> Iterator[Problem]:
    """A value that is shown by a word of ours has one."""
    table = replies.words(language).get(slot.name)
    if table is None or slot.type != "choice":
        return
    for value in slot.values:
        if value not in table:
            yield _problem(
                slot.place, f'slot "{slot.name}": "{value}" has no word in {language}; add it to words.{slot.name}'
            )


def _commands(book: FlowBook, replies: Replies) -> Iterator[Problem]:
    """A button with a command says an intent that something answers."""
    patterns = book.patterns
    known = {*book.by_intent, *book.asides, patterns.cancel_intent, patterns.repeat_intent}
    known |= {patterns.yes_intent, patterns.no_intent, SET}
    slots = {name for flow in book.flows.values() for name in flow.slots}
    for language in replies.languages:
        for reply in sorted(replies.names(language)):
            layout = replies.layout(reply, language)
            assert layout is not None, "it has a name, so it is there"
            for _, payload, _ in layout.buttons:
                pressed = _read(payload)
                if pressed is None or not isinstance(pressed.slots, Mapping):
                    yield _problem(layout.place, f'reply "{reply}": payload {payload} cannot be read')
                elif not payload.startswith("/{") and pressed.command not in known:  # else the data says which
                    yield _problem(
                        layout.place, f'reply "{reply}": nothing answers /{pressed.command}, which a button says'
                    )
                else:
                    for name in sorted(set(pressed.slots) - slots):
                        yield _problem(layout.place, f'reply "{reply}": a button fills "{name}", and no flow has it')


def _offers(replies: Replies, reply: str, language: str, slot: Slot) -> list[Any]:
    """The values of a slot that the buttons under a reply give."""
    return [one.slots[slot.name] for one in _pressed(replies, reply, language) if slot.name in one.slots]


def _pressed(replies: Replies, reply: str, language: str, *, fixed: bool = False) -> list[Pressed]:
    """What the buttons under a reply say; ``fixed`` leaves out those whose values come from elsewhere."""
    layout = replies.layout(reply, language)
    said = [payload for _, payload, _ in layout.buttons] if layout is not None else []
    kept = [payload for payload in said if not (fixed and _PLACEHOLDER.search(payload))]
    return [one for one in map(_read, kept) if one is not None]


def _read(payload: str) -> Pressed | None:
    """A payload with something in its placeholders: a text, or a number where that is no JSON."""
    return read_payload(_PLACEHOLDER.sub("x", payload)) or read_payload(_PLACEHOLDER.sub("1", payload))


def _problem(place: Place, text: str) -> Problem:
    return Problem(place.file, place.line, text)
