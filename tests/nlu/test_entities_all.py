from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.nlu.reading import named, read

SLOTS = [None, "birthday", "rating", "order_no", "phone", "phone_last4", "quantity", "language", "date"]
LIKELY = st.lists(
    st.sampled_from(
        [
            *"0123456789一二十百千万零年月日号点分半个件盒元块¥$/-.:, +@#aAkKxX⭐农历闰初生日周上下今明前后",
            "order",
            "birthday",
            "March",
            "2026",
            "in ",
            " days",
            "１",
            "İ",
            "幺零",
            "one ",
            "oh ",
            "double ",
            "half past ",
            " dozen",
            "俩打毛角",
            "除夕",
            "中秋节",
            "满分",
            "星",
            "桂花乌笼",
            "osmantus ",
            "oolong",
            "٣",
            "𝟏",
            "\u202e",
            "\u200d",
            "\u200b",
            "e\u0301",
            "👨\u200d👩\u200d👧",
            "\ud83d",
        ]
    ),
    max_size=40,
).map("".join)
ANYTHING = st.text(st.characters(codec=None), max_size=80)


@given(text=LIKELY | ANYTHING, asking=st.sampled_from(SLOTS))
@example("\ud800A10293\udfff 3 boxes", None)
@example("İstanbul A10293 ＡＢ\x00", None)
@example("9999年12月31日晚上12点", None)
@example("0001年1月1日3点", "birthday")
def test_offsets_point_into_any_text_as_it_was_typed(text: str, asking: str | None) -> None:
    found = read(text, asking=asking)

    assert [text[entity.start : entity.end] for entity in found] == [entity.text for entity in found]
    assert all(entity.text for entity in found)


@given(text=LIKELY, asking=st.sampled_from(SLOTS))
def test_no_two_entities_overlap_and_they_come_in_order(text: str, asking: str | None) -> None:
    found = read(text, asking=asking)

    assert all(one.end <= other.start for one, other in pairwise(found))


@given(text=LIKELY, asking=st.sampled_from(SLOTS))
def test_what_has_no_value_says_why(text: str, asking: str | None) -> None:
    assert all((entity.value is None) == (entity.problem is not None) for entity in read(text, asking=asking))


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "piece",
    [
        *("1", "一", "a1 ", "3/5/", "a@", "1-", "(1", "二十点", "生日3.5", "订单12345", "one ", "\ud800", " "),
        *("one two ", "零一", "A零 ", "桂花乌笼", "osmantus oolong ", "中秋", "半打", "三毛", "5 to ", "满分5分", "俩"),
        *("a at b dot ", "👨\u200d", "五星", "12月底", "double one ", "a a "),
    ],
)
def test_a_text_of_100000_characters_is_read_in_time(piece: str) -> None:
    found = read((piece * 100_000)[:100_000])

    assert all(entity.end <= 4_000 for entity in found)


def test_a_long_message_holds_all_that_it_names() -> None:
    text = "您好，我11月20日买的桂花乌龙两盒（订单A10293）少了一盒，付了￥199.5，请打13800001234，明天下午三点前，谢谢"

    assert named(text) == ["date", "product", "quantity", "order_no", "quantity", "amount", "phone", "date", "time"]


def test_chitchat_names_nothing() -> None:
    assert named("今儿心情不错，谢谢你们一直这么用心") == ["date"]
    assert named("you have been so kind to me") == []
