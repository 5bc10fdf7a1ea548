"""A message that a classifier takes for something else is what it says: an answer to the open question, or none."""

from dataclasses import replace

import pytest

from tests.flows.small import POINTS, book_of
from tests.flows.talks import heard
from tests.flows.test_decide import COMPLAINT, Bot

VISIT = """
intents: [book_visit]
slots:
  date: {entity: date}
  amount: {entity: amount}
  visit: {free: true}
  address: {free: true}
  sure: {type: bool}
steps:
  - collect: visit
  - collect: address
  - collect: sure
    next:
      - {if: slots.sure, then: end}
      - else: again
  - {id: again, set_slots: {address: null, sure: null}, next: where}
  - {id: where, collect: address, next: end}
"""
RETURN = """
intents: [return_it]
slots:
  item: {entity: product, matches: '\\S.{0,60}'}
  cause: {type: choice, values: [wrong], by_intent: {complain: wrong}}
steps:
  - collect: item
  - collect: cause
"""


@pytest.fixture
def bot(tmp_path):
    return Bot(book_of(tmp_path, points=POINTS, complain=COMPLAINT, visit=VISIT, back=RETURN))


def at(bot, *said):
    bot.says("come and install it", "book_visit")
    for text in said:
        bot.says(text)
    return bot


@pytest.mark.parametrize("taken_for", ["ask_points", "greet", "affirm"])
def test_a_day_that_is_asked_for_is_the_answer_whatever_it_is_taken_for(bot, taken_for):
    says = at(bot).says("Saturday is fine", taken_for, date="Saturday")

    assert says == ["ask_address"]
    assert bot.state.shown_slots == {"date": "Saturday", "visit": "Saturday is fine"}


def test_another_wish_still_comes_between_where_nothing_asked_for_is_named(bot):
    assert at(bot).says("how many points have I", "ask_points") == ["points", "resuming", "ask_visit"]


def test_an_unsure_wish_to_change_is_what_was_put_right(bot):
    at(bot).says("at most 200", amount="200")

    bot.hears(replace(heard("for the kitchen, make it 150", "track_order", amount="150"), confidence=0.55))

    assert "track_order" not in [event.split()[-1] for event in bot.events]


def test_a_no_that_says_what_it_is_puts_the_words_right_at_once(bot):
    at(bot, "tomorrow at noon please", "12 High Street, Leeds")

    assert "ask_sure" in bot.says("no, it's 14 High Street, Leeds", "deny")
    assert bot.state.shown_slots["address"] == "14 High Street, Leeds"


@pytest.mark.parametrize("no", ["no", "no, I do not want it", "不对，我不要了"])
def test_a_no_that_says_nothing_more_is_a_no(bot, no):
    at(bot, "tomorrow at noon please", "12 High Street, Leeds")

    assert bot.says(no, "deny") == ["ask_address"]


def test_the_name_of_a_thing_is_no_complaint_about_it_however_sure_the_model_is(bot):
    bot.says("I want to return it", "return_it")

    bot.says("the teapot", "complain")

    assert bot.state.asking == "cause"


def test_a_wish_that_sounds_like_a_yes_confirms_nothing_else(bot):
    at(bot, "tomorrow at noon please", "12 High Street, Leeds")

    says = bot.says("那就退货吧", "return_it", "affirm")

    assert says == ["ask_item"]
    assert "completed visit" not in bot.events
