"""`shuke nlu parse`: a line out for each line in, whatever stands on it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.bot.worlds import shuke

KEYS = {"text", "language", "intent", "confidence", "intents", "entities", "sentiment", "urgency", "source"}
SELDOM = {"felt", "sensitive", "instead"}
"""Only where there is something to tell."""


def parse(tmp_path: Path, lines: bytes) -> list[dict[str, Any]]:
    store = ["--store", f"sqlite:///{tmp_path / 'shop.db'}"]
    done = shuke(*store, "nlu", "parse", "--nlu", "rules", input=lines)
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


ODD = [
    "", " ", "?", "👍", "0", "\t", "{}", "'; DROP TABLE customers; --", "‮abc", "𝒽𝑒𝓁𝓁𝑜", "a" * 100_000,
    "１３８００００１２３４",
    "Ä́̈", "🧑‍🧑‍🧒‍🧒", "﷽" * 500, "NaN", "null", "%s %d {0} {name}",
]  # fmt: skip


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    texts = [
        "我的快递到哪了", "where is my order A10293", "转人工", "生日是1990年3月5号", "我生日是3/5/1990", "2月30日生日",
        "打8分", "￥199.50", "电话 138 0000 1234", "你们这群骗子！垃圾", "thank you so much", "买两件",
        "用一千积分", "我的单到哪了，顺便查下积分",
        *ODD,
    ]  # fmt: skip
    answers = parse(tmp_path_factory.mktemp("parse"), "\n".join(texts).encode() + b"\n")
    assert len(answers) == len(texts)
    return dict(zip(texts, answers, strict=True))


def test_every_line_is_answered_with_every_key(parsed: dict[str, dict[str, Any]]) -> None:
    for text, answer in parsed.items():
        assert KEYS <= set(answer) <= KEYS | SELDOM
        assert answer["text"] == text
        assert answer["language"] in ("zh", "en", "other")
        assert answer["source"] in ("rules", "fallback")


def test_scores_stay_in_their_ranges_with_three_decimals(parsed: dict[str, dict[str, Any]]) -> None:
    for answer in parsed.values():
        assert 0 <= answer["confidence"] <= 1
        assert -1 <= answer["sentiment"] <= 1
        assert 0 <= answer["urgency"] <= 1
        for score in (answer["confidence"], answer["sentiment"], answer["urgency"]):
            assert round(score, 3) == score


def test_intents_are_listed_best_first_and_intent_is_the_first(parsed: dict[str, dict[str, Any]]) -> None:
    for answer in parsed.values():
        scores = [one["confidence"] for one in answer["intents"]]
        assert scores == sorted(scores, reverse=True)
        assert (answer["intent"], answer["confidence"]) == (answer["intents"][0]["name"], scores[0])


def test_offsets_point_into_the_text_as_typed(parsed: dict[str, dict[str, Any]]) -> None:
    for text, answer in parsed.items():
        for entity in answer["entities"]:
            assert {"entity", "value", "text", "start", "end"} <= set(entity)
            assert text[entity["start"] : entity["end"]] == entity["text"]


def test_a_message_with_two_wishes_lists_both(parsed: dict[str, dict[str, Any]]) -> None:
    names = [one["name"] for one in parsed["我的单到哪了，顺便查下积分"]["intents"]]

    assert set(names) >= {"track_order", "ask_points_balance"}


@pytest.mark.parametrize(
    ("text", "entity", "value"),
    [
        ("where is my order A10293", "order_no", "A10293"),
        (
            "生日是1990年3月5号",
            "birthday",
            {"calendar": "solar", "year": 1990, "month": 3, "day": 5, "leap_month": False},
        ),
        ("打8分", "rating", {"value": 8, "scale": 10}),
        ("￥199.50", "amount", {"value": "199.50", "currency": "CNY"}),
        ("电话 138 0000 1234", "phone", "+8613800001234"),
        ("买两件", "quantity", 2),
        ("用一千积分", "points", 1000),
    ],
)
def test_values_come_in_their_normal_form(
    parsed: dict[str, dict[str, Any]], text: str, entity: str, value: object
) -> None:
    assert [one["value"] for one in parsed[text]["entities"] if one["entity"] == entity] == [value]


def test_an_ambiguous_birthday_names_both_days_and_an_impossible_one_its_problem(
    parsed: dict[str, dict[str, Any]],
) -> None:
    (ambiguous,) = [one for one in parsed["我生日是3/5/1990"]["entities"] if one["entity"] == "birthday"]
    (impossible,) = [one for one in parsed["2月30日生日"]["entities"] if one["entity"] == "birthday"]

    assert [(day["month"], day["day"]) for day in ambiguous["value"]["ambiguous"]] == [(3, 5), (5, 3)]
    assert impossible["value"] is None
    assert impossible["problem"]


def test_a_mood_is_told(parsed: dict[str, dict[str, Any]]) -> None:
    assert parsed["你们这群骗子！垃圾"]["sentiment"] < -0.5
    assert parsed["thank you so much"]["sentiment"] > 0


def test_lines_end_as_windows_ends_them_and_bytes_that_are_no_text_are_read_as_such(tmp_path: Path) -> None:
    answers = parse(tmp_path, b"hello\r\nhi \xff\xfe there\r\nhe\x00llo\nlast without an end")

    assert [answer["text"] for answer in answers] == ["hello", "hi �� there", "hello", "last without an end"]
