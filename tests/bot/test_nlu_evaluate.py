"""`shuke nlu evaluate --thresholds`: only of the model that they are kept beside, and of any answers that it gives."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from bot.commands import nlu as command
from nlu.understanding import IntentScore
from tests.bot.worlds import shuke


class KnowsNothing:
    async def classify(self, text: str) -> tuple[IntentScore, ...]:
        return ()


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    file = tmp_path / "examples.csv"
    file.write_text("text,intent,accept\n我的单子,track_order,ask_stock\n写首诗,out_of_scope,\n", encoding="utf-8")
    return file


@pytest.mark.parametrize("nlu", ["http://127.0.0.1:1", "rules"])
def test_thresholds_are_not_written_from_what_another_model_says(examples: Path, nlu: str) -> None:
    done = shuke("nlu", "evaluate", "--thresholds", "--nlu", nlu, str(examples))

    assert done.exit_code != 0
    assert "--thresholds" in str(done.exception)


def test_a_model_that_knows_none_of_the_examples_still_gets_thresholds(
    examples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def ours(*_: Any) -> AsyncIterator[KnowsNothing]:
        yield KnowsNothing()

    kept = tmp_path / "kept.json"
    monkeypatch.setattr(command, "classifier_for", ours)
    monkeypatch.setattr(command, "thresholds_file", lambda _settings: kept)

    store = ["--store", f"sqlite:///{tmp_path / 'shop.db'}"]
    done = shuke(*store, "nlu", "evaluate", "--thresholds", str(examples))

    assert done.exit_code == 0, done.output
    assert set(orjson.loads(kept.read_bytes())) == {"answer", "clarify"}
