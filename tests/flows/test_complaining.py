"""Who complains is sold nothing, from the first word on."""

from flows.engine.complaining import facts_in
from flows.engine.decide import decide
from flows.engine.state import DialogueState
from tests.flows.small import book_of
from tests.flows.talks import heard

SELLING = """
intents: [ask_price]
steps:
  - {noop: true, next: [{if: facts.open_complaint, then: price}, {else: both}]}
  - {id: both, say: price_and_offer, offer: true, next: end}
  - {id: price, say: price}
"""
COMPLAINT = """
intents: [complain]
matter: complaint
slots: {what: {free: true}}
steps: [{collect: what}]
"""


def said(book, state, text, *intents):
    return [say.reply for say in decide(book, state, heard(text, *intents), {"open_complaint": False}).says]


def test_an_offer_is_left_out_where_a_complaint_waits(tmp_path):
    book = book_of(tmp_path, price=SELLING, complain=COMPLAINT)
    complaining = decide(book, DialogueState(), heard("bad", "complain"), {"open_complaint": False}).state

    assert said(book, DialogueState(), "how much", "ask_price") == ["price_and_offer"]
    assert said(book, complaining, "how much", "ask_price")[0] == "price"


def test_who_has_just_complained_is_sold_nothing_in_the_same_turn(tmp_path):
    book = book_of(tmp_path, price=SELLING, complain=COMPLAINT)
    complaining = decide(book, DialogueState(), heard("bad", "complain", "ask_price"), {"open_complaint": False}).state

    assert said(book, complaining, "the lid is broken") == ["price"]


def test_every_other_fact_stays_as_it_is():
    facts = facts_in({"verified": True, "open_complaint": False}, complaint=True)

    assert dict(facts) == {"verified": True, "open_complaint": True}
    assert len(facts) == 2
    assert facts.get("nothing") is None
