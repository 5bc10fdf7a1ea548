"""What was said is put right at any time, wherever it was said."""

import pytest

from flows.engine.filling import spliced
from flows.engine.heard import Heard
from flows.engine.state import DialogueState
from tests.flows.small import POINTS, book_of
from tests.flows.talks import heard
from tests.flows.test_decide import COMPLAINT, Bot

PROVE = """
intents: [ask_secret]
slots: {pin: {matches: '\\d{6}'}}
steps:
  - collect: pin
  - say: secret
"""


def a_bot(tmp_path):
    return Bot(book_of(tmp_path, points=POINTS, complain=COMPLAINT, secret=PROVE))


def offering(bot, *values):
    bot.state = bot.state.offering([(value, f'/set{{"order_no":"{value}"}}') for value in values])


def test_a_slot_of_a_task_that_waits_is_put_right_and_said_so(tmp_path):
    bot = a_bot(tmp_path)
    bot.says("A123", "track_order", order_no="A123")
    bot.says("what is my secret", "ask_secret")

    assert bot.says("no, it is A777", "deny", order_no="A777") == ["corrected", "ask_pin"]
    assert bot.says("123456") == ["secret", "resuming", "ask_digits"]
    bot.says("1234")
    assert bot.acts == [("find", {"order_no": "A777", "digits": "1234"})]


def test_a_slot_filled_several_steps_ago_is_put_right(tmp_path):
    bot = a_bot(tmp_path)
    bot.says("the cup A123 broke", "complain", order_no="A123")

    assert bot.says("不对，是A777", "deny", order_no="A777") == ["ask_sure"]
    assert bot.state.shown_slots == {"description": "the cup A123 broke", "order_no": "A777"}


@pytest.mark.parametrize("words", ["no, I meant the other one", "sorry, the other"])
def test_the_other_one_is_the_other_of_two_that_were_offered(tmp_path, words):
    bot = a_bot(tmp_path)
    bot.says("my order", "track_order")
    offering(bot, "A123", "A777")
    bot.hears(Heard(payload='/set{"order_no":"A123"}'))

    assert bot.says(words, "deny") == ["ask_digits"]
    assert bot.state.shown_slots == {"order_no": "A777"}


def test_of_three_it_is_not_known_which_is_the_other_one(tmp_path):
    bot = a_bot(tmp_path)
    bot.says("my order", "track_order")
    offering(bot, "A123", "A777", "A999")
    bot.hears(Heard(payload='/set{"order_no":"A123"}'))

    assert bot.says("no, the other one") == ["not_an_answer", "ask_digits"]


def test_what_is_done_is_done_again_with_what_was_wrong_put_right(tmp_path):
    bot = a_bot(tmp_path)
    bot.says("my order", "track_order")
    offering(bot, "A123", "A777")
    bot.says("A123", order_no="A123")
    bot.says("1234")
    bot.state = DialogueState.from_json(bot.state.to_json())

    bot.says("no, I meant the other one", "deny")

    assert bot.acts[-1] == ("find", {"order_no": "A777", "digits": "1234"})
    assert bot.says("no thanks", "deny") == ["no_to_help"]


def test_what_was_just_spoken_of_is_not_asked_again(tmp_path):
    bot = Bot(book_of(tmp_path, complain=COMPLAINT))
    bot.says("A123", "track_order", order_no="A123")
    bot.says("1234")

    assert bot.says("that order came broken", "complain") == ["ask_sure"]
    assert bot.state.shown_slots["order_no"] == "A123"


def test_what_was_spoken_of_half_a_year_ago_is_not_meant(tmp_path):
    bot = Bot(book_of(tmp_path, complain=COMPLAINT))
    bot.says("A123", "track_order", order_no="A123")
    bot.says("1234")

    assert bot.hears(heard("that order came broken", "complain"), returning=True) == ["ask_order_no"]


def test_another_wish_is_no_correction(tmp_path):
    bot = a_bot(tmp_path)
    bot.says("A123", "track_order", order_no="A123")
    bot.says("1234")

    assert bot.says("no, how many points have I", "ask_points", order_no="A777") == ["points"]


def test_a_message_in_another_language_is_told_so_and_nothing_is_done(tmp_path):
    bot = a_bot(tmp_path)
    foreign = Heard(text="¿Dónde está mi pedido?", intent="track_order", confidence=0.9, foreign=True)

    assert [bot.hears(foreign) for _ in range(3)] == [["other_language"]] * 3
    assert bot.state.stack == ()


def test_a_number_answers_in_any_language(tmp_path):
    bot = a_bot(tmp_path)
    bot.says("my order", "track_order")
    named = heard("es A123", order_no="A123")

    assert bot.hears(Heard(text="¿qué?", foreign=True)) == ["other_language", "ask_order_no"]
    assert bot.hears(Heard(text=named.text, entities=named.entities, foreign=True)) == ["ask_digits"]


@pytest.mark.parametrize(
    ("before", "said", "now"),
    [
        ("上海市浦东新区1号", "2号", "上海市浦东新区2号"),
        ("12 High Street", "number 14", "14 High Street"),
        ("上海市浦东新区1号3室", "3号", "上海市浦东新区3号3室"),
        ("上海市浦东新区", "2号", "2号"),
        ("12 High Street, flat 3", "14", "14"),
        ("12 High Street", "5 Low Road", "5 Low Road"),
    ],
)
def test_a_number_put_right_keeps_the_words_around_it(before, said, now):
    assert spliced(before, said) == now
