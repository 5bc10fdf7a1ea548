"""Put flows and patterns together into a book, with what is looked up in each turn computed beforehand."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flows.engine.marks import FlowError, hint
from flows.engine.model import ASIDE, REPAIRS, Call, Flow, FlowBook, Link, Patterns


def assemble(flows: Mapping[str, Flow], patterns: Patterns) -> FlowBook:
    """Return the book.

    Raises:
        FlowError: an intent starts two flows, a flow that is named is not there, or a pattern has none.
    """
    by_intent = _by_intent(flows)
    asides = {
        intent: flow.name
        for flow in flows.values()
        if flow.pattern == ASIDE
        for intent in flow.intents
        if intent not in by_intent
    }
    book = FlowBook(flows, patterns, by_intent, asides, _repairs(flows, patterns), _fillers(patterns.filler_words))
    _refuse_missing_flows(book)
    return book


def _repairs(flows: Mapping[str, Flow], patterns: Patterns) -> dict[str, str]:
    found: dict[str, str] = {}
    for flow in flows.values():
        if flow.pattern is None or flow.pattern == ASIDE:
            continue
        if flow.pattern in found:
            mend = f'flow "{found[flow.pattern]}" has the pattern "{flow.pattern}" already; keep one'
            raise FlowError(flow.place.file, flow.place.line, mend)
        found[flow.pattern] = flow.name
    for pattern in REPAIRS:
        if pattern not in found:
            raise FlowError(patterns.place.file, 1, f'no flow has the pattern "{pattern}"; add it to a flow')
    return found


def _by_intent(flows: Mapping[str, Flow]) -> dict[str, str]:
    found: dict[str, str] = {}
    for flow in flows.values():
        for intent in flow.intents if flow.pattern is None else ():
            if intent in found:
                mend = f'intent "{intent}" already starts flow "{found[intent]}"; keep one'
                raise FlowError(flow.place.file, flow.place.line, mend)
            found[intent] = flow.name
    return found


def _fillers(words: tuple[str, ...]) -> re.Pattern[str]:
    # Longest first, or "我" would be cut out of "我们" and leave half a word behind.
    ordered = sorted(words, key=lambda word: (-len(word), word))
    alternatives = [rf"\b{re.escape(word)}\b" if word.isascii() else re.escape(word) for word in ordered]
    return re.compile("|".join(alternatives) or r"(?!)", re.IGNORECASE)


def _refuse_missing_flows(book: FlowBook) -> None:
    patterns = book.patterns
    named = (patterns.human_flow, patterns.angry_flow, patterns.angry_complaint_flow,
             patterns.danger_complaint_flow, patterns.misunderstood_flow, *patterns.mentions.values(),
             *patterns.sensitive.values(),
             *(flow for meanings in (*patterns.after_care.values(), *patterns.after_reply.values())
               for flow in meanings.values()))  # fmt: skip
    for name in named:
        if name not in book.flows:
            mend = hint(name, tuple(book.flows))
            raise FlowError(patterns.place.file, patterns.place.line, f'there is no flow "{name}"{mend}')
    for flow in book.flows.values():
        for step in flow.steps.values():
            if isinstance(step, Link | Call) and step.flow not in book.flows:
                mend = hint(step.flow, tuple(book.flows)) or "; write it or name another"
                raise FlowError(
                    step.place.file, step.place.line, f'step "{step.id}": there is no flow "{step.flow}"{mend}'
                )
