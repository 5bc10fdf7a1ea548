"""A model for each state of the files: made once, kept, and never half there."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from nlu.errors import TrainingFailed
from nlu.settings import NluSettings
from nlu.thresholds import USUAL, Measured
from nlu.training import ensure_model, model_key, thresholds_file, train_model
from tests.nlu.rasas import real_settings, stand_in_settings, training_text


def unseen(_fraction: float, _stage: str) -> None:
    """Take progress that nobody looks at."""


def trainings(settings: NluSettings) -> int:
    return len((settings.models / "trainings.txt").read_text().splitlines())


@pytest.mark.parametrize(
    "name",
    ["data/zh/a.yml", "config.yml", "domain.yml", "requirements.lock", "held_back/zh.csv", "shuke_intents/linear.py"],
)
def test_any_change_of_data_pipeline_code_or_lock_asks_for_another_model(tmp_path: Path, name: str) -> None:
    folder = stand_in_settings(tmp_path).rasa_folder
    before = model_key(folder)

    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("changed")

    assert model_key(folder) != before


def test_a_file_that_moves_asks_for_another_model(tmp_path: Path) -> None:
    folder = stand_in_settings(tmp_path).rasa_folder
    before = model_key(folder)

    (folder / "data/zh/a.yml").rename(folder / "data/zh/b.yml")

    assert model_key(folder) != before


def test_the_same_files_elsewhere_make_the_same_model(tmp_path: Path) -> None:
    here = stand_in_settings(tmp_path / "here").rasa_folder
    there = stand_in_settings(tmp_path / "there").rasa_folder

    assert model_key(here) == model_key(there)


async def test_a_model_is_trained_once_for_the_same_files(tmp_path: Path) -> None:
    settings = stand_in_settings(tmp_path)

    first = await ensure_model(settings, progress=unseen)
    second = await ensure_model(settings, progress=unseen)

    assert first == second == settings.models / f"{model_key(settings.rasa_folder)}.tar.gz"
    assert trainings(settings) == 1


async def test_force_trains_a_model_that_is_there(tmp_path: Path) -> None:
    settings = stand_in_settings(tmp_path)
    await ensure_model(settings, progress=unseen)

    trained = await train_model(settings, force=True, progress=unseen)

    assert trained.is_new
    assert trainings(settings) == 2


async def test_two_that_train_at_once_train_once(tmp_path: Path) -> None:
    settings = stand_in_settings(tmp_path)

    first, second = await asyncio.gather(
        ensure_model(settings, progress=unseen), ensure_model(settings, progress=unseen)
    )

    assert first == second
    assert trainings(settings) == 1


async def test_progress_rises_to_the_end(tmp_path: Path) -> None:
    fractions: list[float] = []

    await ensure_model(stand_in_settings(tmp_path), progress=lambda fraction, _stage: fractions.append(fraction))

    assert fractions == sorted(fractions)
    assert len(fractions) >= 4
    assert fractions[-1] == 1.0


async def test_the_shops_own_files_are_laid_over_ours(tmp_path: Path) -> None:
    overlay = tmp_path / "shop"
    (overlay / "data" / "zh").mkdir(parents=True)
    (overlay / "data" / "zh" / "a.yml").write_text(training_text("the shop's own"))
    settings = stand_in_settings(tmp_path).model_copy(update={"overlay": overlay})

    model = await ensure_model(settings, progress=unseen)

    assert model.read_text() == "the shop's own"
    assert model_key(settings.rasa_folder, overlay) != model_key(settings.rasa_folder)


async def test_a_model_comes_with_the_thresholds_that_its_held_back_sentences_give(tmp_path: Path) -> None:
    settings = stand_in_settings(tmp_path)
    (settings.rasa_folder / "config.yml").write_text("answers: answers.json")
    thresholds = Measured(lambda: thresholds_file(settings))
    before = thresholds()

    await ensure_model(settings, progress=unseen)

    assert before == USUAL
    assert 0.45 < thresholds().clarify <= thresholds().answer <= 0.8


async def test_a_held_back_file_that_cannot_be_read_is_named_with_its_line(tmp_path: Path) -> None:
    settings = stand_in_settings(tmp_path)
    (settings.rasa_folder / "held_back").mkdir()
    (settings.rasa_folder / "held_back" / "zh.csv").write_text("text,intent\n在吗,greet\n没有意图,\n")

    with pytest.raises(TrainingFailed, match=r"held_back/zh\.csv:3: text and intent must both be there"):
        await ensure_model(settings, progress=unseen)


@pytest.mark.parametrize(("data", "line"), [("broken", 7), ("invalid", 5)])
async def test_a_mistake_in_the_data_is_named_by_file_and_line(tmp_path: Path, data: str, line: int) -> None:
    settings = stand_in_settings(tmp_path, data=data)

    with pytest.raises(TrainingFailed) as failure:
        await ensure_model(settings, progress=unseen)

    assert str(failure.value).startswith(f"{settings.rasa_folder / 'data/zh/a.yml'}:{line}: ")


async def test_a_mistake_in_the_shops_file_names_the_shops_file(tmp_path: Path) -> None:
    overlay = tmp_path / "shop"
    (overlay / "data" / "zh").mkdir(parents=True)
    (overlay / "data" / "zh" / "a.yml").write_text(training_text("broken"))
    settings = stand_in_settings(tmp_path).model_copy(update={"overlay": overlay})

    with pytest.raises(TrainingFailed, match=r"shop/data/zh/a\.yml:7"):
        await ensure_model(settings, progress=unseen)


async def test_a_training_that_dies_tells_its_last_words_and_leaves_nothing(tmp_path: Path) -> None:
    settings = stand_in_settings(tmp_path, data="crash")

    with pytest.raises(TrainingFailed, match="out of memory"):
        await ensure_model(settings, progress=unseen)

    assert {path.name for path in settings.models.iterdir()} == {".training.lock", "trainings.txt"}


async def test_a_missing_environment_is_named_with_its_mend(tmp_path: Path) -> None:
    settings = stand_in_settings(tmp_path).model_copy(update={"rasa_python": tmp_path / "nowhere"})

    with pytest.raises(TrainingFailed, match=r"nowhere.*\./shuke"):
        await ensure_model(settings, progress=unseen)


@pytest.mark.rasa
@pytest.mark.long
async def test_rasa_itself_names_the_line_that_it_cannot_read(tmp_path: Path) -> None:
    overlay = tmp_path / "shop"
    (overlay / "data" / "zh").mkdir(parents=True)
    mistake = 'version: "3.1"\n\nnlu:\n- intent: greet\n  examples: |\n    - hi\n   - oops\n'
    (overlay / "data" / "zh" / "conversation.yml").write_text(mistake)
    settings = real_settings(tmp_path).model_copy(update={"overlay": overlay})

    with pytest.raises(TrainingFailed, match=r"shop/data/zh/conversation\.yml:7: "):
        await ensure_model(settings, progress=unseen)
