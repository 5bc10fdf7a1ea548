"""Two wishes that are close: ask which was meant, then serve the message as it was said, with all that was in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flows.engine.filling import MAX_FREE
from flows.engine.heard import Heard
from flows.engine.model import FlowBook
from flows.engine.payloads import Pressed
from flows.engine.run import Run
from flows.engine.values import word
from nlu.understanding import OUT_OF_SCOPE, Entity, IntentScore

CLARIFICATION = "clarification"
WISH = "wish"
"""The slot that its buttons set: an intent."""
_SHORT = 30
_ORDINALS: tuple[tuple[re.Pattern[str], slice], ...] = (
    (re.compile(r"都要|都是|两个都|两样都|\bboth\b", re.IGNORECASE), slice(0, 2)),
    (re.compile(r"第一|前者|前一个|前面(?:那|的)|\b(?:first|former)\b", re.IGNORECASE), slice(0, 1)),
    (re.compile(r"第二|后者|后一个|后面(?:那|的)|\b(?:second|latter|last)\b", re.IGNORECASE), slice(1, 2)),
)


def two_wishes(book: FlowBook, heard: Heard) -> tuple[str, str] | None:
    """Return the two intents of which the customer has to say which was meant; None where there is no doubt.

    Where both lead to the same flow there is nothing to ask.
    """
    if not heard.instead:
        return None
    first, second = heard.intent, heard.instead[0]
    flows = [book.flows[book.by_intent[intent]] for intent in (first, second) if intent in book.by_intent]
    return (first, second) if len({flow.matter for flow in flows}) == 2 else None


def ask_which(run: Run, heard: Heard, wishes: tuple[str, str]) -> None:
    """Ask, and keep the message until the answer."""
    first, second = wishes
    run.note(f"unsure between {first} and {second}")
    run.repair(
        CLARIFICATION, first=first, second=second, first_wish=word("wish", first), second_wish=word("wish", second),
        unclear=_kept(heard),
    )  # fmt: skip


def open_choice(run: Run) -> Mapping[str, Any] | None:
    """Return what is kept where the customer is being asked which of two wishes was meant."""
    if run.question is None or run.top_flow.pattern != CLARIFICATION:
        return None
    return run.top.slots


def pressed_wish(pressed: Pressed, language: str) -> Heard:
    """Return what the button of a wish says."""
    return Heard(intent=str(pressed.slots.get(WISH, OUT_OF_SCOPE)), language=language)


def chosen(choice: Mapping[str, Any], heard: Heard) -> Heard | None:
    """Return the message that was unclear, now with the wish that ``heard`` chooses; None where it chooses none.

    What the answer names in addition, such as an order's number, belongs to it.
    """
    wishes = (str(choice["first"]), str(choice["second"]))
    picked = [name for name in heard.names if name in wishes and not heard.instead] or _by_order(wishes, heard.text)
    if not picked:
        return None
    meant: Heard = _unkept(choice["unclear"])
    named = {entity.entity for entity in heard.entities}
    return replace(
        meant,
        intent=picked[0],
        intents=tuple(IntentScore(name, 1.0) for name in picked),
        confidence=1.0,
        entities=(*heard.entities, *(one for one in meant.entities if one.entity not in named)),
        sentiment=min(meant.sentiment, heard.sentiment),
        language=heard.language,
    )


def _by_order(wishes: Sequence[str], text: str) -> list[str]:
    if len(text) > _SHORT:
        return []
    return next((list(wishes[which]) for words, which in _ORDINALS if words.search(text)), [])


def _kept(heard: Heard) -> dict[str, Any]:
    entities = [
        {"entity": one.entity, "value": one.value, "text": one.text, "start": one.start, "end": one.end}
        for one in heard.entities
    ]
    return {
        "text": heard.text[:MAX_FREE], "entities": entities, "sentiment": heard.sentiment, "urgency": heard.urgency
    }  # fmt: skip


def _unkept(kept: Mapping[str, Any]) -> Heard:
    return Heard(
        text=str(kept["text"]),
        entities=tuple(Entity(**one) for one in kept["entities"]),
        sentiment=float(kept["sentiment"]),
        urgency=float(kept["urgency"]),
    )
