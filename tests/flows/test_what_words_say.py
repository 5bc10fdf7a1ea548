"""What the words of one message say for several slots, several things and several wishes at once."""

from __future__ import annotations

from flows.engine.decide import decide
from flows.engine.heard import Heard
from flows.engine.state import DialogueState
from nlu.understanding import Entity, IntentScore
from tests.flows.small import book_of

PARCEL = """
    intents: [send_back]
    slots:
      order_no: {entity: order_no, each: true}
      how: {type: choice, values: [swap, back], words: {swap: 'swap|换', back: 'back|退'}}
      why: {type: choice, values: [broken], by_intent: {it_broke: broken}}
      words: {free: true}
      to: {free: true, told: 'to (\\w+)'}
      sure: {type: bool}
    steps:
      - collect: order_no
      - collect: how
      - collect: words
      - collect: to
      - collect: sure
      - say: done
    """
COMPLAINT = """
    intents: [it_broke]
    steps:
      - say: sorry
    """


class Bot:
    def __init__(self, tmp_path):
        self.book = book_of(tmp_path, parcel=PARCEL, broke=COMPLAINT)
        self.state = DialogueState()

    def says(self, text, *intents, orders=()):
        entities = tuple(Entity("order_no", value, value, text.find(value), text.find(value) + 2) for value in orders)
        scores = tuple(IntentScore(name, 0.95) for name in intents or ("out_of_scope",))
        heard = Heard(text=text, intent=scores[0].name, intents=scores, confidence=0.95, entities=entities)
        decision = decide(self.book, self.state, heard, {})
        self.state = decision.state
        return [say.reply for say in decision.says]

    @property
    def slots(self):
        return self.state.shown_slots


def test_words_fill_a_choice_that_was_not_asked(tmp_path):
    bot = Bot(tmp_path)

    assert bot.says("take A1 back to Leeds", "send_back", orders=["A1"]) == ["ask_words"]
    assert bot.slots == {"order_no": "A1", "how": "back", "to": "Leeds"}


def test_a_choice_is_corrected_by_its_words_where_no_text_is_asked(tmp_path):
    bot = Bot(tmp_path)
    bot.says("take A1 back to Leeds", "send_back", orders=["A1"])

    bot.says("I would swap the colour if I could", "chat")
    described = bot.slots["how"]
    bot.says("swap it then", "chat")

    assert (described, bot.slots["how"]) == ("back", "swap")


def test_an_intent_that_the_flow_asks_about_is_an_answer_and_no_wish_of_its_own(tmp_path):
    bot = Bot(tmp_path)

    opened = bot.says("A1 back, it broke", "it_broke", "send_back", orders=["A1"])
    later = Bot(tmp_path)
    later.says("A1 back", "send_back", orders=["A1"])
    answered = later.says("it broke in two", "it_broke")

    assert (opened, bot.slots["why"], len(bot.state.stack)) == (["ask_words"], "broken", 1)
    assert (answered, later.slots["why"], later.slots["words"]) == (["ask_to"], "broken", "it broke in two")


def test_several_things_of_one_message_are_served_one_after_the_other(tmp_path):
    bot = Bot(tmp_path)
    bot.says("A1, A2 and A3 back to Leeds", "send_back", orders=["A1", "A2", "A3", "A2"])
    served = []
    while bot.state.stack:
        served.append(bot.slots["order_no"])
        bot.says("just so", "chat")
        bot.says("yes", "affirm")

    assert served == ["A1", "A2", "A3"]


def test_a_list_of_numbers_is_no_talk(tmp_path):
    bot = Bot(tmp_path)
    many = [f"B{number}" for number in range(9)]

    bot.says(" ".join(many) + " back", "send_back", orders=many)

    assert len(bot.state.stack) == 5
