"""What must not happen unasked: an offer while a complaint is open, and anything that cannot be taken back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flows.actions import RegisteredAction
from flows.engine.check import Problem
from flows.engine.model import END, Collect, Do, Flow, FlowBook, Slot, Step, Tell
from flows.proving.claims import Claim
from flows.proving.paths import Paths
from flows.proving.samples import values_of

_ANSWERS = ("true", "is", "is not")
NO_COMPLAINT = Claim(("facts", "open_complaint"), "false")


def guarded(book: FlowBook, actions: Mapping[str, RegisteredAction], paths: Paths) -> Iterator[Problem]:
    """Yield the offers that a complaining customer could get, and what is done for good without a yes."""
    for flow in book.flows.values():
        for step in flow.steps.values():
            if isinstance(step, Tell | Collect) and step.offer:
                yield from _offer(book, flow, step, paths)
            elif isinstance(step, Do) and step.action in actions and actions[step.action].irreversible:
                yield from _for_good(flow, step, paths)
        yield from _kept_yes(flow)


def _offer(book: FlowBook, flow: Flow, step: Step, paths: Paths) -> Iterator[Problem]:
    before = paths.before(flow, step)
    if before is not None and (NO_COMPLAINT not in before or flow.matter == book.patterns.complaint_matter):
        yield _problem(
            step,
            f'step "{step.id}" makes an offer, and a way leads here while a complaint is open; '
            "go round it where facts.open_complaint",
        )


def _for_good(flow: Flow, step: Do, paths: Paths) -> Iterator[Problem]:
    """From the beginning of the flow, every way to the step goes through an answer to a question that asks for it."""
    if step.id not in _unconfirmed(flow, paths):
        return
    yield _problem(
        step,
        f'step "{step.id}": action "{step.action}" cannot be taken back, and a way leads here on which the customer '
        "has not said yes to it; collect a bool or a choice before, and come here by its value",
    )


def _unconfirmed(flow: Flow, paths: Paths) -> set[str]:
    """The steps that can be come to without a yes."""
    found, waiting = {flow.first_step}, [flow.first_step]
    asked = {step.slot for step in flow.steps.values() if isinstance(step, Collect)}
    confirming = {("slots", name) for name in asked if _confirms(flow.slots[name])}
    while waiting:
        step = flow.steps[waiting.pop()]
        before = paths.before(flow, step) or frozenset()
        for following, claims in paths.ways(flow, step):
            if any(claim.name in confirming and claim.says in _ANSWERS for claim in claims - before):
                continue
            if following != END and following not in found:
                found.add(following)
                waiting.append(following)
    return found


def _confirms(slot: Slot) -> bool:
    """A yes is asked for: nothing that is said in passing fills it."""
    return slot.type in ("bool", "choice") and slot.entity is None and len(values_of(slot)) > 1


def _kept_yes(flow: Flow) -> Iterator[Problem]:
    """A yes that outlives its flow would be taken for the next one."""
    for name in flow.persisted_slots:
        slot = flow.slots[name]
        collected = any(isinstance(step, Collect) and step.slot == name for step in flow.steps.values())
        if collected and (_confirms(slot) or slot.attachment is not None or slot.free):
            yield Problem(
                slot.place.file,
                slot.place.line,
                f'slot "{name}" outlives its flow, so that it is never asked again and the next time goes by this '
                "time's answer; take it out of persisted_slots",
            )


def _problem(step: Step, text: str) -> Problem:
    return Problem(step.place.file, step.place.line, text)
