"""Start the flows that a message asks for, with what the message already says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flows.engine.filling import MAX_READ, grown, kept, named, opening_slots, tells_nothing_of_it
from flows.engine.heard import Heard
from flows.engine.model import Flow, FlowBook
from flows.engine.payloads import accepts
from flows.engine.run import Run

MOST_AT_ONCE = 5
"""Things of one kind that one message may name; more are a list and no talk."""


@dataclass(frozen=True, slots=True)
class Wish:
    """An intent that starts a flow."""

    intent: str
    flow: Flow


def wishes_in(book: FlowBook, names: Iterable[str]) -> list[Wish]:
    """Return what a message with these intents wants done, in order, one wish a matter."""
    wishes: dict[str, Wish] = {}
    for name in names:
        if name in book.by_intent:
            flow = book.flows[book.by_intent[name]]
            wishes.setdefault(flow.matter, Wish(name, flow))
    return list(wishes.values())


def without_answers(wishes: list[Wish], flows: Iterable[Flow]) -> list[Wish]:
    """Leave out what is a wish in name only: its intent says what another of these flows wants to know.

    Of two that say so of each other the surer one stays.
    """
    asking = list(flows)
    kept_wishes: list[Wish] = []
    for wish in reversed(wishes):
        others = [flow for flow in asking if flow is not wish.flow]
        if any(wish.intent in slot.by_intent for flow in others for slot in flow.slots.values()):
            asking = others
        else:
            kept_wishes.insert(0, wish)
    return kept_wishes


class Starter:
    """Starts flows for one message; ``given`` are the slots that its button carries."""

    def __init__(self, book: FlowBook, run: Run, heard: Heard, given: Mapping[str, Any]) -> None:
        self._book = book
        self._run = run
        self._heard = heard
        self._given = given
        self._untold = False

    def serve(self, wishes: list[Wish]) -> None:
        """Start the first wish now; the others wait for it, in order."""
        first, *rest = wishes
        self._untold = tells_nothing_of_it(self._book, self._heard.text, len(wishes))
        slots = self._slots_for(first.flow)
        self._run.start(first.flow.name, slots, self._opening_of(first.flow))
        self.queue(rest)
        self.queue_each(first.flow, slots)

    def queue(self, wishes: Iterable[Wish]) -> None:
        """Let the wishes wait until the flow that the customer sees is done."""
        waiting = {self._book.flows[frame.flow].matter for frame in self._run.stack}
        for wish in wishes:
            if wish.flow.matter not in waiting:
                slots = self._slots_for(wish.flow)
                self._run.start_afterwards(wish.flow.name, slots, self._opening_of(wish.flow))

    def queue_each(self, flow: Flow, slots: Mapping[str, Any]) -> None:
        """Let the flow run again for every further thing of its kind that the message names."""
        for slot in flow.slots.values():
            if slot.each:
                there = {frame.slots.get(slot.name) for frame in self._run.stack if frame.flow == flow.name}
                further = [value for value in named(slot, self._heard)[:MOST_AT_ONCE] if value not in there]
                for value in reversed(further):  # what is put in last comes next
                    again = {**slots, slot.name: value}
                    self._run.start_afterwards(flow.name, again, kept(self._heard.text))

    def begin(self, flow_name: str) -> None:
        """Start one of the patterns' own flows; it inherits what a flow of its matter already knows."""
        flow = self._book.flows[flow_name]
        slots = self._slots_for(flow)
        for name, value in self._known(flow).items():
            slot = flow.slots[name]
            if slot.grows:
                slots[name] = grown(value, self._heard.text) if self._heard.text else value
            elif slot.entity is None or name not in slots:
                slots[name] = value
        self._run.misunderstood = 0
        self._run.start(flow_name, slots, kept(self._heard.text))

    def _opening_of(self, flow: Flow) -> str:
        untold = self._untold and flow.matter == self._book.patterns.complaint_matter
        return "" if untold else kept(self._heard.text)

    def _known(self, flow: Flow) -> dict[str, Any]:
        return {
            name: value
            for frame in self._run.stack
            if self._book.flows[frame.flow].matter == flow.matter
            for name, value in frame.slots.items()
            if name in flow.slots and value is not None
        }

    def _referred_to(self, flow: Flow) -> dict[str, Any]:
        """Return what "that order" is: what was named last in this talk, for slots of the same entity."""
        run = self._run
        if self._book.patterns.refers_back.search(self._heard.text[:MAX_READ]) is None or run.fact("returning"):
            return {}
        just_done = [(run.done["flow"], run.done["slots"])] if run.done.get("flow") in self._book.flows else []
        under_way = [(frame.flow, frame.slots) for frame in run.stack if not frame.between]
        found: dict[str, Any] = {}
        for name, slots in (*just_done, *under_way):  # the nearest last
            entities = {slot.entity: slots.get(slot.name) for slot in self._book.flows[name].slots.values()}
            for slot in flow.slots.values():
                if slot.entity is not None and slot.type == "text" and entities.get(slot.entity) is not None:
                    found[slot.name] = entities[slot.entity]
        return found

    def _slots_for(self, flow: Flow) -> dict[str, Any]:
        slots = self._referred_to(flow) | opening_slots(self._book, flow, self._heard, self._opening_of(flow))
        given = {name: value for name, value in self._given.items() if name in flow.slots}
        return slots | {name: value for name, value in given.items() if accepts(flow.slots[name], value)}
