"""What was said earlier is put right: in the flow that is spoken of, in one that waits, or in the one just done."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flows.engine.filling import entity_value, spliced
from flows.engine.heard import Heard
from flows.engine.model import Collect, Flow, Slot
from flows.engine.payloads import SET, read_payload
from flows.engine.run import Run
from flows.engine.stack import begin_of
from flows.engine.starting import Wish
from flows.engine.values import word
from nlu.fallback import fixed_phrase_intent
from nlu.understanding import OUT_OF_SCOPE

_LEADS_OVER = re.compile(
    r"^(?:[\s,，.。:：;；、!！—-]|应该|我说的|我是说|是|改成|换成"
    r"|(?:it.?s|it is|it should be|should be|i meant?|make it|wait|sorry)\b)+",
    re.IGNORECASE,
)
_SAYS_WHAT_IT_IS = re.compile(
    r"[\s,，.。:：;；、!！—-]*(?:应该|我说的是|我是说|是|改成|换成|(?:it.?s|it is|it should be|should be|make it)\b)",
    re.IGNORECASE,
)
SHORT = 60
"""Putting something right is said in few characters."""


def choice_offered(slot: str, options: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return the values of a slot that the buttons shown last offer; empty where there is no choice."""
    pressed = [read_payload(payload) for _, payload in options]
    values = [one.slots.get(slot) for one in pressed if one is not None and one.command == SET]
    offered = [value for value in values if value is not None]
    return {"slot": slot, "values": offered} if len(offered) > 1 else {}


class Corrector:
    """Puts right what one message says was wrong."""

    def __init__(self, run: Run, heard: Heard) -> None:
        self._run = run
        self._heard = heard
        self._patterns = run.book.patterns

    def in_talk(self, names: Sequence[str], wishes: Sequence[Wish]) -> bool:
        """Put right a slot of what is under way, however long ago it was filled; return whether that was it."""
        run = self._run
        if not self._says_so(names):
            return False
        # Beside another wish only what an intent says is put right: an order number may be that wish's own.
        beside = any(self._starts_afresh(wish) for wish in wishes)
        if beside and (
            self._patterns.corrects.search(self._heard.text) is None or all(map(self._starts_afresh, wishes))
        ):
            return False
        for at in range(len(run.stack) - 1, -1, -1):
            frame = run.stack[at]
            flow = run.book.flows[frame.flow]
            found = self._kind_put_right(flow, frame.slots) if beside else self._corrected(flow, frame.slots)
            if found is not None and not frame.between:
                self._put_right(at, *found)
                return True
        return False

    def in_words(self, question: Collect, *, after_a_no: bool = False) -> bool:
        """At a read-back, put right the words collected last: "no, number 2". Return whether that was it.

        What is understood as a no (``after_a_no``) is one, unless it goes on with "it's …" or "应该是…".
        """
        run = self._run
        slots, known = run.top_flow.slots, run.top.slots
        text = unicodedata.normalize("NFKC", self._heard.text).strip()
        if len(text) > SHORT or slots[question.slot].type not in ("bool", "choice"):
            return False
        begins = self._patterns.corrects.match(text)
        rest = text[begins.end() :] if begins is not None else ""
        if after_a_no and _SAYS_WHAT_IT_IS.match(rest) is None:
            return False
        said = _LEADS_OVER.sub("", rest).strip(" .。!！")
        if not any(character.isalnum() for character in said) or fixed_phrase_intent(said) is not None:
            return False
        told = [name for name, slot in slots.items() if slot.told is not None]
        for slot in (slots[name] for name in (*reversed(run.top.asked), *told)):
            before = known.get(slot.name)
            in_words = slot.entity is None and not slot.grows and (slot.free or slot.matches is not None)
            if not in_words or not isinstance(before, str):
                continue
            value = spliced(before, said)
            if slot.matches is not None and slot.matches.search(value) is None:
                continue
            self._put_right(len(run.stack) - 1, slot, value)
            return True
        return False

    def when_done(self, names: Sequence[str], wishes: Sequence[Wish]) -> bool:
        """Begin what was just done once more, with what was wrong put right; return whether that was it."""
        run = self._run
        flow = run.book.flows.get(str(run.done.get("flow")))
        if flow is None or not self._says_so(names) or any(wish.flow.matter != flow.matter for wish in wishes):
            return False
        known = {name: value for name, value in run.done["slots"].items() if name in flow.slots}
        found = self._corrected(flow, known)
        if found is None:
            return False
        slot, value = found
        run.note(f"slot {slot.name} of {flow.name} put right, which was done")
        run.start(flow.name, {name: kept for name, kept in known.items() if flow.slots[name].type != "bool"}, "")
        run.fill(slot.name, value)
        run.repair("correction", value=value, task=word("flow", flow.name), elsewhere=False)
        return True

    def _says_so(self, names: Sequence[str]) -> bool:
        text = self._heard.text
        if not 0 < len(text) <= SHORT or names[0] not in (
            OUT_OF_SCOPE,
            self._patterns.no_intent,
            *self._run.book.by_intent,
        ):
            return False
        return self._patterns.no_intent in names or self._patterns.corrects.search(text) is not None or self._is_other

    @property
    def _is_other(self) -> bool:
        return self._patterns.other_one.search(self._heard.text) is not None

    def _starts_afresh(self, wish: Wish) -> bool:
        """A wish for something else is no correction, whatever words it is said in."""
        return all(self._run.book.flows[frame.flow].matter != wish.flow.matter for frame in self._run.stack)

    def _corrected(self, flow: Flow, known: Mapping[str, Any]) -> tuple[Slot, Any] | None:
        for slot in flow.slots.values():
            before = known.get(slot.name)
            if before is None:
                continue
            found = entity_value(slot, self._heard)
            value = found.value if found is not None else self._by_intent(slot)
            if value is not None and value != before:
                return slot, value
        choice = self._run.choice
        slot_chosen = flow.slots.get(str(choice.get("slot")))
        if not self._is_other or slot_chosen is None or slot_chosen.name not in known:
            return None
        others = [value for value in choice["values"] if value != known[slot_chosen.name]]
        return (slot_chosen, others[0]) if len(others) == 1 else None

    def _kind_put_right(self, flow: Flow, known: Mapping[str, Any]) -> tuple[Slot, Any] | None:
        told = ((slot, self._by_intent(slot)) for slot in flow.slots.values() if known.get(slot.name) is not None)
        return next(((slot, value) for slot, value in told if value not in (None, known[slot.name])), None)

    def _by_intent(self, slot: Slot) -> str | None:
        return next((slot.by_intent[name] for name in self._heard.names if name in slot.by_intent), None)

    def _put_right(self, at: int, slot: Slot, value: Any) -> None:
        """Fill the slot and have that flow begin anew with what is known; what it had called is called again."""
        run = self._run
        begin = begin_of(run.stack, at)
        end = at + 1
        while end < len(run.stack) and run.stack[end].called:
            end += 1
        elsewhere = end < len(run.stack)
        for frame_at in range(begin, end):
            frame = run.stack[frame_at]
            if slot.name in run.book.flows[frame.flow].slots:
                run.stack[frame_at] = replace(frame, slots={**frame.slots, slot.name: value})
        base = run.stack[begin]
        first = run.book.flows[base.flow].first_step
        run.stack[begin:end] = [replace(base, step=first, result={}, asked=())]
        run.note(f"slot {slot.name} of {base.flow} put right")
        run.repair("correction", value=value, task=word("flow", base.flow), elsewhere=elsewhere)
