"""`shuke nlu train` while `shuke up` serves: customers talk on, and from some moment the new model understands them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from nlu.chosen_model import chosen_model
from nlu.rasa_address import published
from nlu.settings import NluSettings
from tests.faults.installation import Installation
from tests.nlu.rasas import stand_in_settings, training_text

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

SOON = 60
SENTENCE = "the heron has a second umbrella"
"""Nothing that a rule knows, so that what it is taken for is the model's."""


def with_the_stand_in(folder: Path) -> tuple[Installation, NluSettings]:
    rasa = stand_in_settings(folder, data="says thank")
    shuke = Installation(
        folder,
        SHUKE_NLU__RASA_FOLDER=str(rasa.rasa_folder),
        SHUKE_NLU__RASA_PYTHON=str(rasa.rasa_python),
        SHUKE_NLU__MODELS=str(rasa.models),
        SHUKE_NLU__PROCESSES="2",
        SHUKE_NLU__REMEMBERED="0",
        # While both train and start, a busy machine takes its time; whether the rules stand in then is not the matter.
        SHUKE_NLU__DEADLINE="5",
    )
    return shuke, rasa


def understood(shuke: Installation) -> list[tuple[str, str]]:
    """Return what each message so far was taken for, and by whom."""
    meant = [json.loads(why)["understood"] for why in shuke.values(
        "SELECT why FROM history WHERE kind = 'message.in' ORDER BY id"
    )]  # fmt: skip
    return [(one["intent"], one["source"]) for one in meant]


async def until_served(var: Path, model: Path | None, *, by: int) -> None:
    """Wait until ``by`` Rasas of ``model``, and no others, are there."""
    assert model is not None
    async with asyncio.timeout(SOON):
        while not len(published(var)) == len(published(var, model)) == by:  # noqa: ASYNC110 - files tell nobody
            await asyncio.sleep(0.05)


async def test_a_model_trained_beside_it_takes_over_while_customers_talk(tmp_path: Path) -> None:
    shuke, rasa = with_the_stand_in(tmp_path)
    trained = asyncio.Event()

    async with shuke.up("--demo") as running:
        await running.until_said("Rasa is up")

        async def talk() -> int:
            said = 0
            while not trained.is_set() or said < 3:
                assert (await shuke.chat("ana", SENTENCE)).strip()
                said += 1
            return said

        talking = asyncio.create_task(talk())
        (rasa.rasa_folder / "data" / "zh" / "a.yml").write_text(training_text("says ask_bot_help"))
        ended = await shuke.run("nlu", "train")
        await until_served(tmp_path / "var", chosen_model(rasa.models), by=2)
        trained.set()
        said = await talking
        await shuke.chat("ana", SENTENCE)
        assert await running.stop() == 0

    meant = understood(shuke)
    assert ended.code == 0, ended.errors
    assert len(meant) == said + 1
    assert {source for _, source in meant} == {"rasa"}
    assert (meant[0][0], meant[-1][0]) == ("thank", "ask_bot_help")
    assert "nlu.model_serves" in running.printed
    assert "heron" not in shuke.everything_logged()
