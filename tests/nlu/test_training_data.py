"""The sentences that the model learns from, those held back from it, and those that it is tested on."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from nlu.settings import RASA_FOLDER

_NAMES = """
    greet goodbye thank affirm deny cancel_dialogue repeat ask_bot_identity ask_bot_help request_human_agent
    chitchat out_of_scope
    ask_product_info ask_price_promotion request_price_adjustment ask_stock ask_store_info ask_shipping_info
    track_order place_order change_cancel_order return_refund_exchange track_refund ask_warranty_repair
    ask_installation_service ask_how_to_use ask_payment_invoice account_access_help
    complain_product_quality complain_service complain_delivery complain_billing report_missing_wrong_item
    check_complaint_status
    ask_points_balance ask_earn_rules redeem_points ask_membership_tier join_membership cancel_membership
    update_profile give_feedback_rating opt_out_marketing opt_in_marketing request_data_export_or_delete
"""
INTENTS = frozenset(_NAMES.split())
_OFTEN = """
    greet affirm deny request_human_agent chitchat out_of_scope ask_product_info ask_price_promotion ask_stock
    ask_shipping_info track_order change_cancel_order return_refund_exchange track_refund ask_payment_invoice
    complain_product_quality complain_service complain_delivery report_missing_wrong_item ask_points_balance
    redeem_points update_profile
"""
OFTEN = frozenset(_OFTEN.split())
_MANNERS = """
    greet goodbye thank affirm deny cancel_dialogue repeat ask_bot_identity ask_bot_help request_human_agent
    chitchat out_of_scope
"""
WISHES = INTENTS - frozenset(_MANNERS.split())
BARE_WORDS = {
    "人工": "request_human_agent",
    "你好": "greet",
    "hi": "greet",
    "积分": "ask_points_balance",
    "物流": "track_order",
    "投诉": "complain_service",
    "退货": "return_refund_exchange",
    "发票": "ask_payment_invoice",
    "ok": "affirm",
    "好的": "affirm",
    "yes": "affirm",
    "不用了": "deny",
    "no": "deny",
    "算了": "cancel_dialogue",
    "谢谢": "thank",
}
FEWEST_OFTEN = 100
FEWEST = 60
FEWEST_TESTED = 30
FEWEST_NEAR_MISSES = 3
TOO_ALIKE = 0.75
LANGUAGES = ("zh", "en")
DATA = Path(__file__).parent / "data"
_NO_LETTERS = re.compile(r"[\W_]+")


class Sentence(NamedTuple):
    text: str
    intent: str
    language: str


def read_sentences() -> Iterator[Sentence]:
    for path in sorted((RASA_FOLDER / "data").rglob("*.yml")):
        for block in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["nlu"]:
            for line in block["examples"].splitlines():
                yield Sentence(line.removeprefix("-").strip(), block["intent"], path.parent.name)


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def letters(text: str) -> str:
    """Return what is left of a sentence without case, width, blanks and marks; emoji alone stay."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _NO_LETTERS.sub("", folded) or folded


def trigrams(text: str) -> frozenset[str]:
    padded = f"  {text.casefold()} "
    return frozenset(padded[n : n + 3] for n in range(len(padded) - 2))


def alike(sentences: list[str], known: Sequence[str] = ()) -> Iterator[tuple[str, str]]:
    """Give the pairs whose trigrams have a Jaccard likeness of `TOO_ALIKE` or more: of `known` and a sentence where
    there is anything known, else of two sentences.

    Such a pair shares one of each one's rarest trigrams, as many as could be missing; only those are looked up.
    """
    both = [*known, *sentences]
    sets = [trigrams(text) for text in both]
    common = Counter(gram for grams in sets for gram in grams)
    seen: dict[str, list[int]] = defaultdict(list)
    for place, grams in enumerate(sets):
        is_known = place < len(known)
        rarest = sorted(grams, key=lambda gram: (common[gram], gram))[: len(grams) - int(TOO_ALIKE * len(grams)) + 1]
        for other in {other for gram in rarest for other in seen[gram]} if not is_known else ():
            if len(grams & sets[other]) >= TOO_ALIKE * len(grams | sets[other]):
                yield both[other], both[place]
        for gram in rarest if is_known or not known else ():
            seen[gram].append(place)


SENTENCES = list(read_sentences())
TAUGHT = {letters(sentence.text) for sentence in SENTENCES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_intent_has_enough_sentences_in_each_language(language: str) -> None:
    counts = Counter(sentence.intent for sentence in SENTENCES if sentence.language == language)

    least = {intent: FEWEST_OFTEN if intent in OFTEN else FEWEST for intent in INTENTS}
    assert set(counts) == INTENTS
    assert {intent: count for intent, count in counts.items() if count < least[intent]} == {}


def test_the_domain_lists_exactly_the_intents_that_are_taught() -> None:
    domain = yaml.safe_load((RASA_FOLDER / "domain.yml").read_text(encoding="utf-8"))

    assert set(domain["intents"]) == INTENTS
    assert len(domain["intents"]) == len(INTENTS)


def test_no_sentence_is_taught_twice() -> None:
    counts = Counter(sentence.text.casefold() for sentence in SENTENCES)

    assert [text for text, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_sentences_of_an_intent_are_nearly_the_same(language: str) -> None:
    of_intent = defaultdict(list)
    for sentence in SENTENCES:
        if sentence.language == language:
            of_intent[sentence.intent].append(sentence.text)

    assert [pair for texts in of_intent.values() for pair in alike(texts)] == []


def test_likeness_is_found_where_it_is() -> None:
    sentences = ["where is my order", "where is my order?", "where is your order", "can I pay by card"]

    assert list(alike(sentences)) == [("where is my order", "where is my order?")]
    assert list(alike(["where is my order?"], sentences[:1])) == [("where is my order", "where is my order?")]
    assert list(alike(sentences[1:2], sentences[3:])) == []


def test_no_sentence_reads_as_markup_to_rasa() -> None:
    assert [s.text for s in SENTENCES if s.text.startswith("/") or "](" in s.text or "]{" in s.text] == []


def test_single_words_mean_what_customers_mean_by_them() -> None:
    taught = {sentence.text: sentence.intent for sentence in SENTENCES}

    assert {word: taught.get(word) for word in BARE_WORDS} == BARE_WORDS


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_test_set_has_thirty_sentences_of_each_intent_and_none_was_taught_or_held_back(language: str) -> None:
    rows = read_rows(DATA / f"intents_{language}.csv")

    counts = Counter(row["intent"] for row in rows)
    known = TAUGHT | {letters(row["text"]) for row in read_rows(RASA_FOLDER / "held_back" / f"{language}.csv")}
    assert {intent for intent in INTENTS if counts[intent] < FEWEST_TESTED} == set()
    assert {name for row in rows for name in row["accept"].split("|") if name} <= INTENTS
    assert [row["text"] for row in rows if letters(row["text"]) in known] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_test_set_was_written_apart_and_holds_nothing_that_is_nearly_taught(language: str) -> None:
    taught = [sentence.text for sentence in SENTENCES if sentence.language == language]
    tested = [row["text"] for row in read_rows(DATA / f"intents_{language}.csv")]

    assert list(alike(tested, taught)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_nearly_is_each_wish_and_is_none_of_ours_is_taught_as_out_of_scope(language: str) -> None:
    near = yaml.safe_load((DATA / "near_misses.yml").read_text(encoding="utf-8"))[language]
    taught = {s.text for s in SENTENCES if s.language == language and s.intent == "out_of_scope"}

    assert set(near) == WISHES
    assert {intent for intent, sentences in near.items() if len(set(sentences)) < FEWEST_NEAR_MISSES} == set()
    assert [text for sentences in near.values() for text in sentences if text not in taught] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_held_back_to_measure_how_sure_a_model_is_was_never_taught(language: str) -> None:
    rows = read_rows(RASA_FOLDER / "held_back" / f"{language}.csv")

    assert {row["intent"] for row in rows} == INTENTS
    assert [row["text"] for row in rows if letters(row["text"]) in TAUGHT] == []
