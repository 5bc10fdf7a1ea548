"""The engine on small flows, with actions that the test answers itself."""

from textwrap import dedent

from flows.engine.decide import decide
from flows.engine.heard import ActionDone, Heard
from flows.engine.load import load_book
from flows.engine.state import DialogueState, Frame, Say
from tests.flows.small import ORDER, PERSON, POINTS, book_of, write
from tests.flows.talks import heard

COMPLAINT = """
intents: [complain]
matter: complaint
slots:
  order_no: {entity: order_no}
  description: {free: true, opening: 4, grows: true}
  sure: {type: bool}
steps:
  - collect: description
  - collect: order_no
    skippable: true
  - collect: sure
    next:
      - if: slots.sure
        then: file
      - else: end
  - {id: file, action: open_ticket}
  - say: opened
"""


class Bot:
    """Talks with a book; answers actions from a table."""

    def __init__(self, book, **results):
        self.book = book
        self.results = {"hand_over": {}, "find": {"found": True}, "open_ticket": {"number": "T-1"}} | results
        self.state = DialogueState()
        self.acts = []
        self.events = []
        self.trace = []

    def hears(self, event, **facts):
        decision = decide(self.book, self.state, event, facts)
        says = list(decision.says)
        self.events = [f"{event.kind[5:]} {event.flow}" for event in decision.events]
        while decision.act is not None:
            self.acts.append((decision.act.name, dict(decision.act.args)))
            done = ActionDone(decision.act.name, self.results[decision.act.name])
            decision = decide(self.book, DialogueState.from_json(decision.state.to_json()), done, facts)
            says += decision.says
            self.events += [f"{event.kind[5:]} {event.flow}" for event in decision.events]
        self.state = decision.state
        self.trace = list(decision.trace)
        return [say.reply for say in says]

    def says(self, text, *intents, **more):
        return self.hears(heard(text, *intents, **more))


def a_bot(tmp_path, **flows):
    return Bot(book_of(tmp_path, **({"points": POINTS, "complain": COMPLAINT} | flows)))


def changed(tmp_path, pattern, flow):
    """Return a book in which a shop does something else about a pattern."""
    flows = write(tmp_path, person=PERSON, order=ORDER, points=POINTS, complain=COMPLAINT)
    (flows / "patterns" / f"{pattern}.yml").write_text(dedent(flow))
    return load_book(flows)


def test_a_question_is_asked_only_for_what_was_not_said(tmp_path):
    bot = a_bot(tmp_path)

    assert bot.says("where is A123", "track_order", order_no="A123") == ["ask_digits"]
    assert bot.says("1234") == ["found"]
    assert bot.acts == [("find", {"order_no": "A123", "digits": "1234"})]
    assert bot.state.stack == ()


def test_several_wishes_in_one_message_are_served_in_order(tmp_path):
    bot = a_bot(tmp_path)

    assert bot.says("where is my order, and my points?", "track_order", "ask_points") == ["ask_order_no"]
    assert bot.says("A123 1234", order_no="A123") == ["ask_digits"]
    assert bot.says("1234") == ["found", "points"]
    assert bot.events == ["completed order", "started points", "completed points"]


def test_an_interrupted_flow_is_taken_up_again_and_says_so(tmp_path):
    bot = a_bot(tmp_path)
    bot.says("my order", "track_order")

    replies = bot.says("how many points have I", "ask_points")

    assert replies == ["points", "resuming", "ask_order_no"]
    assert bot.events == ["interrupted order", "started points", "completed points", "resumed order"]
    assert bot.state.asking == "order_no"


def test_a_corrected_slot_runs_the_flow_again(tmp_path):
    bot = a_bot(tmp_path)
    bot.says("A123", "track_order", order_no="A123")

    assert bot.says("no, it is A777", "deny", order_no="A777") == ["ask_digits"]
    bot.says("1234")

    assert bot.acts == [("find", {"order_no": "A777", "digits": "1234"})]


def test_an_order_number_is_not_taken_for_the_digits_of_a_phone(tmp_path):
    bot = a_bot(tmp_path)
    bot.says("A123", "track_order", order_no="A123")

    assert bot.says("A98765", order_no="A98765") == ["ask_digits"]
    assert bot.state.shown_slots == {"order_no": "A98765"}


def test_cancelling_stops_this_task_and_goes_on_with_the_one_before(tmp_path):
    bot = a_bot(tmp_path)
    bot.says("my order", "track_order")
    bot.says("the cup broke", "complain")

    assert bot.says("never mind", "cancel_dialogue") == ["cancelled", "resuming", "ask_order_no"]
    assert bot.events == ["cancelled complain", "resumed order"]
    assert bot.says("never mind", "cancel_dialogue") == ["cancelled"]
    assert bot.says("never mind", "cancel_dialogue") == ["nothing_to_cancel"]


def test_small_talk_keeps_the_open_question(tmp_path):
    bot = a_bot(tmp_path)
    bot.says("my order", "track_order")

    assert bot.says("hello", "greet") == ["greet", "ask_order_no"]
    assert bot.state.asking == "order_no"


def test_thanks_bring_the_question_back_only_once_in_a_row(tmp_path):
    bot = a_bot(tmp_path)
    bot.says("my order", "track_order")

    assert bot.says("thanks", "thank") == ["thank", "ask_order_no"]
    assert bot.says("thanks", "thank") == ["thank"]
    assert bot.state.asking == "order_no"
    bot.says("hm?")
    assert bot.says("thanks", "thank") == ["thank", "ask_order_no"]


def test_what_brings_a_task_up_again_answers_its_question_too(tmp_path):
    kinds = """
        intents: [fuss, late]
        matter: trouble
        slots:
          kind: {type: choice, values: [late], by_intent: {late: late}}
        steps:
          - collect: kind
          - action: open_ticket
          - say: opened
        """
    bot = a_bot(tmp_path, trouble=kinds)
    bot.says("something is the matter", "fuss")
    bot.says("my order", "track_order")

    replies = bot.says("the courier is late", "late")

    assert replies[:2] == ["resuming", "opened"]
    assert bot.acts == [("open_ticket", {"kind": "late"})]


def test_guesses_at_a_message_that_fits_nothing_start_nothing(tmp_path):
    bot = a_bot(tmp_path)

    assert bot.says("the purple one", "out_of_scope", "track_order") == ["cannot_handle"]
    assert bot.state.stack == ()


def test_a_repeated_answer_is_the_last_one_with_its_question(tmp_path):
    bot = a_bot(tmp_path)
    bot.says("my order", "track_order")
    bot.says("hello", "greet")

    assert bot.says("say that again", "repeat") == ["greet", "ask_order_no"]
    assert bot.state.asking == "order_no"
    assert a_bot(tmp_path).says("what?", "repeat") == ["nothing_to_repeat"]


def test_what_was_said_after_an_action_is_repeated_too(tmp_path):
    bot = a_bot(tmp_path)
    bot.says("A123", "track_order", order_no="A123")
    bot.says("1234")

    assert bot.says("say that again", "repeat") == ["found"]


def test_two_misunderstandings_in_a_row_bring_a_person(tmp_path):
    bot = a_bot(tmp_path)

    assert bot.says("asdf") == ["cannot_handle"]
    assert bot.says("hello", "greet") == ["greet"]
    assert bot.says("asdf") == ["cannot_handle"]
    assert bot.says("asdf") == ["handed_over"]


def test_an_answer_that_is_none_is_said_and_asked_again(tmp_path):
    bot = a_bot(tmp_path)
    bot.says("my order", "track_order")

    assert bot.says("blue") == ["not_an_answer", "ask_order_no"]
    assert bot.says("blue") == ["handed_over"]
    assert bot.state.stack == ()


def test_asking_for_a_person_wins_over_everything_else_in_the_message(tmp_path):
    bot = a_bot(tmp_path)
    bot.says("my order", "track_order")

    assert bot.says("A123, give me a person", "track_order", "request_human_agent", order_no="A123") == ["handed_over"]
    assert bot.events == ["cancelled order", "started person", "completed person"]


def test_an_angry_customer_goes_to_a_person_at_once_but_an_angry_opt_out_is_honoured(tmp_path):
    bot = a_bot(tmp_path, stop="intents: [opt_out]\nsteps:\n  - say: stopped\n")

    assert bot.says("what a mess!!", "track_order", sentiment=-0.9) == ["handed_over"]
    assert bot.says("stop writing to me!!", "opt_out", sentiment=-0.9) == ["stopped"]


def test_a_first_message_that_says_something_is_the_description(tmp_path):
    bot = a_bot(tmp_path)

    assert bot.says("my cup broke", "complain") == ["ask_order_no"]
    assert bot.state.shown_slots == {"description": "my cup broke"}


def test_a_bare_first_message_is_no_description(tmp_path):
    assert a_bot(tmp_path).says("我要", "complain") == ["ask_description"]


def test_a_skippable_question_can_be_passed_over_in_four_ways(tmp_path):
    for way in (
        heard("skip"),
        heard("skip", "cancel_dialogue"),
        heard("I have none", "deny"),
        Heard(payload='/set{"order_no":null}'),
    ):
        bot = a_bot(tmp_path)
        bot.says("my cup broke", "complain")

        assert bot.hears(way) == ["ask_sure"]


def test_what_the_customer_adds_later_is_added_to_the_description(tmp_path):
    bot = a_bot(tmp_path)
    bot.says("my cup broke", "complain")

    assert bot.says("and the lid too", "complain") == ["ask_order_no"]
    assert bot.state.shown_slots == {"description": "my cup broke\nand the lid too"}


def test_a_sticker_where_words_were_asked_says_what_is_needed(tmp_path):
    bot = a_bot(tmp_path)

    assert bot.hears(Heard(attachment="file")) == ["words_needed_idle"]
    bot.says("my order", "track_order")
    assert bot.hears(Heard(attachment="photo")) == ["words_needed", "ask_order_no"]
    assert bot.hears(Heard(attachment="contact")) == ["contact_kept", "ask_order_no"]


def test_a_button_answers_the_question_and_an_old_one_changes_nothing(tmp_path):
    bot = a_bot(tmp_path)

    assert bot.hears(Heard(payload='/track_order{"order_no":"A123"}')) == ["ask_digits"]
    assert bot.hears(Heard(payload='/set{"order_no":"A999"}')) == ["old_button", "ask_digits"]
    assert bot.hears(Heard(payload='/set{"sure":true}')) == ["old_button", "ask_digits"]
    assert bot.hears(Heard(payload='/set{"digits":"1234"}')) == ["found"]
    assert bot.acts == [("find", {"order_no": "A123", "digits": "1234"})]


def test_a_button_that_is_none_of_ours_changes_nothing(tmp_path):
    bot = a_bot(tmp_path)

    for payload in (
        "",
        "/",
        "/nobody",
        "/set",
        "/set{",
        "/set[1]",
        '/set{"a":NaN}',
        "track_order",
        "/" + "a" * 64,
    ):
        assert bot.hears(Heard(payload=payload)) == ["old_button"]
    assert bot.state.stack == ()


def test_a_typed_payload_is_only_text(tmp_path):
    bot = a_bot(tmp_path)

    assert bot.says("/track_order") == ["cannot_handle"]
    bot.says("my cup broke", "complain")
    assert bot.says('/set{"order_no":"A123"}') == ["not_an_answer", "ask_order_no"]
    assert "order_no" not in bot.state.shown_slots


def test_a_title_or_its_number_may_be_typed_where_buttons_were_shown(tmp_path):
    for typed in ("2", "2.", "２", "２．", "2、", "a123"):
        bot = a_bot(tmp_path)
        bot.says("my order", "track_order")
        bot.state = bot.state.offering([("A777", '/set{"order_no":"A777"}'), ("A123", '/set{"order_no":"A123"}')])

        assert bot.says(typed) == ["ask_digits"]
        assert bot.state.shown_slots == {"order_no": "A123"}


def test_an_order_number_alone_asks_about_that_order(tmp_path):
    assert a_bot(tmp_path).says("A123", order_no="A123") == ["ask_digits"]


def test_a_called_flow_shares_slots_and_is_not_seen(tmp_path):
    caller = "intents: [buy]\nslots: {size: {}}\nsteps:\n  - call: ask_size\n  - action: find\n"
    called = "slots: {size: {values: [s, m], type: choice}}\nsteps:\n  - collect: size\n"
    bot = a_bot(tmp_path, buy=caller, ask_size=called)

    assert bot.says("I want it", "buy") == ["ask_size"]
    assert bot.state.flow == "buy"
    assert bot.hears(Heard(payload='/set{"size":"m"}')) == []
    assert bot.acts == [("find", {"size": "m"})]
    assert bot.events == ["completed buy"]


def test_a_rejected_value_is_asked_for_again(tmp_path):
    flow = """
    intents: [spend]
    slots: {amount: {type: number, entity: amount}}
    steps:
      - collect: amount
        rejections:
          - {if: slots.amount > 100, utter: too_much}
      - say: spent
    """
    bot = a_bot(tmp_path, spend=flow)

    assert bot.says("spend 500", "spend", amount=500) == ["too_much", "ask_amount"]
    assert bot.says("50", amount=50) == ["spent"]


def test_a_slot_that_is_kept_is_not_asked_again_in_the_next_flow(tmp_path):
    keeps = "intents: [keep]\npersisted_slots: [size]\nslots: {size: {entity: size}}\nsteps:\n  - collect: size\n"
    uses = "intents: [use]\nslots: {size: {entity: size}}\nsteps:\n  - collect: size\n  - say: used\n"
    bot = a_bot(tmp_path, keep=keeps, use=uses)

    bot.says("m", "keep", size="m")

    assert bot.says("go on", "use") == ["used"]


def test_a_flow_that_never_ends_is_given_up_with_a_word_to_the_customer(tmp_path):
    bot = a_bot(tmp_path, round="intents: [turn]\nsteps:\n  - {id: a, action: find, next: a}\n")

    assert bot.says("turn", "turn") == ["cannot_go_on"]
    assert bot.events[-1] == "cancelled round"
    assert len(bot.acts) == 20


def test_a_stored_talk_in_a_flow_that_is_gone_starts_afresh(tmp_path):
    bot = a_bot(tmp_path)
    gone = (Frame("sold_out", "step_9"), Frame("part", "x", called=True))
    bot.state = DialogueState(
        stack=(Frame("order", "step_1", asked=("order_no",)), *gone), asking="reward", last_says=(Say("gone"),)
    )

    assert bot.says("A123", order_no="A123") == ["ask_digits"]
    assert bot.state.flow == "order"


def test_a_stored_talk_goes_on_at_the_step_that_its_own_is_called_today(tmp_path):
    renamed = ORDER.replace("slots:", "renamed: {ask_number: step_1}\nslots:", 1)
    bot = a_bot(tmp_path, order=renamed)
    before = Frame("order", "ask_number", {"colour": "red"}, asked=("order_no",))
    bot.state = DialogueState(stack=(before,), asking="order_no")

    assert bot.says("A123", order_no="A123") == ["ask_digits"]
    assert bot.state.shown_slots == {"order_no": "A123"}


def test_a_pattern_may_ask_and_act_and_the_talk_goes_on_below_it(tmp_path):
    asks = """
        pattern: cancel
        slots: {why: {free: true}}
        steps:
          - collect: why
          - action: note_why
          - say: thanks
        """
    bot = Bot(changed(tmp_path, "cancel", asks), note_why={})
    bot.says("my order", "track_order")
    bot.says("the cup broke", "complain")

    assert bot.says("never mind", "cancel_dialogue") == ["ask_why"]
    assert bot.state.flow == "order"
    assert bot.says("no time for it") == ["thanks", "resuming", "ask_order_no"]
    assert bot.acts[0][1]["why"] == "no time for it"
    assert bot.events == []


def test_a_pattern_that_asks_is_dropped_where_the_customer_wants_something_else(tmp_path):
    asks = "pattern: completed\nslots: {more: {type: bool}}\nsteps:\n  - collect: more\n"
    bot = Bot(changed(tmp_path, "completed", asks))

    assert bot.says("points", "ask_points") == ["points", "ask_more"]
    assert bot.says("my order", "track_order") == ["ask_order_no"]
    assert bot.state.asking == "order_no"


def test_the_result_of_an_action_nobody_waits_for_changes_nothing(tmp_path):
    bot = a_bot(tmp_path)

    decision = decide(bot.book, bot.state, ActionDone("find", {}), {})

    assert decision.says == ()
    assert decision.state.stack == ()


ADDRESS = """
intents: [deliver]
slots: {order_no: {entity: order_no}}
steps:
  - {collect: order_no, ask_before_filling: true}
  - say: found
"""


def test_what_is_known_is_asked_all_the_same_where_the_flow_wants_the_customer_to_say_it(tmp_path):
    bot = Bot(book_of(tmp_path, deliver=ADDRESS))

    asked = bot.says("send A10293", "deliver", order_no="A10293")

    assert asked == ["ask_order_no"]
    assert bot.state.asking == "order_no"


def test_what_is_asked_before_filling_is_asked_only_once(tmp_path):
    bot = Bot(book_of(tmp_path, deliver=ADDRESS))
    bot.says("send A10293", "deliver", order_no="A10293")

    told = bot.says("A10294", order_no="A10294")

    assert told == ["found"]
    assert bot.state.stack == ()


def test_what_is_known_is_not_asked_without_that(tmp_path):
    bot = Bot(book_of(tmp_path, deliver=ADDRESS.replace(", ask_before_filling: true", "")))

    assert bot.says("send A10293", "deliver", order_no="A10293") == ["found"]


def test_an_address_is_the_answer_to_an_open_question_whatever_it_is_taken_for(tmp_path):
    for text in ("12 High Street, London", "杭州西湖区文三路 1 号"):
        bot = a_bot(tmp_path)
        bot.says("complain", "complain")

        bot.says(text, "track_order")

        assert bot.state.flow == "complain"
