"""A complaint is open from its first word on, not only once it is a case: who makes one is sold nothing.

Nor is it over for the rest of the turn in which it became one: what the world knows of it comes with the next message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flows.engine.filling import MAX_READ
from flows.engine.heard import Heard
from flows.engine.model import FlowBook, Patterns
from flows.engine.state import Frame

OPEN_COMPLAINT = "open_complaint"


def complains(book: FlowBook, stack: Sequence[Frame]) -> bool:
    """Return whether a complaint is under way."""
    matter = book.patterns.complaint_matter
    return any(book.flows[frame.flow].matter == matter for frame in stack)


def says_it_complains(patterns: Patterns, heard: Heard) -> bool:
    """Return whether an angry message threatens, or says itself that it complains: "where is it, or I'll sue"."""
    threatens = not patterns.complaint_with.isdisjoint(heard.sensitive)
    return threatens or patterns.complaint_words.search(heard.text[:MAX_READ]) is not None


def facts_in(facts: Mapping[str, Any], *, complaint: bool) -> Mapping[str, Any]:
    """Return the facts as conditions see them: in the middle of a ``complaint`` one is open."""
    return _Complaining(facts) if complaint else facts


class _Complaining(Mapping[str, Any]):
    """The facts, one of them changed; the others are only looked up where they are asked for."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._facts = facts

    def __getitem__(self, name: str) -> Any:
        return True if name == OPEN_COMPLAINT else self._facts[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**dict.fromkeys(self._facts), OPEN_COMPLAINT: None})

    def __len__(self) -> int:
        return len({*self._facts, OPEN_COMPLAINT})
