"""Scores as people give them."""

import pytest

from flows.feedback import scores
from nlu.understanding import Entity


@pytest.mark.parametrize(
    ("text", "most", "score"),
    [
        ("5", 5, 5),
        ("５", 5, 5),
        ("五星", 5, 5),
        ("五", 5, 5),
        ("10", 5, 5),
        ("8", 5, 4),
        ("9", 10, 9),
        ("0", 10, 0),
        ("很满意", 5, 5),
        ("非常不满意", 5, 1),
        ("不太满意", 5, 2),
        ("还行吧", 5, 3),
        ("不错", 5, 4),
        ("so-so", 5, 3),
        ("not bad", 5, 3),
        ("not good", 5, 2),
        ("Great!", 5, 4),
        ("terrible", 5, 1),
        ("👍", 5, 5),
        ("很满意", 10, 10),
        ("糟透了", 10, 0),
    ],
)
def test_a_short_answer_is_read_as_a_score(text, most, score):
    assert scores.answered(text, most=most) == score


@pytest.mark.parametrize(
    "text", ["我的订单到哪了", "where is my order", "A10293", "13800001234", "", "满意不满意你们自己心里没数吗还来问我"]
)
def test_what_is_no_answer_is_no_score(text):
    assert scores.answered(text, most=5) is None


@pytest.mark.parametrize(
    ("given", "most", "score"),
    [
        ((8, 10), 5, 4),
        ((1, 10), 5, 1),
        ((0, 10), 5, 0),
        ((5, 5), 10, 10),
        ((1, 5), 10, 0),
        ((4, 5), 10, 8),
        ((90, 100), 5, 5),
    ],
)
def test_a_score_of_another_scale_is_brought_to_ours(given, most, score):
    stated = Entity("rating", {"value": given[0], "scale": given[1]}, "8分", 0, 2)

    assert scores.stated((stated,), most=most) == score


def test_the_ends_of_each_scale_are_met_as_they_are_meant():
    assert [scores.band(score, "csat") for score in (1, 2, 3, 4, 5)] == ["low", "low", "middle", "high", "high"]
    assert [scores.band(score, "nps") for score in (6, 7, 8, 9)] == ["low", "middle", "middle", "high"]
