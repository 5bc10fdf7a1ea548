"""Of real questions in both languages the right entry is found, and nothing where nothing is written down."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from flows.knowledge.base import Knowledge
from flows.standard import load_standard
from tests.flows.knowledge.shelf import DEMO, GOOD, demo_shop, write

TODAY = date(2026, 11, 23)
KNOWLEDGE = demo_shop()


def questions(language: str) -> Iterator[dict[str, str]]:
    """Yield question, intent and the entry that answers it; empty where none does."""
    path = Path(__file__).parent / f"questions_{language}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def found(row: dict[str, str]) -> str:
    answer = KNOWLEDGE.answer(row["question"], intent=row["intent"], today=TODAY)
    return answer.entry.id if answer is not None else ""


@pytest.mark.parametrize("language", ["zh", "en"])
def test_nine_in_ten_real_questions_find_their_entry_first(language: str, record_property) -> None:
    rows = [row for row in questions(language) if row["entry"]]

    right = sum(found(row) == row["entry"] for row in rows)

    record_property("top-1 accuracy", f"{right}/{len(rows)}")
    assert len(rows) >= 90
    assert right / len(rows) >= 0.9, f"{right} of {len(rows)}"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_of_what_nobody_wrote_down_little_is_answered_with_something_else(language: str, record_property) -> None:
    rows = [row for row in questions(language) if not row["entry"]]

    honest = sum(found(row) == "" for row in rows)

    record_property("left to a colleague", f"{honest}/{len(rows)}")
    assert len(rows) >= 20
    assert honest / len(rows) >= 0.7, f"{honest} of {len(rows)}"


def test_the_test_set_names_entries_that_there_are() -> None:
    ids = {entry.id for entry in KNOWLEDGE.entries}

    assert {row["entry"] for language in ("zh", "en") for row in questions(language)} - {""} <= ids


@pytest.mark.parametrize("question", ["哈哈哈", "blorp fizz", "", "？？", "{desk_days}", "今天天气怎么样"])
def test_nonsense_finds_nothing(question: str) -> None:
    assert KNOWLEDGE.answer(question, intent="ask_shipping_info", today=TODAY) is None


def test_a_novel_is_looked_at_no_further_than_its_beginning() -> None:
    answer = KNOWLEDGE.answer("多少钱包邮？" + "另外" * 5_000, intent="ask_shipping_info", today=TODAY)

    assert answer is not None
    assert answer.entry.id == "shipping_cost"


def test_what_was_misunderstood_is_found_where_it_stands() -> None:
    answer = KNOWLEDGE.answer("怎么开发票", intent="ask_shipping_info", today=TODAY)

    assert answer is not None
    assert answer.entry.id == "invoice_request"


def test_of_two_products_the_one_that_is_meant_is_answered() -> None:
    def said(sku: str) -> str:
        answer = KNOWLEDGE.answer("用多少度的水", intent="ask_how_to_use", today=TODAY, product=sku)
        return answer.entry.id if answer is not None else ""

    assert said("TEA-001") == "brew_green"
    assert said("TEA-004") == "brew_black"


@pytest.mark.parametrize(
    ("asked_before", "text", "goes_on", "alone"),
    [
        ("ask_shipping_info", "那国外呢?", True, True),
        ("ask_shipping_info", "and to Tibet?", True, True),
        ("ask_payment_invoice", "那支付宝呢", True, True),
        ("ask_store_info", "周末呢", True, True),
        ("ask_shipping_info", "sending it to Canada", False, True),
        ("ask_shipping_info", "哈哈", False, False),
        ("ask_shipping_info", "那哈哈呢", False, False),
        ("ask_shipping_info", "", False, False),
        (None, "那国外呢?", False, False),
    ],
)
def test_a_message_goes_on_with_what_was_asked_before_if_its_words_say_so_or_it_fits_nothing_else(
    asked_before: str | None, text: str, goes_on: bool, alone: bool
) -> None:
    assert KNOWLEDGE.goes_on_with(asked_before, text, today=TODAY, fits_nothing=False) == (
        asked_before if goes_on else None
    )
    assert KNOWLEDGE.goes_on_with(asked_before, text, today=TODAY, fits_nothing=True) == (
        asked_before if alone else None
    )


def test_a_message_goes_on_with_the_inquiry_that_its_answer_belongs_to() -> None:
    inquiry = KNOWLEDGE.goes_on_with("account_access_help", "what about Canada", today=TODAY, fits_nothing=True)

    assert inquiry == "ask_shipping_info"


def test_a_shop_that_has_written_nothing_down_still_knows_that_the_topic_goes_on() -> None:
    def goes_on(text: str) -> str | None:
        return Knowledge().goes_on_with("ask_shipping_info", text, today=TODAY, fits_nothing=True)

    assert goes_on("那国外呢?") == "ask_shipping_info"
    assert goes_on("那哈哈呢?") is None


def test_the_demo_shops_entries_and_ours_have_nothing_to_mend() -> None:
    assert load_standard().problems() == []
    assert load_standard(None, DEMO).problems() == []


def test_an_entry_that_its_own_questions_do_not_find_is_named_by_its_line(tmp_path: Path) -> None:
    folder = write(tmp_path / "knowledge", GOOD.replace("[多少钱包邮]", "\n    - 多少钱包邮\n    - 关税谁付"))
    duties = (
        GOOD.replace("shipping_cost", "duties").replace("国内运费", "关税谁付").replace("[多少钱包邮]", "[关税谁付]")
    )
    write(folder, duties.replace("how much is shipping", "who pays the duty"), "duties.md")

    problems = load_standard(None, folder).problems()

    assert [str(problem).rpartition("/")[2] for problem in problems] == [
        'entry.md:9: asked "关税谁付", "duties" is found instead; word it closer to the entry'
    ]


def test_an_entry_for_what_no_flow_answers_is_named(tmp_path: Path) -> None:
    text = GOOD.replace("[ask_shipping_info]", "[track_order]").replace("version:", "registers: true\nversion:")

    problems = [problem.text for problem in load_standard(None, write(tmp_path / "knowledge", text)).problems()]

    assert any(text.startswith('no flow answers "track_order" from knowledge; use one of ') for text in problems)
    assert 'no flow registers anything for "track_order"; take "registers" out' in problems
