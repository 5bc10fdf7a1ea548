"""Every transcript comes true, understood by keyword rules alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from flows.standard import load_standard
from tests.bot.worlds import a_world
from tests.conversations.comparing import said_in, wrong_in
from tests.conversations.transcripts import (
    Transcript,
    language_of,
    play,
    transcripts,
    understander_of,
    written_by_customers,
)

ALL = transcripts()


def _case(transcript: Transcript) -> Any:
    fault = [pytest.mark.xfail(reason=transcript.fault, strict=True)] if transcript.fault else []
    return pytest.param(transcript, id=f"{transcript.trouble}/{transcript.name}", marks=fault)


Lines = list[tuple[str, dict[str, Any], dict[str, Any]]]
_PLAYED: dict[tuple[str, str], Lines] = {}


def _played(transcript: Transcript) -> Lines:
    """Let a talk happen, once for all tests that look at it."""
    key = (transcript.trouble, transcript.name)
    if key not in _PLAYED:
        with a_world(sections=transcript.settings, understands=understander_of(transcript)) as world:
            _PLAYED[key] = list(play(transcript, world))
    return _PLAYED[key]


@pytest.mark.parametrize("transcript", [_case(transcript) for transcript in ALL])
def test_the_talk_goes_as_written(transcript: Transcript) -> None:
    for place, answer, expected in _played(transcript):
        wrong = [*wrong_in(transcript, answer, expected)]

        assert not wrong, f"{place}\n  said: {said_in(answer)}\n  wrong: " + "\n         ".join(wrong)


def test_every_trouble_is_told_in_both_languages() -> None:
    """A talk is in the language that most of what its customers write is in."""
    told: dict[str, Counter[str]] = defaultdict(Counter)
    for transcript in ALL:
        spoken = Counter(language_of(text) for _, text in written_by_customers(transcript))
        told[transcript.trouble][max(spoken, key=lambda language: spoken[language], default="zh")] += 1

    assert {trouble: dict(talks) for trouble, talks in told.items() if set(talks) != {"zh", "en"}} == {}


@pytest.mark.timeout(400)
def test_every_flow_that_a_customer_can_start_is_completed_in_both_languages() -> None:
    completed: dict[str, set[str]] = defaultdict(set)
    for transcript in ALL:
        if transcript.fault is None:
            for flow, language in _completed(transcript):
                completed[flow].add(language)

    book = load_standard().book
    patterns = book.patterns
    flows = [flow.name for flow in book.flows.values() if flow.intents and flow.pattern is None]
    flows += [patterns.angry_flow, patterns.angry_complaint_flow, patterns.danger_complaint_flow,
              patterns.misunderstood_flow]  # fmt: skip
    assert {flow: sorted({"zh", "en"} - completed[flow]) for flow in flows if completed[flow] != {"zh", "en"}} == {}


def _completed(transcript: Transcript) -> Iterator[tuple[str, str]]:
    """Yield each flow that words began and that came to its end, with the language of those words."""
    words = dict(written_by_customers(transcript))
    begun: dict[str, str] = {}
    for number, (_, answer, _) in enumerate(_played(transcript)):
        for event in answer["events"]:
            if event["type"] == "flow.started" and number in words:
                begun[event["flow"]] = language_of(words[number])
            elif event["type"] == "flow.completed" and event["flow"] in begun:
                yield event["flow"], begun[event["flow"]]
