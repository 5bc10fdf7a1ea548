"""A message that may want one of two things: asked once, then served as it was said."""

from dataclasses import replace

import pytest

from flows.engine.heard import Heard
from flows.engine.state import DialogueState
from nlu.intents import intent_names
from tests.flows.small import POINTS, book_of
from tests.flows.talks import STANDARD, heard
from tests.flows.test_decide import COMPLAINT, Bot

CHANGE = """
intents: [change_order]
slots: {order_no: {entity: order_no}}
steps:
  - collect: order_no
  - say: changed
"""


def a_bot(tmp_path):
    return Bot(book_of(tmp_path, points=POINTS, complain=COMPLAINT, change=CHANGE))


def unsure(text, first, second, **more):
    return replace(heard(text, first, **more), confidence=0.4, instead=(second,))


def test_two_close_wishes_are_asked_about_and_the_press_serves_what_was_said(tmp_path):
    bot = a_bot(tmp_path)

    assert bot.hears(unsure("about A123", "track_order", "change_order", order_no="A123")) == ["ask_wish"]
    assert bot.state.flow is None
    assert bot.hears(Heard(payload='/set{"wish":"change_order"}')) == ["changed"]
    assert bot.events == ["started change", "completed change"]


def test_who_tells_of_themselves_is_not_asked_which_wish_it_was(tmp_path):
    bot = a_bot(tmp_path)

    said = bot.hears(replace(unsure("no chillies for me, note that", "track_order", "change_order"), told=("noted",)))

    assert "ask_wish" not in said
    assert bot.state.flow is None


@pytest.mark.parametrize(
    ("typed", "intents", "events"),
    [
        ("the second", (), ["started change", "completed change"]),
        ("后面那个", (), ["started change", "completed change"]),
        ("前者", (), ["started order"]),
        ("I want to change it", ("change_order",), ["started change", "completed change"]),
        ("both please", (), ["started order"]),
    ],
)
def test_the_answer_may_be_typed(tmp_path, typed, intents, events):
    bot = a_bot(tmp_path)
    bot.hears(unsure("about A123", "track_order", "change_order", order_no="A123"))

    bot.says(typed, *intents)

    assert bot.events == events


def test_what_the_answer_adds_belongs_to_the_message(tmp_path):
    bot = a_bot(tmp_path)
    bot.hears(unsure("about my order", "track_order", "change_order"))

    assert bot.says("where is A777", "track_order", order_no="A777") == ["ask_digits"]
    assert bot.state.shown_slots == {"order_no": "A777"}


def test_another_wish_drops_the_question(tmp_path):
    bot = a_bot(tmp_path)
    bot.hears(unsure("about A123", "track_order", "change_order", order_no="A123"))

    assert bot.says("how many points have I", "ask_points") == ["points"]
    assert bot.state.stack == ()


def test_small_talk_and_nonsense_keep_the_question_and_nonsense_twice_brings_a_person(tmp_path):
    bot = a_bot(tmp_path)
    bot.hears(unsure("about A123", "track_order", "change_order"))

    assert bot.says("thanks", "thank") == ["thank", "ask_wish"]
    assert bot.says("purple") == ["which_wish"]
    assert bot.says("purple") == ["handed_over"]


def test_where_both_lead_to_the_same_flow_nothing_is_asked(tmp_path):
    bot = a_bot(tmp_path)

    assert bot.hears(unsure("about my order", "track_order", "track_order")) == ["ask_order_no"]


def test_an_unsure_message_that_answers_the_open_question_is_its_answer(tmp_path):
    bot = a_bot(tmp_path)
    bot.says("my order", "track_order")

    assert bot.hears(unsure("A123", "ask_points", "change_order", order_no="A123")) == ["ask_digits"]


def test_in_the_middle_of_a_task_the_question_comes_and_the_task_goes_on_after_it(tmp_path):
    bot = a_bot(tmp_path)
    bot.says("my cup broke", "complain")

    assert bot.hears(unsure("and that thing", "ask_points", "track_order")) == ["ask_wish"]
    assert bot.state.flow == "complain"
    assert bot.hears(Heard(payload='/set{"wish":"ask_points"}')) == ["points", "resuming", "ask_order_no"]


def test_the_question_and_its_message_survive_being_stored(tmp_path):
    bot = a_bot(tmp_path)
    bot.hears(unsure("about A123", "track_order", "change_order", order_no="A123"))

    bot.state = DialogueState.from_json(bot.state.to_json())

    assert bot.hears(Heard(payload='/set{"wish":"track_order"}')) == ["ask_digits"]


def test_stopping_calls_the_question_off(tmp_path):
    bot = a_bot(tmp_path)
    bot.hears(unsure("about A123", "track_order", "change_order"))

    assert bot.says("never mind", "cancel_dialogue") == ["cancelled"]
    assert bot.state.stack == ()


def test_every_wish_has_a_name_for_its_button_in_both_languages():
    for language in STANDARD.replies.languages:
        assert set(STANDARD.book.by_intent) & set(intent_names()) <= set(STANDARD.replies.words(language)["wish"])
