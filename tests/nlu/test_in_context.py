"""A clause is read beside the whole of its message."""

from __future__ import annotations

import pytest

from nlu.in_context import in_context
from nlu.understanding import IntentScore


def ranking(**confidences: float) -> tuple[IntentScore, ...]:
    return tuple(IntentScore(name, confidence) for name, confidence in confidences.items())


@pytest.mark.parametrize(
    ("clause", "whole", "name"),
    [
        # "天天收到短信，烦死了，别发了": the last clause alone is about an order.
        (ranking(change_cancel_order=0.9, opt_out_marketing=0.1), ranking(opt_out_marketing=1.0), "opt_out_marketing"),
        (ranking(ask_stock=0.74, track_order=0.24), ranking(change_cancel_order=0.95, track_order=0.03), "track_order"),
        # A wish that is plain stays one, though the whole is drowned by another.
        (ranking(ask_stock=1.0, track_order=1e-6), ranking(ask_price_promotion=0.9999, ask_stock=1e-5), "ask_stock"),
        (ranking(ask_stock=0.95, track_order=0.05), ranking(ask_price_promotion=1.0), "ask_stock"),
    ],
)  # fmt: skip
def test_the_whole_chooses_between_what_a_clause_could_mean(clause, whole, name) -> None:
    assert in_context(clause, whole).name == name


def test_a_clause_of_which_nothing_is_known_wants_nothing() -> None:
    assert in_context((), ranking(ask_stock=1.0)) is None


def test_the_whole_makes_no_clause_surer_than_all_that_is_known_of_it() -> None:
    weighed = in_context(ranking(ask_stock=0.5), ranking(ask_stock=1.0))

    assert weighed == IntentScore("ask_stock", 0.5)
