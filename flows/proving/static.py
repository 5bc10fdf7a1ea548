"""Every proof that needs no talk: what is wrong with the flows can be read off them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from flows.actions import RegisteredAction
from flows.engine.check import Problem, check
from flows.engine.model import FlowBook
from flows.proving.asking import asked
from flows.proving.comparing import compared, too_early
from flows.proving.doing import done
from flows.proving.guarding import guarded
from flows.proving.paths import Paths
from flows.proving.reaching import reached
from flows.proving.saying import said
from flows.proving.selling import sold
from flows.replies import Replies


def prove(
    book: FlowBook,
    replies: Replies,
    actions: Mapping[str, RegisteredAction],
    facts: Collection[str],
    said_elsewhere: Collection[str] = (),
    intents: Collection[str] | None = None,
) -> list[Problem]:
    """Return everything that is wrong with the flows, each with its place and its mend, by file and line.

    What the parameters are says `flows.engine.check.check`; ``intents`` are those that the NLU knows, None where nobody
    knows them.
    """
    found = [*check(book, replies, actions, facts, said_elsewhere)]
    told = {(problem.file, problem.line) for problem in found}
    found += [
        problem for problem in _on_paths(book, replies, actions, intents) if (problem.file, problem.line) not in told
    ]
    return sorted(dict.fromkeys(found), key=lambda problem: (problem.file, problem.line, problem.text))


def _on_paths(
    book: FlowBook, replies: Replies, actions: Mapping[str, RegisteredAction], intents: Collection[str] | None
) -> Iterator[Problem]:
    paths = Paths(book, actions)
    yield from said(book, replies, paths)
    yield from asked(book, replies)
    yield from done(book, replies, actions, paths)
    yield from reached(book, replies, actions, paths, intents)
    yield from compared(book, actions)
    yield from too_early(book, actions)
    yield from guarded(book, actions, paths)
    yield from sold(book, actions, paths)
