"""What the world around a talk may be, and what actions may return: as much of it as conditions look at."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from flows.actions import RegisteredAction
from flows.engine.conditions import Part
from flows.engine.model import Do, Flow, FlowBook
from flows.engine.payloads import read_payload
from flows.proving.claims import Name
from flows.proving.comparing import conditions_of
from flows.proving.guarding import offers_of, said_by
from flows.proving.reaching import parts_of
from flows.proving.samples import TOLD, values_of
from flows.replies import ITEM, Replies

Facts = Mapping[str, Any]
Result = Mapping[str, Any]

MOST_RESULTS = 16
"""Different results of one action that are tried."""
FEW_RESULTS = 4
"""Up to so many, each is tried with and without what may be missing."""
MOST_WORLDS = 8
"""Different worlds in which one flow is tried."""
_PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_LATER = {"moment": "2026-11-24T01:00:00+00:00"}
_PLAIN: Facts = {
    "verified": True, "language": "zh", "can_request_contact": True, "channel_buttons": True, "staffed": True,
    "recent_orders": ["A10293", "A10101"], "desk_days": {"weekdays": [0, 1, 2]}, "desk_opens": {"clock": "09:00"},
    "desk_closes": {"clock": "21:00"}, "open_complaint": False, "last_was_care": False,
}  # fmt: skip
_OTHERWISE: tuple[Facts, ...] = (
    {"verified": False, "recent_orders": []},
    {"verified": False, "recent_orders": [], "can_request_contact": False, "staffed": False, "back_at": _LATER},
    {"open_complaint": True},
    {"staffed": False, "back_at": _LATER},
)


class World:
    """The facts and results that are tried."""

    def __init__(
        self, book: FlowBook, replies: Replies, actions: Mapping[str, RegisteredAction], facts: Iterable[str]
    ) -> None:
        self._book = book
        self._actions = actions
        self._looked_at = _looked_at(part for flow in book.flows.values() for part in _roots(flow))
        self._around = _around(book)
        self._lists = _lists(book, replies)
        self._results = {name: tuple(self._results_of(action)) for name, action in actions.items()}
        self._plain = {**dict.fromkeys(facts), **_PLAIN}
        self._cases = _cases_of(book)

    @property
    def actions(self) -> tuple[str, ...]:
        """The names of all actions."""
        return tuple(self._results)

    def results(self, action: str) -> tuple[Result, ...]:
        """Return what an action may return, the likeliest first."""
        return self._results.get(action, ({},))

    def worlds(self, flow: Flow) -> tuple[Facts, ...]:
        """Return the worlds that make a difference to a flow and its parts; the first is a plain day."""
        names = {name for part in self._parts(flow) for space, name in _names_of(part) if space == "facts"}
        names |= {"open_complaint"} if _sells(self._book, flow) else set()
        tried: list[Facts] = [self._plain]
        for other in (*_OTHERWISE, *self._flips(names), *self._cases.get(flow.name, ())):
            world = {**self._plain, **other}
            told = {name: world.get(name) for name in (*names, *other) if name in names or name == "answers_care"}
            if all(any(before.get(name) != value for name, value in told.items()) for before in tried):
                tried.append(world)
        return tuple(tried[:MOST_WORLDS])

    def everywhere(self) -> tuple[Facts, ...]:
        """Return worlds for talks about anything."""
        return (self._plain, *({**self._plain, **other} for other in _OTHERWISE))

    def _parts(self, flow: Flow) -> Iterator[Part]:
        for name in parts_of(self._book, flow.name):
            yield from _roots(self._book.flows[name])

    def _flips(self, names: Iterable[str]) -> Iterator[Facts]:
        for name in sorted(names):
            for value in _domain(self._looked_at, ("facts", name)):
                if value != self._plain.get(name):
                    yield {name: value}

    def _results_of(self, action: RegisteredAction) -> Iterator[Result]:
        """Every combination of what conditions ask for, with all that may be missing there or all of it missing.

        Where there are many, one of the two is enough for each: what may be missing is asked of every way by itself.
        """
        asked = {
            name: values for name in sorted(action.gives | action.may_give) if (values := self._tried(action, name))
        }
        told = {name: self._told(name) for name in (action.gives | action.may_give) - set(asked)}
        missing = dict.fromkeys(action.may_give - set(asked))
        found = [dict(zip(asked, each, strict=True)) for each in _combined(list(asked.values()))]
        for number, result in enumerate(found):
            if number == 0 or number % 2 or not missing or len(found) <= FEW_RESULTS:
                yield told | result
            if missing and (number % 2 == 0 or len(found) <= FEW_RESULTS):
                yield told | missing | result

    def _tried(self, action: RegisteredAction, name: str) -> tuple[Any, ...]:
        if name in action.outcomes:
            return action.outcomes[name]
        values = _domain(self._around.get(action.name, {}), ("result", name))
        told = self._told(name)
        if isinstance(told, list):
            return (told, []) if values else ()  # whatever is asked of a list is whether there is anything in it
        return tuple(
            told if value == TOLD else value for value in values if value is not None or name in action.may_give
        )

    def _told(self, name: str) -> Any:
        return self._lists.get(name, TOLD)


def _domain(looked_at: Mapping[Name, list[Part]], name: Name) -> tuple[Any, ...]:
    """The values of a name that make a difference to some condition."""
    unique: list[Any] = []
    for value in (value for part in looked_at.get(name, ()) for value in _values_for(part)):
        if not any(value == other and type(value) is type(other) for other in unique):
            unique.append(value)
    return tuple(unique)


def _around(book: FlowBook) -> dict[str, dict[Name, list[Part]]]:
    """For each action the tests in the flows that have it done, themselves or by a part."""
    found: dict[str, list[Part]] = {}
    for name in book.flows:
        within = [book.flows[part] for part in parts_of(book, name)]
        roots = [root for flow in within for root in _roots(flow)]
        for step in (step for flow in within for step in flow.steps.values()):
            if isinstance(step, Do):
                found.setdefault(step.action, []).extend(roots)
    return {action: _looked_at(dict.fromkeys(roots)) for action, roots in found.items()}


def _sells(book: FlowBook, flow: Flow) -> bool:
    steps = (step for name in parts_of(book, flow.name) for step in book.flows[name].steps.values())
    offers = offers_of(book)
    return any(said_by(step) in offers for step in steps)


def _combined(domains: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """All combinations, or where they are many, each value once beside the first ones."""
    size = 1
    for domain in domains:
        size *= len(domain)
    if size <= MOST_RESULTS:
        return list(itertools.product(*domains))
    first = tuple(domain[0] for domain in domains)
    changed = [(*first[:at], value, *first[at + 1 :]) for at, domain in enumerate(domains) for value in domain[1:]]
    return [first, *changed]


def _roots(flow: Flow) -> Iterator[Part]:
    for _, condition, _ in conditions_of(flow):
        yield condition.root


def _looked_at(parts: Iterable[Part]) -> dict[Name, list[Part]]:
    """For each name the tests that it stands in."""
    found: dict[Name, list[Part]] = {}

    def look(part: Part) -> None:
        if part.kind in ("and", "or", "not"):
            for inner in part.parts:
                look(inner)
        else:
            for name in _names_of(part):
                found.setdefault(name, []).append(part)

    for part in parts:
        look(part)
    return found


def _names_of(part: Part) -> Iterator[Name]:
    if part.kind == "name":
        yield part.says
    for inner in part.parts:
        yield from _names_of(inner)


def _values_for(part: Part) -> list[Any]:
    """Values on either side of a test."""
    if part.kind == "name":
        return [True, False]
    if part.kind == "set":
        return [TOLD, None]
    constants = [inner.says for side in part.parts for inner in (side, *side.parts) if inner.kind == "constant"]
    found: list[Any] = []
    for constant in constants or [0, 100]:
        if isinstance(constant, bool) or constant is None:
            found += [True, False, None] if constant is None else [True, False]
        elif isinstance(constant, int | float):
            found += [constant, constant + 1, constant - 1] if part.kind == "order" else [constant, constant + 1]
        else:
            found.append(constant)
    if constants and all(isinstance(constant, str) for constant in constants):
        found.append(TOLD)
    return found


def _lists(book: FlowBook, replies: Replies) -> dict[str, list[Any]]:
    """What is told line by line, or offered button by button: a list of one, which has what its replies name."""
    items: dict[str, dict[str, Any]] = {}
    plain: dict[str, Any] = {}
    for language in replies.languages:
        for reply in sorted(replies.names(language)):
            layout = replies.layout(reply, language)
            assert layout is not None, "it has a name, so it is there"
            for title, payload, each in layout.buttons:
                if each is not None:
                    named = set(_PLACEHOLDER.findall(title + payload))
                    plain[each] = _item(book, payload)
                    items.setdefault(each, {}).update(dict.fromkeys(named - {ITEM}, plain[each]))
            if layout.lines is not None:
                each, names = layout.lines
                items.setdefault(each, {}).update(dict.fromkeys(names, TOLD))
    return {each: [names or plain[each]] for each, names in items.items()}


def _item(book: FlowBook, payload: str) -> Any:
    """Something that the button's slot takes."""
    pressed = read_payload(_PLACEHOLDER.sub("x", payload)) or read_payload(_PLACEHOLDER.sub("1", payload))
    for name in pressed.slots if pressed is not None else ():
        for flow in book.flows.values():
            if name in flow.slots and (values := values_of(flow.slots[name])):
                return str(values[0])
    return "A10293"


def _cases_of(book: FlowBook) -> dict[str, tuple[Facts, ...]]:
    """The flows that answer a message of ours, and the message."""
    found: dict[str, tuple[Facts, ...]] = {}
    for rule, meanings in book.patterns.after_care.items():
        for flow in dict.fromkeys(meanings.values()):
            found[flow] = (*found.get(flow, ()), {"last_was_care": True, "answers_care": rule, "care_number": "T-1042"})
    return found
