"""The report tells how varied the taught sentences of each intent and language are."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.diversity import Taught, diversity, taught_sentences
from tests.nlu.rasas import stand_in_settings, training_text
from tests.nlu.test_training_data import trigrams


def taught(intent: str, *texts: str, language: str = "en") -> list[Taught]:
    return [Taught(text, intent, language) for text in texts]


def test_what_a_template_made_stands_before_what_somebody_wrote() -> None:
    mill = taught("ask_stock", "do you have tea", "do you have cups", "do you have pots")
    written = taught("track_order", "where's my parcel", "any news of A10293?", "still nothing came")

    first, second = diversity([*written, *mill])

    assert (first.intent, second.intent) == ("ask_stock", "track_order")
    assert first.nearest > 2 * second.nearest
    assert first.distinct < second.distinct


def test_each_language_of_an_intent_is_measured_alone() -> None:
    found = diversity([*taught("greet", "hello", "hi"), *taught("greet", "在吗", "你好", "嗨", language="zh")])

    assert {(one.language, one.sentences) for one in found} == {("en", 2), ("zh", 3)}


def test_the_measures_are_those_of_their_definitions() -> None:
    one, other = "where is it", "where was it"
    shared, both = len(trigrams(one) & trigrams(other)), len(trigrams(one) | trigrams(other))

    (found,) = diversity(taught("track_order", one, other))

    assert found.nearest == pytest.approx(shared / both, abs=0.001)
    assert found.distinct == pytest.approx(both / (len(one) + len(other) + 2), abs=0.02)


def test_a_sentence_alone_has_no_neighbour() -> None:
    (found,) = diversity(taught("greet", "hello"))

    assert (found.nearest, found.distinct) == (0.0, 1.0)


def test_the_shops_own_sentences_are_measured_in_place_of_ours(tmp_path: Path) -> None:
    settings = stand_in_settings(tmp_path)
    overlay = tmp_path / "shop"
    (overlay / "data" / "zh").mkdir(parents=True)
    (overlay / "data" / "zh" / "a.yml").write_text(training_text("老板在不在"), encoding="utf-8")

    assert list(taught_sentences(settings.rasa_folder, overlay)) == [Taught("老板在不在", "greet", "zh")]
