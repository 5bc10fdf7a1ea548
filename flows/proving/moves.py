"""What a synthetic customer can do next: answer well or badly, press, correct, digress, ask for a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from flows.engine.heard import FellSilent, Heard
from flows.engine.model import Collect, Flow, FlowBook, Slot
from flows.engine.state import DialogueState
from flows.proving.samples import NAMED, values_of
from nlu.understanding import OUT_OF_SCOPE, Entity, IntentScore

Kind = Literal["start", "answer", "press", "wrong", "skip", "disturb", "silence", "person"]

SAID = "杯子裂了 the cup leaks 漏水"
NONSENSE = "嗯嗯呃 hmm"
MOST_VALUES = 3


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that a customer does; ``shown`` is how a talk is written down."""

    shown: str
    heard: Heard | FellSilent
    kind: Kind


def starts(book: FlowBook, flow: Flow) -> list[Move]:
    """Return the ways in which a customer begins a flow: with a bare wish, and with all that it may want to know."""
    patterns = book.patterns
    intents = [intent for intent, name in book.by_intent.items() if name == flow.name]
    intents += [
        intent
        for meanings in patterns.after_care.values()
        for intent, name in meanings.items()
        if name == flow.name and intent not in intents
    ]
    if flow.pattern is not None:
        return _aside(book, flow)
    moves: list[Move] = []
    for intent in intents[:2]:
        moves.append(Move(f"[{intent}]", _words("", intent), "start"))
        named = _named(flow)
        if any(slot.opening is not None or slot.entity for slot in flow.slots.values()):
            moves.append(Move(f"[{intent}] {SAID}", _words(SAID, intent, entities=named), "start"))
    if not intents and flow.name == patterns.angry_complaint_flow:
        moves.append(complaint(book, sentiment=-0.9))
    elif not intents and flow.name == patterns.danger_complaint_flow:
        moves.append(complaint(book, urgency=0.95))
    elif not intents and flow.name == patterns.angry_flow:
        moves.append(Move("(angry)", _words("!!", OUT_OF_SCOPE, sentiment=-0.9), "start"))
    elif not intents and flow.name in patterns.sensitive.values():
        matter = next(matter for matter, name in patterns.sensitive.items() if name == flow.name)
        moves.append(Move(f"({matter})", Heard(text=SAID, sensitive=(matter,)), "start"))
    return moves


def _aside(book: FlowBook, flow: Flow) -> list[Move]:
    """Return what makes a pattern speak where nothing is under way; the repairs are all tried with one of them."""
    if flow.name == book.repairs["cannot_handle"]:
        return around(book, DialogueState())
    return [
        Move(f"[{intent}]", _words("", intent), "start") for intent, name in book.asides.items() if name == flow.name
    ]


def complaint(book: FlowBook, *, sentiment: float = 0.0, urgency: float = 0.0) -> Move:
    """Return the beginning of a complaint, in a mood."""
    matter = book.patterns.complaint_matter
    intent = next(
        (intent for intent, name in sorted(book.by_intent.items()) if book.flows[name].matter == matter), OUT_OF_SCOPE
    )
    mood = "" if not sentiment and not urgency else " (angry)" if sentiment else " (danger)"
    return Move(f"[{intent}]{mood}", _words("", intent, sentiment=sentiment, urgency=urgency), "start")


def answers(book: FlowBook, state: DialogueState) -> list[Move]:
    """Return what answers the open question: each button, and each way in which it can be said."""
    asked = question_of(book, state)
    if asked is None:
        return _back(book) if state.closed else []
    flow, step = asked
    slot = flow.slots[step.slot]
    pressed = [
        Move(f"[{title}] pressed", Heard(payload=payload), "press")
        for title, payload in state.options
        if payload.startswith(("/set{", "/set {"))
    ]
    return [*pressed, *_typed(book, slot)]


def around(book: FlowBook, state: DialogueState) -> list[Move]:
    """Return what does not answer the question, and still has to lead somewhere."""
    asked = question_of(book, state)
    patterns = book.patterns
    moves = [
        Move(NONSENSE, _words(NONSENSE, OUT_OF_SCOPE), "wrong"),
        Move("[affirm]", _words("好的", patterns.yes_intent), "wrong"),
        Move("[deny]", _words("不用", patterns.no_intent), "wrong"),
        Move("(photo)", Heard(attachment="photo"), "disturb"),
        Move("(voice)", Heard(attachment="voice"), "disturb"),
        Move("(empty)", Heard(text=""), "disturb"),
        Move("(old button)", Heard(payload='/set{"gone":"x"}'), "disturb"),
        Move("[greet] hi", _words("hi", "greet", language="en"), "disturb"),
        Move(f"[{patterns.repeat_intent}]", _words("再说一遍", patterns.repeat_intent), "disturb"),
        Move(f"[{patterns.cancel_intent}]", _words("算了", patterns.cancel_intent), "disturb"),
    ]
    if state.stack:
        moves.append(Move("(no answer for a while)", FellSilent(), "silence"))
        moves.append(Move("(no answer for a day)", FellSilent(closes=True), "silence"))
    if asked is not None:
        flow, step = asked
        moves.append(Move("跳过", _words("跳过", OUT_OF_SCOPE), "skip"))
        moves += list(_corrections(flow, step))
    moves += _digressions(book, state)
    return moves


def together(first: Move, second: Move) -> Move:
    """Return two wishes in one message."""
    one, other = first.heard, second.heard
    if isinstance(one, FellSilent) or isinstance(other, FellSilent):
        return second
    intents = tuple({score.name: score for score in (*one.intents, *other.intents)}.values())
    entities = (*one.entities, *(each for each in other.entities if each not in one.entities))
    both = replace(one, intents=intents, entities=entities, text=f"{one.text} {other.text}".strip())
    return Move(f"{first.shown} + {second.shown}", both, "start")


def person(book: FlowBook) -> Move:
    """Return the wish for a person."""
    intent = book.patterns.human_intent
    return Move(f"[{intent}] 转人工", _words("转人工", intent), "person")


def question_of(book: FlowBook, state: DialogueState) -> tuple[Flow, Collect] | None:
    """Return the flow and the step whose question is open."""
    if not state.stack or state.asking is None:
        return None
    flow = book.flows[state.stack[-1].flow]
    step = flow.steps.get(state.stack[-1].step or "")
    return (flow, step) if isinstance(step, Collect) else None


def _back(book: FlowBook) -> list[Move]:
    """Return what somebody says who is back after what they did was laid aside."""
    wishes = sorted(book.by_intent)[:2]
    return [
        Move("[greet] hi", _words("hi", "greet", language="en"), "answer"),
        Move(NONSENSE, _words(NONSENSE, OUT_OF_SCOPE), "answer"),
        *(Move(f"[{intent}]", _words("", intent), "answer") for intent in wishes),
    ]


def _typed(book: FlowBook, slot: Slot) -> Iterator[Move]:
    patterns = book.patterns
    if slot.attachment is not None:
        yield Move(f"({slot.attachment})", Heard(attachment=slot.attachment), "answer")
    if slot.type == "bool" or slot.yes is not None or slot.no is not None:
        yield Move("[affirm] 是", _words("是", patterns.yes_intent), "answer")
        yield Move("[deny] 不", _words("不", patterns.no_intent), "answer")
    for intent in list(slot.by_intent)[:MOST_VALUES]:
        yield Move(f"[{intent}]", _words("", intent), "answer")
    if slot.free:
        yield Move(SAID, _words(SAID, OUT_OF_SCOPE), "answer")
    elif slot.type in ("text", "number") or slot.entity:
        for value in values_of(slot)[:MOST_VALUES]:
            text = str(value)
            entity = slot.entity or (slot.name if slot.name in NAMED else None)
            entities = (Entity(entity, value, text, 0, len(text)),) if entity else ()
            yield Move(text, _words(text, OUT_OF_SCOPE, entities=entities), "answer")


def _corrections(flow: Flow, step: Collect) -> Iterator[Move]:
    """Another slot of the flow gets another value."""
    for slot in flow.slots.values():
        values = values_of(slot)
        if slot.entity is not None and slot.name != step.slot and values:
            text = f"不对 {values[-1]}"
            found = Entity(slot.entity, values[-1], str(values[-1]), 3, len(text))
            yield Move(text, _words(text, OUT_OF_SCOPE, entities=(found,)), "disturb")


def _digressions(book: FlowBook, state: DialogueState) -> Iterator[Move]:
    """A wish for something else: a complaint, the first flow that asks something, and one of both that is unclear."""
    here = {book.flows[frame.flow].matter for frame in state.stack}
    if book.patterns.complaint_matter not in here:
        yield Move(complaint(book).shown, complaint(book).heard, "disturb")
    for intent, name in sorted(book.by_intent.items()):
        flow = book.flows[name]
        asks = any(isinstance(step, Collect) for step in flow.steps.values())
        if asks and flow.matter not in here and flow.matter != book.patterns.complaint_matter:
            yield Move(f"[{intent}]", _words("", intent), "disturb")
            other = complaint(book).shown.strip("[]")
            unclear = _words(NONSENSE, intent, instead=(other,))
            yield Move(f"[{intent}] or [{other}]?", unclear, "disturb")
            return


def _named(flow: Flow) -> tuple[Entity, ...]:
    """Entities with a value for each slot that takes one; they stand nowhere in the text, and claim none of it."""
    return tuple(
        Entity(slot.entity, values[0], str(values[0]), 0, 0)
        for slot in flow.slots.values()
        if slot.entity is not None and (values := values_of(slot))
    )


def _words(text: str, *intents: str, language: str = "zh", **more: Any) -> Heard:
    scores = tuple(IntentScore(intent, 0.95) for intent in intents)
    return Heard(text=text, intent=intents[0], intents=scores, confidence=0.95, language=language, **more)
