"""Two models on the same examples: what changed, and whether the new one may take the last one's place."""

from __future__ import annotations

from typing import Any

import pytest

from nlu.evaluate import Example, Scored, report
from nlu.promoting import FEWEST_EXAMPLES, compare, lines


def scored(**rights: tuple[int, int]) -> dict[str, Any]:
    """Return a report of so many right answers of so many examples, for each intent; the wrong ones are chitchat."""
    return report(
        [
            Scored(Example(f"{intent} {nth}", intent), intent if nth < right else "chitchat")
            for intent, (right, of) in rights.items()
            for nth in range(of)
        ]
    )


def test_the_same_answers_are_no_change_and_not_worse() -> None:
    found = compare(scored(greet=(9, 10), thank=(20, 20)), scored(greet=(9, 10), thank=(20, 20)))

    assert not found.is_worse
    assert [one.change for one in found.intents] == [0.0, 0.0]
    assert list(lines(found))[-1] == "no intent fares otherwise than before"


def test_accuracy_that_falls_by_half_a_point_may_be_chance_and_by_more_is_worse() -> None:
    last = scored(greet=(1000, 1000), thank=(1000, 1000))

    assert not compare(last, scored(greet=(990, 1000), thank=(1000, 1000))).is_worse
    fell = compare(last, scored(greet=(988, 1000), thank=(1000, 1000)))
    assert fell.reasons == ("accuracy fell by 0.6 points",)


def test_an_intent_that_falls_makes_a_model_worse_that_is_better_on_the_whole() -> None:
    last = scored(greet=(FEWEST_EXAMPLES, FEWEST_EXAMPLES), thank=(80, 100))
    new = scored(greet=(FEWEST_EXAMPLES - 2, FEWEST_EXAMPLES), thank=(100, 100))

    found = compare(last, new)

    assert found.accuracy_after > found.accuracy_before
    assert [one.intent for one in found.intents if one.worse] == ["greet"]
    assert found.is_worse
    assert found.reasons == ("greet fell by 11.1 points of F1",)


def test_an_intent_of_a_few_examples_proves_nothing() -> None:
    few = FEWEST_EXAMPLES - 1

    found = compare(scored(greet=(few, few), thank=(80, 100)), scored(greet=(few - 2, few), thank=(100, 100)))

    assert found.intents[0].intent == "greet"
    assert found.intents[0].change < -0.05
    assert not found.is_worse


def test_the_table_has_the_worst_change_first_and_says_which_are_too_much() -> None:
    table = list(lines(compare(scored(a=(10, 10), b=(5, 10)), scored(a=(8, 10), b=(9, 10)))))

    assert table[0].split() == ["last", "new", "change", "of", "20", "examples"]
    assert [line.split()[0] for line in table[1:]] == ["accuracy", "macro-F1", "a", "b"]
    assert table[1].split()[1:] == ["75.0", "85.0", "+10.0"]
    assert table[3].endswith("of 10  worse")


def test_reports_on_other_examples_are_refused() -> None:
    with pytest.raises(ValueError, match="the same examples"):
        compare(scored(greet=(1, 1)), scored(greet=(1, 2)))


def test_as_json_says_what_the_table_says() -> None:
    told = compare(scored(a=(10, 10), b=(5, 10)), scored(a=(8, 10), b=(9, 10))).as_json()

    assert told["worse"] is True
    assert told["reasons"] == ["a fell by 11.1 points of F1"]
    assert told["intents"][0] == {
        "intent": "a", "examples": 10, "before": 1.0, "after": 0.8889, "change": -0.1111, "worse": True,
    }  # fmt: skip
