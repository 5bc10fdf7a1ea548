"""One way of writing for many: what is folded stays as long as it was, and folding it again changes nothing."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.entities.folding import fold
from tests.nlu.reading import read

ANYTHING = st.text(st.characters(codec=None), max_size=120)
EMOJI = ["👍", "👍🏽", "👨‍👩‍👧", "❤️", "🇨🇳", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🧑🏿‍🚀", "☔️", "⭐"]
TYPED = st.lists(
    st.sampled_from(
        [*EMOJI, "Ａ１０２９３", "A10293", "訂單", "İ", "ΑΣ", "ẞ", "ﬁ", "ｶﾞ", "e\u0301", "\ud83d", "\u200d", " "]
    )
    | st.characters(codec=None),
    max_size=30,
).map("".join)


def test_every_character_is_folded_once_and_for_all_into_one() -> None:
    every = [chr(code) for code in range(sys.maxunicode + 1)]

    folded = [fold(character) for character in every]

    assert [one for one in folded if len(one) != 1] == []
    assert [(one, folded) for one, folded in zip(every, folded, strict=True) if fold(folded) != folded] == []


@given(TYPED | ANYTHING)
def test_any_text_keeps_its_length_and_folds_no_further(text: str) -> None:
    once = fold(text)

    assert len(once) == len(text)
    assert fold(once) == once


@given(before=TYPED, after=TYPED)
def test_what_is_named_is_found_where_it_was_typed_whatever_stands_around(before: str, after: str) -> None:
    text = f"{before} 订单号Ａ１０２９３。 {after}"

    found = read(text)

    assert [text[one.start : one.end] for one in found] == [one.text for one in found]
    assert (len(before) + 4, len(before) + 10) in [(one.start, one.end) for one in found if one.value == "A10293"]


@pytest.mark.parametrize("emoji", EMOJI)
def test_an_emoji_of_any_length_moves_no_offset(emoji: str) -> None:
    (found,) = (one for one in read(f"{emoji}{emoji}单号A10293。{emoji}") if one.entity == "order_no")

    assert (found.value, found.start) == ("A10293", 2 * len(emoji) + 2)
