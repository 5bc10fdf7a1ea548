"""How sure is sure enough is chosen by what mistakes cost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nlu.chosen_model import choose_model, chosen_model, pointer
from nlu.thresholds import (
    ASKED,
    MOST_REJECTED,
    USUAL,
    WRONG,
    HeldBack,
    Measured,
    Thresholds,
    choose,
    cost,
    rejected,
    told,
    write_thresholds,
)


def heard(intent: str, guess: str, confidence: float, second: str = "ask_stock") -> HeldBack:
    return HeldBack("…", intent, ((guess, confidence), (second, min(confidence, 1 - confidence) * 0.8)))


SURE = [heard("track_order", "track_order", 0.9)] * 20
UNSURE_RIGHT = [heard("ask_stock", "ask_stock", 0.55, "track_order")] * 9
UNSURE_WRONG = [heard("ask_stock", "track_order", 0.3)] * 10
STRANGERS = [heard("out_of_scope", "ask_stock", 0.1, "track_order")] * 10


def test_the_dearest_mistakes_are_avoided_and_what_is_mostly_right_is_answered() -> None:
    chosen = choose([*SURE, *UNSURE_RIGHT, *UNSURE_WRONG, *STRANGERS])

    assert 0.1 < chosen.clarify <= 0.3 < chosen.answer <= 0.55


def test_few_wishes_are_ever_turned_away_whatever_the_strangers_cost() -> None:
    held_back = [*SURE, *[heard("ask_stock", "ask_stock", 0.2)] * 20, *[heard("out_of_scope", "ask_stock", 0.25)] * 60]

    chosen = choose(held_back)

    assert rejected(held_back, chosen.clarify) <= MOST_REJECTED


def test_one_stranger_of_a_hundred_does_not_decide_that_others_are_turned_away() -> None:
    wishes = [*SURE * 60, *[heard("ask_stock", "ask_stock", 0.45, "greet")] * 2]
    strangers = [*(STRANGERS * 10)[:99], heard("out_of_scope", "ask_stock", 0.5, "greet")]

    chosen = choose([*wishes, *strangers])

    assert chosen.clarify <= 0.45


def test_what_is_told_and_what_it_costs_is_counted() -> None:
    held_back = [*SURE, *STRANGERS]

    assert told(held_back, 0.2) == 1.0
    assert told(held_back, 0.05) == 0.0
    assert rejected(held_back, 0.2) == 0.0
    assert cost(held_back, Thresholds(answer=0.5, clarify=0.2)) == 0.0
    assert cost(held_back, Thresholds(answer=0.0, clarify=0.0)) == pytest.approx(0.25)


def test_what_is_far_behind_is_not_offered_and_costs_what_being_answered_costs() -> None:
    alone = HeldBack("…", "ask_stock", (("track_order", 0.4), ("ask_stock", 0.1)))
    manners = HeldBack("…", "ask_stock", (("track_order", 0.4), ("thank", 0.39)))
    near = HeldBack("…", "ask_stock", (("track_order", 0.4), ("ask_stock", 0.3)))

    costs = [cost([one], Thresholds(answer=0.5, clarify=0.2)) for one in (alone, manners, near)]

    assert costs == [WRONG, WRONG, ASKED]


def test_other_right_intents_are_right_and_what_nothing_is_known_of_is_of_no_wish() -> None:
    accepted = HeldBack("…", "ask_stock", (("track_order", 0.9),), frozenset(("track_order",)))
    unknown = HeldBack("龘", "out_of_scope", ())
    rejected_rightly = HeldBack("…", "chitchat", (), frozenset(("out_of_scope",)))

    assert cost([accepted, unknown, rejected_rightly], Thresholds(answer=0.5, clarify=0.2)) == 0
    assert told([unknown], 0.2) == 1.0
    assert rejected([rejected_rightly], 0.2) == 0.0


def test_a_model_that_turns_away_too_much_at_any_threshold_gets_the_best_there_are() -> None:
    chosen = choose([heard("ask_stock", "out_of_scope", 0.9), heard("ask_stock", "ask_stock", 0.6)])

    assert chosen.clarify <= 0.6


def test_the_usual_ones_count_until_the_model_has_its_own(tmp_path: Path) -> None:
    file = tmp_path / "thresholds.json"
    thresholds = Measured(lambda: file)

    before = thresholds()
    write_thresholds(file, Thresholds(answer=0.6, clarify=0.3))

    assert (before, thresholds()) == (USUAL, Thresholds(answer=0.6, clarify=0.3))
    assert json.loads(file.read_text()) == {"answer": 0.6, "clarify": 0.3}


def test_a_model_that_is_chosen_meanwhile_brings_its_own(tmp_path: Path) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    write_thresholds(old, Thresholds(answer=0.6, clarify=0.3))
    write_thresholds(new, Thresholds(answer=0.7, clarify=0.2))
    (tmp_path / "new.tar.gz").touch()
    thresholds = Measured(lambda: new if chosen_model(tmp_path) else old, None, pointer(tmp_path))
    before = thresholds()

    choose_model(tmp_path, tmp_path / "new.tar.gz")

    assert (before.answer, thresholds().answer) == (0.6, 0.7)


def test_an_operator_may_set_the_lower_one(tmp_path: Path) -> None:
    assert Measured(lambda: tmp_path / "none", 0.7)() == Thresholds(answer=0.7, clarify=0.7)
