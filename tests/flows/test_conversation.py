"""Points, offers, people and everything around them, in whole talks on the shipped flows."""

from datetime import timedelta
from itertools import pairwise

import pytest

from flows.engine.heard import Heard
from tests.flows.talks import MONDAY, Shop, Talk, nobody_in


def test_the_owner_hears_the_balance_and_what_expires_next():
    shop = Shop()
    shop.earn("wang", 2000, None)
    shop.earn("wang", 860, MONDAY + timedelta(days=60))

    said = Talk(shop, language="en").says("points?", "ask_points_balance")

    assert said.endswith("ou have 2,860 points; 860 of them expire Fri 22 Jan 2027.")


def test_points_are_told_after_the_platform_has_vouched_for_the_phone():
    shop = Shop()
    talk = Talk(shop, verified=False)

    asked = talk.says("我有多少积分", "ask_points_balance")

    assert "只告诉本人" in asked
    assert talk.messages[0].request_contact
    talk.verified = True
    assert talk.hears(Heard(attachment="contact")) == "您现在是 0 积分。"
    assert talk.flow_events == [("flow.completed", "ask_points_balance")]


def test_a_phone_that_belongs_to_nobody_leads_to_a_person():
    shop = Shop()
    talk = Talk(shop, verified=False)
    talk.says("我有多少积分", "ask_points_balance")

    talk.hears(Heard(attachment="contact"))

    assert talk.state.asking == "wants_person"
    talk.says("好的", "affirm")
    assert shop.events("handoff.requested") == [{"reason": "verification"}]


def test_offers_stop_at_once_and_it_is_said_once():
    shop = Shop()
    talk = Talk(shop, language="en")
    talk.says("tell me about offers", "opt_in_marketing")

    said = talk.says("stop", "opt_out_marketing")

    assert said.startswith("Done. No more offers")
    assert len(talk.messages) == 1
    changes = [(change["purpose"], change["value"]) for change in shop.events("consent.changed")]
    assert changes == [("care", True), ("marketing", True), ("care", False), ("marketing", False)]


def test_a_customer_who_asks_for_a_person_is_in_the_queue_and_told_when_people_are_back():
    shop = Shop()

    said = Talk(shop, **nobody_in()).says("转人工", "request_human_agent")

    assert "11月24日 周二 09:00" in said
    assert shop.owner() == "queue"
    assert shop.events("handoff.requested") == [{"reason": "asked"}]


def test_a_wish_with_a_flow_of_its_own_is_served_while_a_person_is_offered():
    talk = Talk(Shop(), language="en")
    talk.says("how do I earn points?", "ask_earn_rules")

    said = talk.says("and how many have I?", "ask_points_balance")

    assert "0 points" in said
    assert (talk.state.misunderstood, talk.state.asking) == (0, "wants_person")


def test_ok_to_sharing_the_phone_is_no_phone():
    talk = Talk(Shop(), verified=False)
    talk.says("我有多少积分", "ask_points_balance")

    first, second = talk.says("好的", "affirm"), talk.says("谢谢", "thank")

    assert "按钮" in first
    assert "按钮" not in second
    assert talk.state.asking == "contact_shared"


def test_a_small_stop_is_for_a_greeting_only_where_one_was_read_last():
    shop = Shop()
    after_an_answer, after_a_greeting = Talk(shop, verified=False), Talk(shop, verified=False, last_was_care=True)
    for talk in (after_an_answer, after_a_greeting):
        talk.says("tell me about offers", "opt_in_marketing")
        talk.says("where's my order", "track_order")

    kept = after_an_answer.says("stop", "cancel_dialogue", "opt_out_marketing")
    ended = after_a_greeting.says("stop", "cancel_dialogue", "opt_out_marketing")

    assert "不发" not in kept
    assert ended.count("不发") == 1
    assert after_a_greeting.state.stack == ()


@pytest.mark.parametrize(
    ("rule", "intent", "flow"),
    [
        ("birthday", "thank", "answer_greeting"),
        ("complaint_follow_up", "affirm", "answer_follow_up"),
        ("complaint_follow_up", "complain_delivery", "answer_follow_up"),
        ("complaint_follow_up", "track_order", "track_order"),
        ("birthday", "complain_delivery", "complain_delivery"),
        ("a rule of the shop's own", "thank", None),
        (None, "thank", None),
    ],
)
def test_what_answers_our_message_is_taken_as_its_answer(rule, intent, flow):
    talk = Talk(Shop(), verified=True, last_was_care=rule is not None, answers_care=rule, care_number="T-1001")

    talk.says("…", intent)

    assert next((started for kind, started in talk.flow_events if kind == "flow.started"), None) == flow


def test_a_plain_no_to_our_question_is_asked_about_before_a_case_is_opened_again():
    talk = Talk(Shop(), verified=True, last_was_care=True, answers_care="complaint_follow_up", care_number="T-1001")

    asked = talk.says("没有", "deny")

    assert "T-1001" in asked
    assert talk.titles == ["都好了", "还没好"]
    assert "T-1001" in talk.says("都好了", "out_of_scope")
    assert talk.state.stack == ()


def test_a_declined_person_leaves_the_bot_in_charge():
    shop = Shop()
    talk = Talk(shop)
    talk.says("有货吗", "ask_stock")

    talk.presses("不用了")

    assert shop.owner() == "bot"
    assert talk.state.stack == ()


def test_a_person_taken_in_the_middle_of_a_task_ends_the_tasks_below_it():
    shop = Shop()
    talk = Talk(shop, verified=False)
    talk.says("查订单", "track_order")

    said = talk.says("转人工", "request_human_agent")

    assert len(said.splitlines()) == 1
    assert talk.state.stack == ()
    assert ("flow.cancelled", "track_order") in talk.flow_events


def test_no_thanks_after_a_stopped_task_is_taken_as_no_more_help():
    talk = Talk(Shop(), language="en")
    talk.says("where's my order", "track_order")
    talk.says("never mind", "cancel_dialogue")

    talk.says("no thanks", "thank", "deny")

    assert talk.messages[0].reply == "no_to_help"


def test_nobody_reads_the_same_line_twice_in_a_row():
    talk = Talk(Shop())

    lines = [talk.says("谢谢", "thank") for _ in range(12)]

    assert all(before != after for before, after in pairwise(lines))


def test_the_same_talk_is_worded_the_same_each_time():
    def talk_once():
        talk = Talk(Shop(), language="en")
        return [talk.says("hi", "greet"), talk.says("thanks", "thank"), talk.says("bye", "goodbye")]

    assert talk_once() == talk_once()


def test_a_very_long_message_is_answered_and_only_its_beginning_kept():
    talk = Talk(Shop())

    talk.says("坏了" * 50_000, "complain_product_quality")

    assert talk.state.asking == "order_no"
    assert len(talk.state.shown_slots["description"]) == 1000
