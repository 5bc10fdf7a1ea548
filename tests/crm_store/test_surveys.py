"""A question is asked once, answered once within its scale, and what the answers come to is counted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from crm_store import history, surveys
from crm_store.errors import NotAllowed
from crm_store.ports import Ulids, VirtualClock
from crm_store.surveys import SCALES, Score
from crm_store.unit_of_work import Store
from tests.crm_store.people import NOW, a_customer, nothing_kept

IDS = Ulids(VirtualClock(NOW), Random(7))
HOUR = timedelta(hours=1)
FAR = NOW + timedelta(days=9)


@pytest.fixture(scope="module")
def shop(module_store: Store) -> Store:
    """A store with a customer, in which nothing of a test may stay."""
    module_store.run_now(a_customer, "ana")
    return module_store


def ask(conn: Connection, key: str = "T-1", question: str = "csat", **fields: Any) -> str | None:
    return surveys.send(conn, key=key, customer_id="ana", question=question, now=NOW, id=IDS.new(), **fields)


def answered(conn: Connection, question: str, scores: Sequence[int]) -> None:
    for number, score in enumerate(scores):
        id = ask(conn, f"{question}-{number}", question)
        assert id is not None
        surveys.answer(conn, id, score=score, now=NOW + HOUR)


def test_nothing_is_asked_about_twice(empty_store: Store) -> None:
    empty_store.run_now(a_customer, "ana")

    first = empty_store.run_now(ask, ticket="T-1")
    second = empty_store.run_now(ask, ticket="T-1")

    assert (first is not None, second) == (True, None)
    sent = [entry for entry in empty_store.read_now(history.timeline, "ana") if entry.kind == "survey.sent"]
    assert [(entry.data["question"], entry.data["number"]) for entry in sent] == [("csat", "T-1")]


def test_an_answer_is_kept_with_its_score_and_words_and_stands_in_the_timeline(empty_store: Store) -> None:
    empty_store.run_now(a_customer, "ana")
    id = empty_store.run_now(ask, ticket="T-1")

    empty_store.run_now(surveys.answer, id, score=4, now=NOW + HOUR, words="很快", channel="wechat")

    [row] = empty_store.read_now(surveys.of_customer, "ana")
    assert (row.state, row.score, row.words, row.answered_at) == ("answered", 4, "很快", NOW + HOUR)
    assert empty_store.read_now(surveys.open_of, "ana") is None
    entry = empty_store.read_now(history.timeline, "ana")[-1]
    assert (entry.kind, entry.by, entry.channel) == ("survey.answered", "customer", "wechat")
    assert (entry.data["score"], entry.data["scale"], entry.data["words"]) == (4, 5, "很快")


def test_the_question_asked_last_is_the_one_that_is_answered(empty_store: Store) -> None:
    empty_store.run_now(a_customer, "ana")
    empty_store.run_now(ask, "T-1")
    last = empty_store.run_now(surveys.send, key="T-2", customer_id="ana", question="nps", now=NOW + HOUR, id=IDS.new())

    assert empty_store.read_now(surveys.open_of, "ana").id == last


@pytest.mark.parametrize(
    ("question", "score"), [(name, bad) for name, (lo, hi) in SCALES.items() for bad in (lo - 1, hi + 1)]
)
def test_a_score_off_the_scale_is_no_answer(shop: Store, question: str, score: int) -> None:
    def unit(conn: Connection) -> str:
        with nothing_kept(conn):
            id = ask(conn, question=question)
            assert id is not None
            with pytest.raises(NotAllowed) as refused:
                surveys.answer(conn, id, score=score, now=NOW)
            assert surveys.open_of(conn, "ana").id == id
            return refused.value.code

    assert shop.run_now(unit) == "off_scale"


def test_an_answer_is_given_once_and_only_to_what_was_asked(shop: Store) -> None:
    def unit(conn: Connection) -> tuple[list[str], int]:
        with nothing_kept(conn):
            id = ask(conn)
            assert id is not None
            surveys.answer(conn, id, score=5, now=NOW)
            codes = []
            for which in (id, "none"):
                with pytest.raises(NotAllowed) as refused:
                    surveys.answer(conn, which, score=1, now=NOW)
                codes.append(refused.value.code)
            [row] = surveys.of_customer(conn, "ana")
            return codes, row.score

    assert shop.run_now(unit) == (["survey_answered", "no_survey"], 5)


def test_there_is_no_other_question(shop: Store) -> None:
    with pytest.raises(ValueError, match="use one of csat, ces, nps"):
        shop.run_now(ask, question="mood")


@pytest.mark.parametrize(
    ("question", "scores", "expected"),
    [
        ("csat", [5, 4, 3, 1], Score(4, 3.25, 50.0)),
        ("ces", [7, 6, 5], Score(3, 6.0, 100 * 2 / 3)),
        ("nps", [10, 9, 8, 7, 6, 0], Score(6, 40 / 6, 0.0)),
        ("nps", [0, 6], Score(2, 3.0, -100.0)),
        ("csat", [], Score(0, None, None)),
    ],
)
def test_answers_come_to_a_score(shop: Store, question: str, scores: list[int], expected: Score) -> None:
    def unit(conn: Connection) -> Score:
        with nothing_kept(conn):
            answered(conn, question, scores)
            ask(conn, "still open", question)
            return surveys.score(conn, question, since=NOW, until=FAR)

    found = shop.run_now(unit)
    assert (found.answers, found.mean, found.index) == pytest.approx((expected.answers, expected.mean, expected.index))


def test_only_answers_to_that_question_and_of_that_time_count(shop: Store) -> None:
    def unit(conn: Connection) -> list[int]:
        with nothing_kept(conn):
            answered(conn, "csat", [5])
            answered(conn, "nps", [9])
            spans = [(NOW, NOW + HOUR), (NOW + HOUR, FAR), (NOW + 2 * HOUR, FAR)]
            return [surveys.score(conn, "csat", since=since, until=until).answers for since, until in spans]

    assert shop.run_now(unit) == [0, 1, 0]


@settings(max_examples=40, deadline=None)
@given(data=st.data(), question=st.sampled_from(sorted(SCALES)))
def test_a_score_lies_within_its_bounds_whatever_was_answered(shop: Store, data: st.DataObject, question: str) -> None:
    least, most = SCALES[question]
    scores = data.draw(st.lists(st.integers(least, most), min_size=1, max_size=8))

    def unit(conn: Connection) -> Score:
        with nothing_kept(conn):
            answered(conn, question, scores)
            return surveys.score(conn, question, since=NOW, until=FAR)

    found = shop.run_now(unit)
    assert found.mean is not None
    assert found.index is not None
    assert (found.answers, found.mean) == (len(scores), pytest.approx(sum(scores) / len(scores)))
    assert (-100 if question == "nps" else 0) <= found.index <= 100
