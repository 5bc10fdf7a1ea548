"""A new model takes the last one's place, unless it understands less of what neither was taught."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nlu.chosen_model import choose_model, chosen_model
from nlu.forgetting import MARK
from nlu.standing import ANSWERS, REFUSED, beside, compared, stand, standing

ASKED = [(f"{intent} {nth}", intent) for intent in ("greet", "thank") for nth in range(20)]


def a_model(folder: Path, name: str, *, wrong: int = 0) -> Path:
    """Return a model that takes so many of the held-back sentences for chitchat."""
    model = folder / f"{name}.tar.gz"
    model.write_text(name)
    answers = [
        (text, intent, [("chitchat" if nth < wrong else intent, 0.9)]) for nth, (text, intent) in enumerate(ASKED)
    ]
    beside(model, ANSWERS).write_text(json.dumps(answers))
    return model


def test_the_first_model_stands_without_a_comparison(tmp_path: Path) -> None:
    first = a_model(tmp_path, "first")

    assert stand(first) is None
    assert chosen_model(tmp_path) == standing(first) == first


def test_a_model_that_is_as_good_takes_the_place_of_the_last(tmp_path: Path) -> None:
    stand(a_model(tmp_path, "first", wrong=2))
    second = a_model(tmp_path, "second", wrong=1)

    found = stand(second)

    assert found is not None
    assert not found.is_worse
    assert chosen_model(tmp_path) == standing(second) == second


def test_a_worse_model_is_kept_and_not_used_until_somebody_insists(tmp_path: Path) -> None:
    first = a_model(tmp_path, "first")
    stand(first)
    second = a_model(tmp_path, "second", wrong=8)

    found = stand(second)

    assert found is not None
    assert found.is_worse
    assert second.exists()
    assert chosen_model(tmp_path) == standing(second) == first
    assert "accuracy fell" in json.loads(beside(second, REFUSED).read_text())["reasons"][0]

    stand(second, insist=True)

    assert chosen_model(tmp_path) == standing(second) == second


def test_a_worse_model_is_used_where_the_last_one_knows_what_is_to_be_forgotten(tmp_path: Path) -> None:
    first = a_model(tmp_path, "first")
    stand(first)
    (tmp_path / (first.name + MARK)).touch()
    second = a_model(tmp_path, "second", wrong=8)

    assert stand(second) is None
    assert standing(second) == second


@pytest.mark.parametrize("asked", [[], [("another sentence", "greet", [("greet", 0.9)])]])
def test_models_that_were_asked_nothing_in_common_are_not_compared(tmp_path: Path, asked: list[object]) -> None:
    stand(a_model(tmp_path, "first"))
    second = a_model(tmp_path, "second")
    beside(second, ANSWERS).write_text(json.dumps(asked))

    assert compared(second) is None


def test_a_refused_model_serves_where_the_last_one_is_gone(tmp_path: Path) -> None:
    first = a_model(tmp_path, "first")
    stand(first)
    second = a_model(tmp_path, "second", wrong=8)
    stand(second)

    first.unlink()

    assert standing(second) == second
    choose_model(tmp_path, second)
    assert chosen_model(tmp_path) == second
