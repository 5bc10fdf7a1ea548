"""Find the values of slots in what a customer said."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from flows.engine.heard import Heard
from flows.engine.model import Flow, FlowBook, Slot
from nlu.clauses import split_clauses

MAX_READ = 2000
"""Characters of a message that patterns are tried on: a novel is no order number."""
MAX_MEASURED = 200
"""Characters of a text that `substance` looks at; what says nothing by then says nothing."""
BARE_REST = 2
"""A message with so few characters beside a slot's value says nothing else."""
MAX_FREE = 1000
"""Characters kept of a text that fills a slot; the whole message stays in the history."""

_NUMBER = re.compile(r"(?:(?:number|no\.?|#)\s*)?(?P<digits>\d+)(?P<unit>[\u3400-\u9fff]{0,2})", re.IGNORECASE)
_UNIT = re.compile(r"[\u3400-\u9fff]|(?<![A-Za-z0-9])[A-Za-z]+(?![A-Za-z0-9])")


@dataclass(frozen=True, slots=True)
class Found:
    """A slot's value; ``bare`` where the message says nothing else."""

    value: Any
    bare: bool = False


def substance(book: FlowBook, text: str) -> int:
    """Return how much a text says: Chinese characters, and words twice, filler words and numbers left out.

    "我要投诉" and "I want to complain" say nothing yet; "杯子裂了" and "broken cup" say four.
    """
    units = _UNIT.findall(book.fillers.sub(" ", text[:MAX_MEASURED]))
    return sum(2 if unit.isascii() else 1 for unit in units)


class Opening(dict[str, Any]):
    """`opening.substance`, measured only where a condition asks for it."""

    def __init__(self, book: FlowBook, text: str) -> None:
        super().__init__()
        self._book = book
        self._text = text

    def get(self, name: str, default: Any = None) -> Any:
        return substance(self._book, self._text) if name == "substance" else default


def entity_value(slot: Slot, heard: Heard) -> Found | None:
    """Return what the message names for the slot's entity, asked or not."""
    for entity in heard.entities:
        if slot.entity is None or entity.entity != slot.entity:
            continue
        if entity.value is None:
            if slot.problems and entity.problem is not None:
                return Found({"problem": entity.problem}, _is_bare(entity.text, heard.text))
            continue
        if slot.type == "number" and (isinstance(entity.value, bool) or not isinstance(entity.value, int | float)):
            continue
        if slot.type == "choice" and entity.value not in slot.values:
            continue
        return Found(entity.value, _is_bare(entity.text, heard.text))
    return None


def named(slot: Slot, heard: Heard) -> list[Any]:
    """Return every value that the message names for the slot's entity, in their order, each once."""
    values = [entity.value for entity in heard.entities if entity.entity == slot.entity and entity.value is not None]
    return list(dict.fromkeys(values))


def meant_by_words(slot: Slot, heard: Heard) -> str | None:
    """Return the value that the message's words stand for, or None."""
    if not slot.words:
        return None
    text = unicodedata.normalize("NFKC", heard.text[:MAX_READ]).casefold()
    return next((value for value, words in slot.words.items() if words.search(text)), None)


def told(slot: Slot, heard: Heard) -> str | None:
    """Return what the message's own words give for the slot, such as "改成…" an address, or None."""
    match = slot.told.search(heard.text[:MAX_READ]) if slot.told is not None else None
    if match is None:
        return None
    return kept(next((group for group in match.groups() if group), match.group())) or None


def opening_slots(book: FlowBook, flow: Flow, heard: Heard, opening: str) -> dict[str, Any]:
    """Return the slots that a message fills already; ``opening`` is what of its text the flow begins with."""
    filled: dict[str, Any] = {}
    said: int | None = None
    for slot in flow.slots.values():
        found = entity_value(slot, heard)
        if found is not None:
            filled[slot.name] = found.value
        elif slot.by_intent or slot.words:
            meant = meant_by_words(slot, heard) or by_its_intent(slot, heard.names)
            if meant is not None:
                filled[slot.name] = meant
        elif slot.told is not None:
            if (value := told(slot, heard)) is not None:
                filled[slot.name] = value
        elif slot.opening is not None and opening.strip():
            said = substance(book, opening) if said is None else said
            if said >= slot.opening:
                filled[slot.name] = kept(opening)
    return filled


def tells_nothing_of_it(book: FlowBook, text: str, wishes: int) -> bool:
    """Return whether a message of several wishes names a complaint and tells nothing of it.

    "I want to complain, and what are my points" has a clause for each, and one of them is but that word.
    """
    clauses = split_clauses(text) if wishes > 1 else ()
    words = book.patterns.complaint_words
    return len(clauses) == wishes and any(
        substance(book, clause) == 0 and words.search(clause) is not None for clause in clauses
    )


def answer(book: FlowBook, flow: Flow, slot: Slot, heard: Heard, names: Collection[str]) -> Found | None:
    """Return what the message says to the question for ``slot``; free text is judged elsewhere."""
    found = entity_value(slot, heard)
    if found is not None:
        return found
    yes, no = book.patterns.yes_intent, book.patterns.no_intent
    if slot.type == "bool" and (no in names or (yes in names and slot.attachment is None)):
        return Found(_first(names, yes, no) == yes)
    if slot.type == "choice":
        value = meant_by_words(slot, heard) or {yes: slot.yes, no: slot.no}.get(_first(names, yes, no))
        value = value or by_its_intent(slot, names)
        return None if value is None else Found(value)
    if slot.matches is not None:
        return _matched(slot, flow, heard)
    return None


def kept(text: str) -> str:
    """Return a customer's text as a slot keeps it."""
    return text.strip()[:MAX_FREE]


def grown(before: Any, text: str) -> str:
    """Return a slot's text with what the customer added."""
    added = kept(text)
    if not isinstance(before, str) or not before:
        return added
    return before if added in before else f"{before}\n{added}"[:MAX_FREE]


def spliced(before: str, said: str) -> str:
    """Return what was said before with what is said now in its place, or the latter alone where it has no place there.

    "2号" takes the place of 1号 in 浦东新区1号, and 14 that of the only number of 12 High Street.
    """
    number = _NUMBER.fullmatch(said)
    if number is None:
        return said
    same = [found for found in _NUMBER.finditer(before) if not number["unit"] or found["unit"] == number["unit"]]
    if len(same) != 1:
        return said
    start, end = same[0].span("digits")
    return before[:start] + number["digits"] + before[end:]


def _matched(slot: Slot, flow: Flow, heard: Heard) -> Found | None:
    assert slot.matches is not None
    text = _without_other_entities(slot, flow.slots, heard)
    match = slot.matches.search(text)
    if match is None:
        return None
    value = match.group(1) if slot.matches.groups else match.group()
    return Found(value.upper() if slot.upper else value, _is_bare(match.group(), text))


def _is_bare(part: str, text: str) -> bool:
    return len(text.strip()) - len(part.strip()) <= BARE_REST


def _without_other_entities(slot: Slot, slots: Mapping[str, Slot], heard: Heard) -> str:
    """Blank out what other slots of the flow claim, or an order number would pass for a phone's digits."""
    text = heard.text[:MAX_READ]
    others = {other.entity for other in slots.values() if other.name != slot.name and other.entity}
    for entity in heard.entities:
        if entity.entity in others and 0 <= entity.start <= entity.end <= len(text):
            text = text[: entity.start] + " " * (entity.end - entity.start) + text[entity.end :]
    return text


def by_its_intent(slot: Slot, names: Collection[str]) -> str | None:
    """Return the value that an intent of the message stands for, or None."""
    return next((slot.by_intent[name] for name in names if name in slot.by_intent), None)


def _first(names: Collection[str], *wanted: str) -> str:
    return next((name for name in names if name in wanted), "")
