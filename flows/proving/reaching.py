"""Every flow is started by something, none goes round in itself, and a person is at most two turns away."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches

from flows.engine.check import Gives, Problem
from flows.engine.model import END, Call, Collect, Do, Flow, FlowBook, Link, Place, SetSlots
from flows.proving.claims import Claims
from flows.proving.paths import Paths
from flows.replies import Replies

HANDS_OVER = "hand_over"
"""The action that calls a person."""
MOST_WAYS = 5000
"""Parts of ways that are followed from one question."""


def reached(
    book: FlowBook, replies: Replies, actions: Mapping[str, Gives], paths: Paths, intents: Collection[str] | None
) -> Iterator[Problem]:
    """Yield the flows that nothing starts, those that go round, and what stands between a customer and a person."""
    for flow in book.flows.values():
        if not paths.starts(flow):
            yield _problem(
                flow.place, f'flow "{flow.name}": nothing starts it; give it intents, or link or call it from another'
            )
        elif paths.ends(flow) is None:
            yield _problem(flow.place, f'flow "{flow.name}": no way leads to its end')
        yield from _round(book, flow)
        yield from _dead_ways(flow, paths)
        yield from _known_rounds(book, flow, paths)
    if intents is not None:
        yield from _never_heard(book, replies, intents)
    yield from _person(book)


def parts_of(book: FlowBook, name: str) -> list[str]:
    """Return a flow and all that it calls or links."""
    found, waiting = [name], [name]
    while waiting:
        for step in book.flows[waiting.pop()].steps.values():
            if isinstance(step, Call | Link) and step.flow not in found:
                found.append(step.flow)
                waiting.append(step.flow)
    return found


def _round(book: FlowBook, flow: Flow) -> Iterator[Problem]:
    """A flow that calls itself never returns; one that links back without asking never ends."""
    for step in flow.steps.values():
        if isinstance(step, Call) and flow.name in _called(book, step.flow, set()):
            yield _problem(step.place, f'step "{step.id}": flow "{step.flow}" calls "{flow.name}" again, without end')
        elif isinstance(step, Link) and flow.name in _linked_unasked(book, step.flow, set()):
            yield _problem(
                step.place,
                f'step "{step.id}": flow "{step.flow}" leads back here without asking the customer anything; '
                "end one of them",
            )


def _called(book: FlowBook, name: str, seen: set[str]) -> set[str]:
    if name in seen:
        return seen
    seen.add(name)
    for step in book.flows[name].steps.values():
        if isinstance(step, Call | Link):
            _called(book, step.flow, seen)
    return seen


def _linked_unasked(book: FlowBook, name: str, seen: set[str]) -> set[str]:
    """The flows that are come to from the beginning of this one before a question."""
    if name in seen:
        return seen
    seen.add(name)
    flow = book.flows[name]
    waiting, found = [flow.first_step], {flow.first_step}
    while waiting:
        step = flow.steps[waiting.pop()]
        if isinstance(step, Collect):
            continue
        if isinstance(step, Link | Call):
            _linked_unasked(book, step.flow, seen)
        for route in step.routes:
            if route.then != END and route.then not in found:
                found.add(route.then)
                waiting.append(route.then)
    return seen


def _known_rounds(book: FlowBook, flow: Flow, paths: Paths) -> Iterator[Problem]:
    """A way that leads back to a question: once answered or passed over it is put again only where its slot is emptied.

    Else all begins anew without a word from the customer; or, where other questions are put on the way and it leads
    nowhere but back, the last answer decides for ever where to go.
    """
    for step in flow.steps.values():
        if isinstance(step, Collect) and (_comes_round(book, flow, step, paths) or _leads_only_back(flow, step, paths)):
            yield _problem(
                step.place,
                f'step "{step.id}": a way leads back here without emptying slot "{step.slot}", so that it is not '
                "asked and the flow goes round; empty it on that way (set_slots: null)",
            )


def _leads_only_back(flow: Flow, start: Collect, paths: Paths) -> bool:
    """Return whether some answer leads nowhere but back to the question, which it has answered for good."""
    return any(_only_back(flow, start, first, claims, paths) for first, claims in paths.ways(flow, start))


def _only_back(flow: Flow, start: Collect, first: str, claims: Claims, paths: Paths) -> bool:
    waiting, seen, returns = [(first, claims)], {first}, False
    while waiting:
        at, known = waiting.pop()
        if at == END:
            return False
        step = flow.steps[at]
        if step is start:
            returns = True
            continue
        if isinstance(step, Link) or (isinstance(step, SetSlots) and start.slot in step.values):
            return False
        ways = [way for way in paths.ways_from(flow, step, known) if way[0] not in seen]
        seen |= {way[0] for way in ways}
        waiting += ways
    return returns


def _comes_round(book: FlowBook, flow: Flow, start: Collect, paths: Paths) -> bool:
    waiting = [
        (at, claims, frozenset({at}), frozenset({start.slot}), frozenset[str]())
        for at, claims in paths.ways(flow, start)
    ]
    for _ in range(MOST_WAYS):
        if not waiting:
            return False
        at, claims, seen, asked, emptied = waiting.pop()
        if at == start.id:
            if not asked & emptied:
                return True
            continue
        if at == END:
            continue
        step = flow.steps[at]
        if isinstance(step, Do) or (isinstance(step, Call) and _asks(book, step.flow)):
            continue  # what an action returns may be another thing each time: talks try that
        if isinstance(step, Collect):
            asked |= {step.slot}
        elif isinstance(step, SetSlots):
            emptied |= {name for name, value in step.values.items() if value is None}
        waiting += [
            (following, known, seen | {following}, asked, emptied)
            for following, known in paths.ways_from(flow, step, claims)
            if following not in seen
        ]
    return False


def _asks(book: FlowBook, name: str) -> bool:
    return any(isinstance(step, Collect) for part in parts_of(book, name) for step in book.flows[part].steps.values())


def _never_heard(book: FlowBook, replies: Replies, intents: Collection[str]) -> Iterator[Problem]:
    """An intent that neither words nor a button can mean."""
    pressed = set(commands(replies))
    # What answers a message of care has its buttons there, among the words of care.
    answers = (*book.patterns.after_care.values(), *book.patterns.after_reply.values())
    after_care = {flow for flows in answers for flow in flows.values()}
    for flow in book.flows.values():
        for intent in flow.intents:
            if intent not in intents and intent not in pressed and flow.name not in after_care:
                close = get_close_matches(intent, list(intents), n=1, cutoff=0.6)
                mend = f'; did you mean "{close[0]}"?' if close else "; teach it to the NLU, or put a button for it"
                yield _problem(flow.place, f'flow "{flow.name}": nobody can say "{intent}"{mend}')


def commands(replies: Replies) -> Iterator[str]:
    """Yield the intents that buttons say."""
    for language in replies.languages:
        for reply in replies.names(language):
            layout = replies.layout(reply, language)
            for _, payload, _ in layout.buttons if layout is not None else ():
                yield payload.removeprefix("/").partition("{")[0]


def _dead_ways(flow: Flow, paths: Paths) -> Iterator[Problem]:
    """A step that is linked, but only where a condition cannot hold."""
    for step in flow.steps.values():
        if paths.before(flow, step) is None and paths.starts(flow):
            yield _problem(
                step.place,
                f'step "{step.id}": whatever happens, no way that leads here is ever taken; '
                "mend the conditions before it, or remove it",
            )


def _person(book: FlowBook) -> Iterator[Problem]:
    """Who asks for a person gets one, after one question at most."""
    patterns = book.patterns
    intent = patterns.human_intent
    if intent in book.asides:
        yield _problem(patterns.place, f'"{intent}" is answered with words alone; a person has to be called')
    for flow in book.flows.values():
        for slot in flow.slots.values():
            if intent in slot.by_intent:
                yield _problem(slot.place, f'slot "{slot.name}": "{intent}" is no value of a slot; it calls a person')
    started = {patterns.human_flow, patterns.misunderstood_flow, book.by_intent.get(intent, patterns.human_flow)}
    started |= {patterns.angry_flow, patterns.angry_complaint_flow, patterns.danger_complaint_flow}
    for name in sorted(started):
        flow = book.flows[name]
        asks = _asks_before_a_person(book, flow, frozenset())
        if asks is None or asks > 1:
            why = "no person is called" if asks is None else f"{asks} questions come before a person"
            yield _problem(
                flow.place,
                f'flow "{name}" is for who wants or needs a person, and on a way through it {why}; '
                f'have it do action "{HANDS_OVER}" on every way',
            )


def _asks_before_a_person(book: FlowBook, flow: Flow, within: frozenset[str]) -> int | None:
    """Return how many questions at most come before a person is called; None where on some way none is."""
    if flow.name in within:
        return None
    worst = 0
    waiting: list[tuple[str, int, frozenset[str]]] = [(flow.first_step, 0, frozenset())]
    while waiting:
        at, asks, seen = waiting.pop()
        if at == END or at in seen:
            return None
        step = flow.steps[at]
        if isinstance(step, Do) and step.action == HANDS_OVER:
            worst = max(worst, asks)
            continue
        if isinstance(step, Link):
            more = _asks_before_a_person(book, book.flows[step.flow], within | {flow.name})
            if more is None:
                return None
            worst = max(worst, asks + more)
            continue
        asks += isinstance(step, Collect)
        waiting += [(route.then, asks, seen | {at}) for route in step.routes]
    return worst


def _problem(place: Place, text: str) -> Problem:
    return Problem(place.file, place.line, text)
