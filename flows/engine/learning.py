"""Take in what a message says about the flow that the customer is in: answers, corrections, descriptions."""

from __future__ import annotations

from typing import Any

from flows.engine.filling import (
    Found,
    answer,
    by_its_intent,
    entity_value,
    grown,
    kept,
    meant_by_words,
    spliced,
    substance,
    told,
)
from flows.engine.heard import Heard
from flows.engine.model import Flow, FlowBook, Slot
from flows.engine.payloads import accepts, only_offered
from flows.engine.run import Run
from flows.engine.starting import Wish

LONGEST_NAME = 6
"""What says no more than this, and blames nobody, is but a name."""
LONG_ANSWER = 8
"""From this substance on a text is an answer, even where it was taken for small talk."""


class Learner:
    """Fills slots of the flow on top from one message; how the talk goes on is the caller's."""

    def __init__(self, book: FlowBook, run: Run, heard: Heard) -> None:
        self._book = book
        self._run = run
        self._heard = heard

    def correct(self, flow: Flow, asked: Slot, others: list[Wish]) -> tuple[bool, bool]:
        """Take in what the message names for other slots; return whether there was any, and any known before."""
        claimed = {slot.entity for wish in others[:1] for slot in wish.flow.slots.values()}
        frame = self._run.top
        learnt = corrected = False
        # What is but the name of a thing, "the teapot", is often taken for a complaint about it.
        named = asked.matches is not None and entity_value(asked, self._heard) is None
        blames = self._heard.sentiment < 0 or substance(self._book, self._heard.text) > LONGEST_NAME
        names = self._heard.names if blames or not named else []
        for slot in flow.slots.values():
            if slot is asked or slot.entity in claimed:
                continue
            known = frame.slots.get(slot.name)
            value = self._meant(slot, known, asked, others, names)
            if value is None or known == value:
                continue
            corrected |= known is not None or slot.name in frame.skipped
            learnt = True
            self._run.fill(slot.name, value)
        return learnt, corrected

    def _meant(self, slot: Slot, known: Any, asked: Slot, others: list[Wish], names: list[str]) -> Any:
        """Return what the message says for a slot that is not asked for, or None."""
        if slot.entity is not None:
            found = entity_value(slot, self._heard)
            return None if found is None else found.value
        if known is None and (value := by_its_intent(slot, names)) is not None:
            return value
        # Words that want something else decide nothing here, and those of a description change nothing.
        if others or (asked.free and known is not None):
            return None
        meant = meant_by_words(slot, self._heard) or told(slot, self._heard)
        return spliced(known, meant) if slot.told is not None and isinstance(known, str) and meant else meant

    def answer(self, flow: Flow, slot: Slot, names: list[str], others: list[Wish]) -> Found | None:
        """Return the answer to the open question, or None; free text that is one leaves nothing of ``others``."""
        if not slot.free:
            found = answer(self._book, flow, slot, self._heard, names)
            if found is None and names[0] == self._book.patterns.yes_intent:
                # "This one?" - "Yes."
                offered = only_offered(slot.name, self._run.options)
                found = Found(offered, bare=True) if accepts(slot, offered) else None
            return found
        text = told(slot, self._heard) or self._heard.text
        says = substance(self._book, text)
        patterns = self._book.patterns
        talk = {patterns.repeat_intent, patterns.yes_intent, patterns.no_intent, *self._book.asides}
        short = names[0] in talk and says < LONG_ANSWER and not self._names_of(flow)
        if says == 0 or short:
            return None
        others.clear()
        return Found(kept(text))

    def _names_of(self, flow: Flow) -> bool:
        """Return whether the message names something that the flow takes: "Saturday is fine" is no greeting."""
        return any(entity_value(slot, self._heard) is not None for slot in flow.slots.values() if slot.entity)

    def describe(self, wishes: list[Wish]) -> None:
        """An answer such as "the courier lost it" both chooses a category and describes what happened."""
        said = substance(self._book, self._heard.text)
        for slot in self._run.top_flow.slots.values():
            unknown = slot.grows and self._run.top.slots.get(slot.name) is None
            if unknown and wishes and slot.opening is not None and said >= slot.opening:
                self._run.fill(slot.name, kept(self._heard.text))

    def grow(self) -> bool:
        """Keep what a wish that is said once more adds; return whether it said anything that could be kept."""
        grows = [slot.name for slot in self._run.top_flow.slots.values() if slot.grows]
        text = self._heard.text
        if not text.strip():
            return True  # a button adds nothing, and is understood
        if not grows or substance(self._book, text) == 0:
            return False
        for name in grows:
            self._run.fill(name, grown(self._run.top.slots.get(name), text))
        return True
