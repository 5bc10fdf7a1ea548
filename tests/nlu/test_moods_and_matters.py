"""Sentences with how their writers feel, how urgent they are, and the careful matters in them: ``data/moods.csv``."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.mood import ANGRY, DANGER, Mood, read_mood
from nlu.understanding import IntentScore, Understanding

ROWS = list(csv.DictReader((Path(__file__).parent / "data" / "moods.csv").read_text(encoding="utf-8").splitlines()))
HURRY = 0.5
MERE_COURTESY = 0.2
PIECES = st.lists(
    st.sampled_from(
        [
            *"不没我你死了！!,。",
            "想死",
            "去世",
            "12315",
            "癌",
            "我今年",
            "岁",
            "not ",
            "kill ",
            "myself ",
            "my ",
            "died ",
        ]
    ),
    max_size=20,
).map("".join)


def feeling(mood: Mood) -> str:
    if mood.sentiment <= ANGRY:
        return "angry"
    if mood.sentiment < 0:
        return "bad"
    return "good" if mood.sentiment > MERE_COURTESY else "calm"


def urgency(mood: Mood) -> str:
    if mood.urgency >= DANGER:
        return "danger"
    return "hurry" if mood.urgency >= HURRY else "calm"


@pytest.mark.parametrize("row", [row for row in ROWS if row["feeling"]], ids=lambda row: row["text"])
def test_a_sentence_is_felt_as_it_is_meant(row: dict[str, str]) -> None:
    assert feeling(read_mood(row["text"])) == row["feeling"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["text"])
def test_danger_and_hurry_are_told_from_calm(row: dict[str, str]) -> None:
    found = urgency(read_mood(row["text"]))

    assert found == row["urgency"] if row["urgency"] else found != "danger"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["text"])
def test_a_careful_matter_is_named_with_the_words_that_told_it(row: dict[str, str]) -> None:
    found = read_mood(row["text"]).sensitive

    assert [one.matter for one in found] == ([row["sensitive"]] if row["sensitive"] else [])
    assert all(word in row["text"] for one in found for word in one.words)


def test_the_table_is_wide() -> None:
    assert len(ROWS) >= 80
    assert {row["sensitive"] for row in ROWS} == {
        "", "threat", "violence", "self_harm", "safety", "bereavement", "illness", "minor",
    }  # fmt: skip


def test_several_matters_stand_with_the_gravest_first() -> None:
    found = read_mood("我爸刚去世，你们再这样我就找律师曝光你们")

    assert [(one.matter, len(one.words)) for one in found.sensitive] == [("threat", 2), ("bereavement", 1)]
    assert found.sensitive[0].score > read_mood("我要找律师").sensitive[0].score


def test_who_is_tired_of_life_is_in_no_danger_from_a_thing_of_ours() -> None:
    mood = read_mood("我不想活了")

    assert HURRY < mood.urgency < DANGER
    assert mood.danger == ()


def test_matters_are_shown_where_there_are_any() -> None:
    def shown(text: str) -> dict[str, object]:
        mood = read_mood(text)
        intents = (IntentScore("thank", 1.0),)
        return Understanding(text, "zh", "thank", 1.0, intents, (), 0.0, 0.0, "rules", mood.sensitive).as_json()

    assert shown("家裡有喪事")["sensitive"] == [{"matter": "bereavement", "score": 0.8, "words": ["喪事"]}]
    assert "sensitive" not in shown("谢谢")


@given(text=st.text(st.characters(codec=None), max_size=120) | PIECES)
def test_any_text_is_searched_for_matters_and_their_words_are_in_it(text: str) -> None:
    mood = read_mood(text)

    assert all(word and word in text for one in mood.sensitive for word in one.words)
    assert all(0 < one.score <= 1 for one in mood.sensitive)
    assert (mood.sentiment <= ANGRY) == bool(mood.angry)


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "piece",
    [
        "不",
        "我今年",
        "妈妈",
        "not ",
        "my son ",
        "不是",
        "想死",
        "post this a ",
        "发微博 ",
        "走了",
        "爸",
        "😡",
        "burn the ",
    ],
)
def test_a_mood_of_100000_characters_is_read_in_time(piece: str) -> None:
    mood = read_mood((piece * 100_000)[:100_000])

    assert -1 <= mood.sentiment <= 1
