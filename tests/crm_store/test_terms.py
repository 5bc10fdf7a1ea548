"""What a text is found by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_store.terms import LONGEST_WORD, MOST_TERMS, ask, terms


def found(text, typed):
    """Whether a text has every term that is looked up, and then what was asked for."""
    asked = ask(typed)
    kept = set(terms(text))
    by_terms = all(
        any(term.startswith(wanted) for term in kept) if beginning else wanted in kept
        for wanted, beginning in asked.terms()
    )
    return by_terms and asked.is_in(text)


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("我想退款，谢谢", "退"),
        ("我想退款，谢谢", "退款"),
        ("什么时候退款到账呀", "退款到账"),
        ("什么時候退款到賬呀", "退款到账"),
        ("什么时候退款到账呀", "退款到賬"),
        ("ＡＢＣ１２３", "abc123"),
        ("Where is my Delivery?", "deliver"),
        ("Where is my delivery?", "IS"),
        ("单号SO-2026-01已发货", "SO-2026-01"),
        ("单号SO-2026-01已发货", "2026 发货"),
        ("Café crème", "cafe creme"),
        ("cafe", "CAFÉ"),
        ("iPhone15手机壳", "手机壳 iphone"),
        ("𠮷野家", "𠮷野"),
        ("お茶をください", "ください"),
        ("한국어 상담", "상담"),
        ("ขอคืนเงิน", "คืนเงิน"),
        ("电话13800138000", "1380013"),
    ],
)
def test_what_is_written_is_found_by_what_is_typed(text, typed):
    assert found(text, typed)


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("我的款退了", "退款"),
        ("退货，款到", "退款"),
        ("退款到了，钱到账", "退款到账"),
        ("this is it", "hi"),
        ("thesis", "th"),
        ("undelivered", "deliver"),
        ("退款", "退款 物流"),
    ],
)
def test_what_is_not_written_so_is_not_found(text, typed):
    assert not found(text, typed)


@pytest.mark.parametrize("typed", ["", "  ", "？！…", "🙂", "\u0301"])
def test_without_a_letter_or_digit_nothing_is_asked(typed):
    assert ask(typed) is None


@given(st.text(max_size=60), st.data())
def test_every_part_of_a_text_in_an_unparted_script_finds_it(around, data):
    core = data.draw(st.text(alphabet="退款到账茶葉壺한국お茶𠮷", min_size=1, max_size=12))
    begin = data.draw(st.integers(0, len(core) - 1))
    part = core[begin : data.draw(st.integers(begin + 1, len(core)))]

    assert found(f"{around} {core} {around}", part)


@given(st.text(max_size=200))
def test_terms_are_letters_and_digits_alone_whatever_is_written(text):
    assert all(term.isalnum() for term in terms(text))
    assert all(len(term) <= LONGEST_WORD + 1 for term in terms(text))


def test_a_novel_has_no_more_terms_than_an_index_can_bear():
    novel = "".join(chr(0x4E00 + number) for number in range(5_000))

    assert len(terms(novel)) == MOST_TERMS


def test_what_was_found_is_marked_where_it_stands():
    marked = ask("退款 so").marked("订单SO，什么时候可以退款到账？")

    assert [part for part, hit in marked if hit] == ["SO", "退款"]
    assert "".join(part for part, _ in marked) == "订单SO，什么时候可以退款到账？"


def test_of_a_long_text_the_part_around_what_was_found_is_shown():
    marked = ask("退款").marked("茶" * 500 + "退款" + "叶" * 500)

    assert marked[0] == ("…", False)
    assert marked[-1] == ("…", False)
    assert ("退款", True) in marked
    assert len("".join(part for part, _ in marked)) < 150


@given(st.text(max_size=80), st.text(min_size=1, max_size=4))
def test_marking_shows_a_stretch_of_the_text_as_it_was_written(text, typed):
    asked = ask(typed)
    if asked is not None:
        shown = "".join(part for part, _ in asked.marked(text))
        assert shown.strip("…") in text
