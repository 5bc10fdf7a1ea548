"""A text of any length leaves in pieces that its channel takes, and no word of it is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.limits import length, pieces
from bot.ports import TextUnit

TEXTS = st.text(st.sampled_from("ab 。.\n\t\r中👍\U0001f9d1\u200d\u3000"), max_size=120) | st.text(max_size=200)


def without_blanks(text: str) -> str:
    return "".join(text.split())


@given(text=TEXTS, limit=st.integers(4, 40), unit=st.sampled_from(["utf16", "utf8"]))
def test_pieces_fit_and_together_say_the_text(text: str, limit: int, unit: TextUnit) -> None:
    cut = pieces(text, limit, unit)

    assert all(0 < length(piece, unit) <= limit for piece in cut)
    assert all(piece.strip() for piece in cut)
    assert without_blanks("".join(cut)) == without_blanks(text)


@given(text=TEXTS)
def test_a_text_that_fits_is_left_as_it_is(text: str) -> None:
    assert pieces(text, max(length(text), 4)) == ([text] if text.strip() else [])
    assert pieces(text, max(length(text, "utf8"), 4), "utf8") == ([text] if text.strip() else [])


@given(text=TEXTS)
def test_length_is_counted_as_platforms_do(text: str) -> None:
    assert length(text) == len(text.encode("utf-16-le", "surrogatepass")) // 2
    assert length(text, "utf8") == len(text.encode())


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("one. two. three", ["one. two.", "three"]),
        ("第一句。第二句。第三句", ["第一句。第二句。", "第三句"]),
        ("line one\nline two", ["line one", "line two"]),
        ("👍👍👍👍👍👍", ["👍👍👍👍👍", "👍"]),
        ("nowhereatalltocut", ["nowhereata", "lltocut"]),
        ("a" + " " * 30 + "b", ["a", "b"]),
    ],
)
def test_it_is_cut_where_a_line_a_sentence_or_a_word_ends(text: str, cut: list[str]) -> None:
    assert pieces(text, 10) == cut


def test_a_very_long_text_of_emoji_comes_to_its_end() -> None:
    assert len(pieces("👍" * 50_000, 4096)) == 25
    assert len(pieces("👍" * 50_000, 2048, "utf8")) == 98
