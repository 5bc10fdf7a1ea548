"""What must not happen: an offer in a complaint, what is for good without a yes, the customer's own without a proof."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flows.actions import RegisteredAction
from flows.engine.check import Problem
from flows.engine.model import END, Collect, Do, Flow, FlowBook, SetSlots, Slot, Step, Tell
from flows.proving.claims import Claim
from flows.proving.paths import Paths
from flows.proving.samples import values_of

NO_COMPLAINT = Claim(("facts", "open_complaint"), "false")
PROVED = Claim(("facts", "verified"), "true")


def guarded(book: FlowBook, actions: Mapping[str, RegisteredAction], paths: Paths) -> Iterator[Problem]:
    """Yield the offers that a complaining customer could get, and what is done for good without a yes."""
    offers = offers_of(book)
    for flow in book.flows.values():
        for step in flow.steps.values():
            if said_by(step) in offers:
                yield from _offer(book, flow, step, paths)
            elif isinstance(step, Do) and step.action in actions and actions[step.action].irreversible:
                yield from _for_good(flow, step, paths)
        yield from _kept_yes(flow)
        yield from _for_the_proved(flow, actions, paths)


def offers_of(book: FlowBook) -> frozenset[str]:
    """Return the replies that sell something: what one step marks as an offer is one wherever it is said."""
    steps = (step for flow in book.flows.values() for step in flow.steps.values())
    return frozenset(reply for step in steps if getattr(step, "offer", False) and (reply := said_by(step)) is not None)


def said_by(step: Step) -> str | None:
    """Return the reply that a step says or asks with; None where it does neither."""
    return step.reply if isinstance(step, Tell) else step.utter if isinstance(step, Collect) else None


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
        "has not said yes to it; collect a bool or a choice before, which nothing else fills, and come here by its yes",
    )


def _for_the_proved(flow: Flow, actions: Mapping[str, RegisteredAction], paths: Paths) -> Iterator[Problem]:
    """From the beginning of the flow, every way to what is only the customer's own goes through facts.verified."""
    first = paths.before(flow, flow.steps[flow.first_step])
    if first is None or PROVED in first:
        return
    found, waiting = {flow.first_step}, [flow.first_step]
    while waiting:
        for following, claims in paths.ways(flow, flow.steps[waiting.pop()]):
            if following != END and following not in found and PROVED not in claims:
                found.add(following)
                waiting.append(following)
    for step in (flow.steps[name] for name in flow.steps if name in found):
        if isinstance(step, Do) and step.action in actions and actions[step.action].needs_proof:
            yield _problem(
                step,
                f'step "{step.id}": action "{step.action}" is for who has proved who they are, and a way leads here '
                "without that; call prove_owner before, and come here by facts.verified",
            )


def _unconfirmed(flow: Flow, paths: Paths) -> set[str]:
    """The steps that can be come to without a yes."""
    found, waiting = {flow.first_step}, [flow.first_step]
    asked = {step.slot for step in flow.steps.values() if isinstance(step, Collect)}
    confirming = {("slots", name): flow.slots[name] for name in asked if _confirms(flow, flow.slots[name])}
    while waiting:
        step = flow.steps[waiting.pop()]
        before = paths.before(flow, step) or frozenset()
        for following, claims in paths.ways(flow, step):
            if any(claim.name in confirming and _is_yes(confirming[claim.name], claim) for claim in claims - before):
                continue
            if following != END and following not in found:
                found.add(following)
                waiting.append(following)
    return found


def _confirms(flow: Flow, slot: Slot) -> bool:
    """A yes is asked for: neither what is said in passing nor the flow itself gives it."""
    if slot.type not in ("bool", "choice") or len(values_of(slot)) < 2:
        return False
    in_passing = {*slot.words, *slot.by_intent.values()} - {slot.no}
    if slot.yes is not None:
        in_passing &= {slot.yes}
    given = [step.values[slot.name] for step in flow.steps.values() if isinstance(step, SetSlots)
             and slot.name in step.values]  # fmt: skip
    of_itself = any(value not in (None, False, slot.no) for value in given)
    return slot.entity is None and slot.attachment is None and not in_passing and not of_itself


def _is_yes(slot: Slot, claim: Claim) -> bool:
    """Of a yes or no only the yes is one; of other choices each value that is named, for who chooses has been asked."""
    if slot.type == "bool":
        return claim.says == "true"
    return claim.says == "is" and (claim.value == slot.yes if slot.yes is not None else claim.value != slot.no)


def _kept_yes(flow: Flow) -> Iterator[Problem]:
    """A yes that outlives its flow would be taken for the next one."""
    for name in flow.persisted_slots:
        slot = flow.slots[name]
        collected = any(isinstance(step, Collect) and step.slot == name for step in flow.steps.values())
        asks = slot.type in ("bool", "choice") and slot.entity is None and len(values_of(slot)) > 1
        if collected and (asks or slot.attachment is not None or slot.free):
            yield Problem(
                slot.place.file,
                slot.place.line,
                f'slot "{name}" outlives its flow, so that it is never asked again and the next time goes by this '
                "time's answer; take it out of persisted_slots",
            )


def _problem(step: Step, text: str) -> Problem:
    return Problem(step.place.file, step.place.line, text)
