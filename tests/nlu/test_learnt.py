"""The rows that come from customers: one a line, each with its message, and gone when the message must be."""

from __future__ import annotations

import stat
from pathlib import Path

import yaml

from nlu.forgetting import MARK, forget_rows
from nlu.learnt import Row, messages_in, path_of, put
from nlu.training import model_key

ONE, TWO, THREE = (f"01KB2M8QY5T6ZC3X9V7N4R1S0{end}" for end in "ABC")
ROWS = [
    Row(ONE, "track_order", "zh", "我的包裹呢"),
    Row(TWO, "track_order", "en", 'where\'s my "parcel": #1 - now'),
    Row(THREE, "greet", "en", "no"),
]


def examples(folder: Path, language: str) -> list[tuple[str, str]]:
    told = yaml.safe_load(path_of(folder, language).read_text(encoding="utf-8"))
    return [(one["intent"], example["text"]) for one in told["nlu"] or [] for example in one["examples"]]


def a_model(models: Path) -> Path:
    models.mkdir()
    model = models / "0123456789abcdef.tar.gz"
    model.touch()
    return model.with_name(model.name + MARK)


def test_rows_are_training_data_whatever_is_in_them(tmp_path: Path) -> None:
    assert put(tmp_path, ROWS, models=tmp_path / "models")

    assert examples(tmp_path, "zh") == [("track_order", "我的包裹呢")]
    assert examples(tmp_path, "en") == [("track_order", 'where\'s my "parcel": #1 - now'), ("greet", "no")]
    assert messages_in(tmp_path) == {ONE, TWO, THREE}
    assert stat.S_IMODE(path_of(tmp_path, "zh").stat().st_mode) == 0o600


def test_a_model_of_other_rows_is_another_model(tmp_path: Path) -> None:
    before = model_key(overlay=tmp_path)

    put(tmp_path, ROWS, models=tmp_path / "models")

    assert model_key(overlay=tmp_path) != before


def test_the_same_rows_again_change_nothing(tmp_path: Path) -> None:
    marked = a_model(tmp_path / "models")
    put(tmp_path, ROWS, models=tmp_path / "models")
    written = path_of(tmp_path, "en").stat().st_mtime_ns

    assert not put(tmp_path, ROWS, models=tmp_path / "models")
    assert path_of(tmp_path, "en").stat().st_mtime_ns == written
    assert not marked.exists(), "nothing went, so no model knows too much"


def test_a_row_that_goes_marks_the_models_and_an_empty_file_goes_too(tmp_path: Path) -> None:
    marked = a_model(tmp_path / "models")
    put(tmp_path, ROWS, models=tmp_path / "models")

    assert put(tmp_path, ROWS[1:], models=tmp_path / "models")
    assert not path_of(tmp_path, "zh").exists()
    assert messages_in(tmp_path) == {TWO, THREE}
    assert marked.exists()


def test_an_erasure_takes_the_rows_of_its_messages_and_leaves_a_file_that_can_be_read(tmp_path: Path) -> None:
    marked = a_model(tmp_path / "models")
    put(tmp_path, ROWS, models=tmp_path / "models")

    assert forget_rows(tmp_path, {ONE, THREE}, models=tmp_path / "models") == 2
    assert examples(tmp_path, "zh") == []
    assert examples(tmp_path, "en") == [("track_order", 'where\'s my "parcel": #1 - now')]
    assert marked.exists()
