"""The transcripts, understood by the trained model as in a shop: how many go as they are written."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.commands.world import classifier_for
from bot.settings import build
from bot.wiring import build_understander
from nlu.understand import Understander
from tests.bot.worlds import ROOT, a_world
from tests.conversations.comparing import said_in, wrong_in
from tests.conversations.transcripts import Transcript, TranscriptError, play, transcripts

pytestmark = [pytest.mark.long, pytest.mark.rasa, pytest.mark.timeout(400)]

ENOUGH = 0.95
"""Of all talks so many go as written; they are written for the keyword rules, which take some words otherwise."""


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def understander(runner: asyncio.Runner, tmp_path: Path) -> Iterator[Understander]:
    models = os.environ.get("SHUKE_NLU__MODELS", str(ROOT / "var" / "models"))
    settings = build({"log": {"level": "error"}, "nlu": {"models": models, "logs": str(tmp_path)}}, root=ROOT)
    stack = AsyncExitStack()
    try:
        client = runner.run(stack.enter_async_context(classifier_for(settings, "rasa")))
        yield build_understander(settings, client, rules_stand_in=False)
    finally:
        runner.run(stack.aclose())


def test_the_talks_go_as_written_with_the_model_too(understander: Understander, runner: asyncio.Runner) -> None:
    talks = [transcript for transcript in transcripts() if transcript.fault is None and not transcript.model]

    otherwise = {
        f"{talk.trouble}/{talk.name}": wrong
        for talk in talks
        if (wrong := _first_wrong(talk, understander, runner)) is not None
    }

    right = len(talks) - len(otherwise)
    told = f"{right} of {len(talks)} talks go as written with the model"
    print(told, *(f"{name}: {wrong}" for name, wrong in otherwise.items()), sep="\n")
    assert right >= ENOUGH * len(talks), told


def _first_wrong(talk: Transcript, understander: Understander, runner: asyncio.Runner) -> str | None:
    """What is first not as expected in a talk, with its line; None where all is."""
    with a_world(sections=talk.settings, understands=understander, runner=runner) as world:
        try:
            for place, answer, expected in play(talk, world):
                for wrong in wrong_in(talk, answer, expected):
                    return f"{place} ({answer['intent']}): {wrong}; said {said_in(answer)[:80]!r}"
        except TranscriptError as exc:  # the button that is to be pressed has not come
            return str(exc)
    return None
