"""Proofs on a book of flows: what would go wrong in a talk is found before anybody talks.

Loading has already refused what cannot be read (`load.py`); here it is asked of
every flow whether it can be walked to its end, in every language.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from flows.engine.model import END, Call, Collect, Do, Flow, FlowBook, Link, Place, Step, Tell


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend; prints as ``file:line: text``."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


class Wordings(Protocol):
    """What the check asks of the replies (`flows.replies.Replies`)."""

    @property
    def languages(self) -> tuple[str, ...]: ...

    def needs(self, reply: str, language: str) -> list[tuple[Place, frozenset[str]]] | None:
        """Return the placeholders of each wording of a reply; None where the language has no such reply."""
        ...

    def promises(self, reply: str, language: str) -> bool:
        """Return whether any wording of a reply says that somebody will do something by a time."""
        ...


class Gives(Protocol):
    """What the check asks of an action: the names whose values are there to be told, and may be."""

    @property
    def gives(self) -> frozenset[str]: ...
    @property
    def may_give(self) -> frozenset[str]: ...
    @property
    def promises(self) -> bool: ...


def check(
    book: FlowBook,
    wordings: Wordings,
    actions: Mapping[str, Gives],
    facts: Collection[str],
    said_elsewhere: Collection[str] = (),
) -> list[Problem]:
    """Return everything that is wrong with the flows, in the order of files and lines.

    ``facts`` are the names that the runtime passes to `decide`; ``said_elsewhere`` are
    replies without placeholders that it says of its own.
    """
    checker = _Checker(book, wordings, actions, frozenset(facts), tuple(said_elsewhere))
    return sorted(checker.problems(), key=lambda problem: (problem.file, problem.line, problem.text))


class _Checker:
    def __init__(
        self,
        book: FlowBook,
        wordings: Wordings,
        actions: Mapping[str, Gives],
        facts: frozenset[str],
        said_elsewhere: tuple[str, ...],
    ) -> None:
        self._book = book
        self._wordings = wordings
        self._actions = actions
        self._facts = facts
        self._said_elsewhere = said_elsewhere

    def problems(self) -> Iterator[Problem]:
        for flow in self._book.flows.values():
            reached = set(_reached(flow, flow.first_step))
            yield from self._unreachable(flow, reached)
            yield from self._endless(flow, reached)
            yield from self._unkept(flow)
            for step in flow.steps.values():
                yield from self._step(flow, step)
        yield from self._patterns()

    def _unreachable(self, flow: Flow, reached: set[str]) -> Iterator[Problem]:
        for step in flow.steps.values():
            if step.id not in reached:
                yield _problem(
                    step.place, f'step "{step.id}": no way leads here; link it from another step or remove it'
                )

    def _endless(self, flow: Flow, reached: set[str]) -> Iterator[Problem]:
        for name in flow.steps:
            step = flow.steps[name]
            if name not in reached:
                continue
            if END not in _reached(flow, name):
                yield _problem(step.place, f'step "{name}": no way leads from here to the end')
            elif not isinstance(step, Collect) and name in _reached_unasked(flow, name):
                yield _problem(step.place, f'step "{name}": a way leads back here without asking the customer anything')

    def _unkept(self, flow: Flow) -> Iterator[Problem]:
        """What is promised has been entered before, on every way to the words."""
        unentered = self._reached_unentered(flow)
        for step in flow.steps.values():
            if isinstance(step, Tell) and step.id in unentered and self._promises(step.reply):
                yield _problem(
                    step.place,
                    f'step "{step.id}": reply "{step.reply}" promises something, and a way leads here on which no '
                    "action has entered it; put an action before it that does, or take the time out of the reply",
                )
            elif isinstance(step, Collect):
                asked = (step.utter, step.help, *(one.utter for one in step.rejections))
                for reply in filter(None, asked):
                    if self._promises(reply):
                        yield _problem(
                            step.place, f'step "{step.id}": reply "{reply}" asks and promises; do one of both'
                        )

    def _promises(self, reply: str) -> bool:
        return any(self._wordings.promises(reply, language) for language in self._wordings.languages)

    def _reached_unentered(self, flow: Flow, within: frozenset[str] = frozenset()) -> set[str]:
        """The steps that can be come to before a promise is entered; the end is one where none need be."""
        found, waiting = {flow.first_step}, [flow.first_step]
        while waiting:
            step = flow.steps[waiting.pop()]
            if self._enters(step, within | {flow.name}):
                continue
            for following in _ways(step):
                if following not in found:
                    found.add(following)
                    if following != END:
                        waiting.append(following)
        return found

    def _enters(self, step: Step, within: frozenset[str]) -> bool:
        if isinstance(step, Do):
            return step.action in self._actions and self._actions[step.action].promises
        if isinstance(step, Call) and step.flow not in within:
            return END not in self._reached_unentered(self._book.flows[step.flow], within)
        return False

    def _step(self, flow: Flow, step: Step) -> Iterator[Problem]:
        known = self._known_names(flow)
        if isinstance(step, Tell):
            yield from self._reply(step.reply, step.place, known, f'step "{step.id}"')
        elif isinstance(step, Do):
            if step.action not in self._actions:
                yield _problem(
                    step.place, f'step "{step.id}": there is no action "{step.action}"; write it or name another'
                )
        elif isinstance(step, Collect):
            replies = [step.utter, *(rejection.utter for rejection in step.rejections)]
            if step.help is not None:
                replies.append(step.help)
            for reply in replies:
                yield from self._reply(reply, step.place, known, f'step "{step.id}"')
        yield from self._conditions(flow, step)

    def _conditions(self, flow: Flow, step: Step) -> Iterator[Problem]:
        sure, maybe = self._results(flow)
        known = {
            "facts": self._facts,
            "result": sure | maybe,
            "message": frozenset({"sentiment", "urgency", "intent"}),
            "opening": frozenset({"substance"}),
        }
        for route in step.routes:
            for namespace, name in sorted(route.when.names if route.when else ()):
                if namespace in known and name not in known[namespace]:
                    place = Place(step.place.file, route.line)
                    yield _problem(place, f'step "{step.id}": nothing gives "{namespace}.{name}"')

    def _patterns(self) -> Iterator[Problem]:
        patterns = self._book.patterns
        known: tuple[frozenset[str], frozenset[str]] = (frozenset(), self._facts)
        for reply in (patterns.cannot_go_on, *self._said_elsewhere):
            if self._promises(reply):
                yield _problem(patterns.place, f'reply "{reply}" promises something, and nothing enters it')
            yield from self._reply(reply, patterns.place, known, "a pattern")

    def _reply(
        self, reply: str, place: Place, known: tuple[frozenset[str], frozenset[str]], where: str
    ) -> Iterator[Problem]:
        sure, maybe = known
        for language in self._wordings.languages:
            wordings = self._wordings.needs(reply, language)
            if wordings is None:
                yield _problem(
                    place, f'{where}: reply "{reply}" has no wording in {language}; add it to replies/{language}.yml'
                )
                continue
            unknown = [(at, name) for at, names in wordings for name in sorted(names - sure - maybe)]
            for at, name in unknown:
                yield _problem(at, f'reply "{reply}": nothing gives {{{name}}} in {place.file}:{place.line}')
            if not unknown and not any(names <= sure for _, names in wordings):
                yield _problem(
                    place, f'{where}: every wording of "{reply}" in {language} needs a value that may be missing'
                )

    def _known_names(self, flow: Flow) -> tuple[frozenset[str], frozenset[str]]:
        """Names for placeholders: those surely there, and those that may be."""
        sure, maybe = self._results(flow)
        steps = flow.steps.values()
        skippable = {step.slot for step in steps if isinstance(step, Collect) and step.skippable}
        return sure | (frozenset(flow.slots) - skippable), maybe | self._facts | skippable

    def _results(self, flow: Flow) -> tuple[frozenset[str], frozenset[str]]:
        sure: set[str] = set()
        maybe: set[str] = set()
        for part in self._with_called(flow, set()):
            for step in part.steps.values():
                if isinstance(step, Do) and step.action in self._actions:
                    sure |= self._actions[step.action].gives
                    maybe |= self._actions[step.action].may_give
        return frozenset(sure), frozenset(maybe)

    def _with_called(self, flow: Flow, seen: set[str]) -> Iterable[Flow]:
        if flow.name in seen:
            return
        seen.add(flow.name)
        yield flow
        for step in flow.steps.values():
            if isinstance(step, Call):
                yield from self._with_called(self._book.flows[step.flow], seen)


def _ways(step: Step) -> Iterator[str]:
    if isinstance(step, Link):
        yield END
    for route in step.routes:
        yield route.then


def _reached(flow: Flow, start: str) -> set[str]:
    """The steps that can come after ``start``, itself included."""
    found = {start}
    waiting = [start]
    while waiting:
        for following in _ways(flow.steps[waiting.pop()]):
            if following not in found:
                found.add(following)
                if following != END:
                    waiting.append(following)
    return found


def _reached_unasked(flow: Flow, start: str) -> set[str]:
    """The steps that can come after ``start`` before the next question."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for following in _ways(flow.steps[waiting.pop()]):
            if following not in found:
                found.add(following)
                if following != END and not isinstance(flow.steps[following], Collect | Call):
                    waiting.append(following)
    return found


def _problem(place: Place, text: str) -> Problem:
    return Problem(place.file, place.line, text)
