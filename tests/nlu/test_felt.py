"""A score of mood comes with the words that caused it, as they were typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.mood import read_mood
from nlu.understand import Understander
from tests.nlu.reading import MONDAY_MORNING, PRODUCTS


def felt(text: str) -> dict[str, tuple[str, ...]]:
    return {one.feeling: one.words for one in read_mood(text).felt}


@pytest.mark.parametrize(
    ("text", "feeling", "words"),
    [
        ("你們太過分了", "anger", ("太過分",)),
        ("This is RIDICULOUS, total Scam", "anger", ("RIDICULOUS", "Scam")),
        ("杯子裂了，也没人回我", "complaint", ("裂", "没人回")),
        ("it came broken and late", "complaint", ("broken", "late")),
        ("東西很好，特别喜欢", "praise", ("很好", "喜欢")),
        ("a lovely pot, thank you", "praise", ("lovely",)),
        ("a pot, thank you", "courtesy", ("thank",)),
        ("急用，快点发货", "hurry", ("急", "快点")),
        ("I need it ASAP", "hurry", ("ASAP",)),
        ("the kettle exploded", "danger", ("exploded",)),
        ("WHERE IS MY BROKEN ORDER!!!", "anger", ("!!!",)),
        ("快一点！！", "stress", ("！！",)),
        ("非常失望", "stress", ("非常",)),
    ],
)
def test_each_feeling_keeps_the_words_that_showed_it(text: str, feeling: str, words: tuple[str, ...]) -> None:
    assert felt(text)[feeling] == words


@pytest.mark.parametrize("text", ["我的快递到哪了", "how much is the pot", "一点都不急", "not urgent at all", ""])
def test_what_is_said_calmly_shows_nothing(text: str) -> None:
    assert felt(text) == {}


@given(st.text(max_size=200))
def test_a_score_stands_on_words_and_the_words_stand_in_the_text(text: str) -> None:
    mood = read_mood(text)

    feelings = {one.feeling for one in mood.felt}
    assert all(one.words and all(word in text for word in one.words) for one in mood.felt)
    assert mood.sentiment >= 0 or feelings & {"anger", "complaint", "danger"}
    assert mood.sentiment <= 0 or feelings & {"praise", "courtesy"}


async def test_what_a_message_was_understood_to_mean_tells_the_words() -> None:
    understood = await Understander(None).understand(
        "你们这群骗子！垃圾", asking=None, language="zh", timezone="Asia/Shanghai", now=MONDAY_MORNING,
        catalogue=PRODUCTS,
    )  # fmt: skip

    assert understood.as_json()["felt"] == [{"feeling": "anger", "words": ["骗子", "垃圾"]}]
