from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.entities.folding import fold
from nlu.entities.numbers import to_number, to_whole

DIGITS = "零一二三四五六七八九"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("一千二百", 1200),
        ("两万三", 23_000),
        ("一百二", 120),
        ("一百零二", 102),
        ("十五", 15),
        ("廿三", 23),
        ("二零二六", 2026),
        ("一亿零三", 100_000_003),
        ("壹仟貳佰", 1200),
        ("3万", 30_000),
        ("1.2k", 1200),
        ("1,299.50", Decimal("1299.50")),
        ("a hundred and twenty", 120),
        ("twenty-five", 25),
        ("two thousand three hundred", 2300),
    ],
)
def test_a_number_is_read_however_it_is_written(written: str, value: int | Decimal) -> None:
    assert to_number(fold(written)) == value


@pytest.mark.parametrize("written", ["", "百", "十百", "a", "1..2", "一一百", "."])
def test_what_is_no_number_is_not_guessed(written: str) -> None:
    assert to_number(written) is None


def test_a_fraction_is_no_whole_number() -> None:
    assert to_whole("1.5") is None


@given(st.integers(min_value=1, max_value=9_999))
def test_every_number_below_ten_thousand_is_read_back_from_chinese(number: int) -> None:
    written = in_chinese(number)

    assert to_number(written) == number


def in_chinese(number: int) -> str:
    written, skipped = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            written += ("零" if skipped and written else "") + DIGITS[digit] + name
        skipped = not digit
    return written
