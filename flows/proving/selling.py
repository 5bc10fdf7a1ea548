"""Nothing is picked to be sold while a complaint is open, unless the customer asked for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flows.actions import RegisteredAction
from flows.engine.check import Problem
from flows.engine.model import Call, Do, Flow, FlowBook, Link, Step
from flows.proving.guarding import NO_COMPLAINT
from flows.proving.paths import Paths


def sold(book: FlowBook, actions: Mapping[str, RegisteredAction], paths: Paths) -> Iterator[Problem]:
    """Yield where a complaining customer could be sold something that they did not ask for."""
    asked_for = _asked_for(book)
    for flow in book.flows.values():
        for step in flow.steps.values():
            sells = actions[step.action].sells if isinstance(step, Do) and step.action in actions else None
            if sells is None or (sells == "asked" and flow.name in asked_for):
                continue
            if not _without_complaint(book, flow, step, paths):
                yield Problem(step.place.file, step.place.line, _TEXTS[sells].format(step=step.id))


_TEXTS = {
    "unasked": (
        'step "{step}" picks something to offer, and a way leads here while a complaint is open; '
        "go round it where facts.open_complaint"
    ),
    "asked": (
        'step "{step}" picks something to sell, and a way leads here while a complaint is open on which nobody asked '
        "for it; go round it where facts.open_complaint, or leave it to a flow that only its intents begin"
    ),
}


def _without_complaint(book: FlowBook, flow: Flow, step: Step, paths: Paths) -> bool:
    before = paths.before(flow, step)
    return before is None or (NO_COMPLAINT in before and flow.matter != book.patterns.complaint_matter)


def _asked_for(book: FlowBook) -> frozenset[str]:
    """Return the flows in which customers are only by their own wish: its intents begin them, or flows that are such
    go on to them."""
    complaint = book.patterns.complaint_matter
    asked_for = {flow.name for flow in book.flows.values() if flow.intents and flow.matter != complaint}
    while True:
        led_to = {
            step.flow
            for flow in book.flows.values()
            if flow.name not in asked_for
            for step in flow.steps.values()
            if isinstance(step, Call | Link)
        }
        if not asked_for & led_to:
            return frozenset(asked_for)
        asked_for -= led_to
