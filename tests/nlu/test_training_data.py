"""The sentences that Rasa learns from, and those that it is tried on."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
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
FEWEST = 20
TOO_ALIKE = 0.75
TRYOUT = Path(__file__).parent / "data" / "tryout.csv"


class Sentence(NamedTuple):
    text: str
    intent: str
    language: str


def read_sentences() -> Iterator[Sentence]:
    for path in sorted((RASA_FOLDER / "data").rglob("*.yml")):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            for line in block["examples"].splitlines():
                yield Sentence(line.removeprefix("-").strip(), block["intent"], path.parent.name)


def trigrams(text: str) -> frozenset[str]:
    padded = f"  {text.casefold()} "
    return frozenset(padded[n : n + 3] for n in range(len(padded) - 2))


def likeness(one: str, other: str) -> float:
    """Return the Jaccard likeness of two sentences' character trigrams, 0 to 1."""
    ours, theirs = trigrams(one), trigrams(other)
    return len(ours & theirs) / len(ours | theirs)


SENTENCES = list(read_sentences())


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_intent_has_enough_sentences_in_each_language(language: str) -> None:
    counts = Counter(sentence.intent for sentence in SENTENCES if sentence.language == language)

    assert set(counts) == INTENTS
    assert {intent: count for intent, count in counts.items() if count < FEWEST} == {}


def test_the_domain_lists_exactly_the_intents_that_are_taught() -> None:
    domain = yaml.safe_load((RASA_FOLDER / "domain.yml").read_text(encoding="utf-8"))

    assert set(domain["intents"]) == INTENTS
    assert len(domain["intents"]) == len(INTENTS)


def test_no_sentence_is_taught_twice() -> None:
    counts = Counter(sentence.text.casefold() for sentence in SENTENCES)

    assert [text for text, count in counts.items() if count > 1] == []


def test_no_two_sentences_of_an_intent_are_nearly_the_same() -> None:
    alike = [
        (one.text, other.text)
        for one, other in combinations(SENTENCES, 2)
        if one.intent == other.intent and likeness(one.text, other.text) >= TOO_ALIKE
    ]

    assert alike == []


def test_no_sentence_reads_as_markup_to_rasa() -> None:
    assert [s.text for s in SENTENCES if s.text.startswith("/") or "](" in s.text or "]{" in s.text] == []


def test_single_words_mean_what_customers_mean_by_them() -> None:
    taught = {sentence.text: sentence.intent for sentence in SENTENCES}

    assert {word: taught.get(word) for word in BARE_WORDS} == BARE_WORDS


def test_the_tryout_covers_every_intent_and_was_never_taught() -> None:
    with TRYOUT.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    taught = {sentence.text.casefold() for sentence in SENTENCES}
    assert {(row["intent"], row["language"]) for row in rows} >= {(i, lang) for i in INTENTS for lang in ("zh", "en")}
    assert {name for row in rows for name in row["accept"].split("|") if name} <= INTENTS
    assert [row["text"] for row in rows if row["text"].casefold() in taught] == []
