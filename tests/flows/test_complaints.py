"""From the first angry word to a numbered case, in whole talks on the shipped flows."""

import pytest

from tests.flows.talks import Shop, Talk, nobody_in


def opened(shop):
    (ticket,) = shop.events("ticket.opened")
    return {name: ticket[name] for name in ("category", "priority", "order_no", "summary")}


def test_a_complaint_that_says_what_happened_is_not_asked_for_it_again():
    shop = Shop()
    talk = Talk(shop)

    first = talk.says("收到的杯子裂了，订单A10101", "complain_product_quality", order_no="A10101")
    last = talk.says("是的", "affirm")

    assert first == "我记的是：商品质量，订单 A10101，收到的杯子裂了，订单A10101\n这样登记对吗？"
    assert talk.state.flow is None
    assert "T-1001" in last
    assert "11月24日 周二 10:00" in last
    assert opened(shop) == {
        "category": "product_quality",
        "priority": "normal",
        "order_no": "A10101",
        "summary": "收到的杯子裂了，订单A10101",
    }


def test_a_bare_complaint_is_asked_for_its_kind_and_what_happened():
    shop = Shop()
    talk = Talk(shop, language="en")

    assert talk.says("I want to make a complaint", "complain_service") == "I'm listening. What is it about?"
    assert talk.presses("Billing").startswith("What happened?")
    assert talk.says("you charged me twice", "complain_billing").startswith("Which order is it?")
    assert talk.presses("Skip") == "Here's what I have: billing. you charged me twice\nShall I file it like this?"
    talk.presses("Yes")

    assert opened(shop) == {
        "category": "billing",
        "priority": "normal",
        "order_no": None,
        "summary": "you charged me twice",
    }


def test_a_complaint_that_names_only_its_kind_is_asked_what_happened():
    talk = Talk(Shop())

    assert talk.says("我要投诉快递", "complain_delivery").startswith("请说说出了什么事")
    assert talk.state.shown_slots == {"category": "delivery"}


@pytest.mark.parametrize(
    "intent",
    [
        "complain_product_quality",
        "complain_service",
        "complain_delivery",
        "complain_billing",
        "report_missing_wrong_item",
    ],
)
def test_every_complaint_goes_the_same_way_under_its_own_name(intent):
    shop = Shop()
    talk = Talk(shop)

    talk.says("这次真是太让人失望了", intent)

    assert talk.state.flow == intent
    assert talk.state.asking == "order_no"
    talk.says("没有", "deny")
    talk.says("对", "affirm")
    assert opened(shop)["category"] == intent.removeprefix("complain_").removeprefix("report_")


def test_another_persons_order_is_not_attached():
    shop = Shop()
    talk = Talk(shop)
    talk.says("收到的杯子裂了", "complain_product_quality")

    said = talk.says("A20001", order_no="A20001")

    assert said.startswith("在您名下没有找到 A20001。")
    assert talk.state.asking == "order_no"
    talk.presses("跳过")
    talk.presses("是")
    assert opened(shop)["order_no"] is None


def test_an_unverified_customers_order_number_is_kept_as_said():
    shop = Shop()
    talk = Talk(shop, verified=False)
    talk.says("收到的杯子裂了", "complain_product_quality")

    said = talk.says("A20001", order_no="A20001")
    talk.says("是", "affirm")

    assert "没有找到" not in said
    assert opened(shop)["order_no"] == "A20001"


@pytest.mark.parametrize("words", ["没有订单", "跳过", "忘了单号", "I don't have it", "no order number"])
def test_no_order_at_hand_is_no_wish_to_track_one(words):
    talk = Talk(Shop())
    talk.says("收到的杯子裂了", "complain_product_quality")

    talk.says(words, "track_order")

    assert talk.state.asking == "confirm_complaint"
    assert len(talk.state.stack) == 2, "the complaint and its called part, nothing waiting below"


def test_what_was_written_down_can_be_changed_before_it_is_filed():
    shop = Shop()
    talk = Talk(shop)
    talk.says("收到的杯子裂了", "complain_product_quality")
    talk.presses("A10293")

    talk.presses("改一下")
    talk.presses("订单")
    talk.presses("A10101")
    talk.says("不对", "deny")
    talk.presses("类别")
    talk.presses("配送")
    talk.presses("是")

    assert opened(shop) == {
        "category": "delivery",
        "priority": "normal",
        "order_no": "A10101",
        "summary": "收到的杯子裂了",
    }


def test_an_order_number_corrected_at_the_read_back_is_taken():
    shop = Shop()
    talk = Talk(shop)
    talk.says("收到的杯子裂了，A10293", "complain_product_quality", order_no="A10293")

    said = talk.says("不对，是A10101", "deny", order_no="A10101")

    assert "订单 A10101" in said
    assert talk.state.asking == "confirm_complaint"
    talk.presses("是")
    assert opened(shop)["order_no"] == "A10101"


def test_a_complaint_can_be_dropped_at_the_read_back():
    shop = Shop()
    talk = Talk(shop)
    talk.says("收到的杯子裂了", "complain_product_quality")
    talk.presses("跳过")

    talk.presses("算了")

    assert shop.events("ticket.opened") == []
    assert talk.flow_events == [("flow.cancelled", "complain_product_quality")]


def test_an_angry_complaint_is_a_case_and_in_the_queue_with_one_reply():
    shop = Shop()
    talk = Talk(shop)

    said = talk.says("又坏了！垃圾！！", "complain_product_quality", sentiment=-0.9)

    assert len(talk.messages) == 1
    assert "T-1001" in said
    assert "11月23日 周一 18:00" in said
    assert opened(shop) == {
        "category": "product_quality",
        "priority": "high",
        "order_no": None,
        "summary": "又坏了！垃圾！！",
    }
    assert shop.owner() == "queue"
    assert shop.events("handoff.requested") == [{"reason": "angry"}]


def test_anger_in_the_middle_of_a_complaint_files_what_is_known():
    shop = Shop()
    talk = Talk(shop)
    talk.says("收到的杯子裂了，A10101", "complain_product_quality", order_no="A10101")

    talk.says("问这么多烦不烦！！", "out_of_scope", sentiment=-0.8)

    assert opened(shop) == {
        "category": "product_quality",
        "priority": "high",
        "order_no": "A10101",
        "summary": "收到的杯子裂了，A10101\n问这么多烦不烦！！",
    }
    assert talk.state.stack == ()


def test_an_angry_customer_in_the_evening_is_told_when_people_are_back_and_nothing_sooner():
    said = Talk(Shop(), language="en", **nobody_in()).says("broken again!!", "complain_product_quality", sentiment=-0.9)

    assert "Tue 24 Nov, 9 am" in said
    assert "23 Nov" not in said


def test_danger_is_answered_with_safety_first_and_an_urgent_case():
    shop = Shop()
    talk = Talk(shop, language="en")

    said = talk.says("the kettle burst and burnt my hand", "complain_product_quality", urgency=0.95).splitlines()

    assert said[0].startswith("Safety first. Stop using it")
    assert "T-1001" in said[1]
    assert opened(shop)["priority"] == "urgent"
    assert shop.events("handoff.requested") == [{"reason": "danger"}]


@pytest.mark.parametrize(
    "intents", [("ask_how_to_use",), ("request_human_agent", "complain_product_quality"), ("ask_warranty_repair",)]
)
def test_danger_comes_before_everything_else_in_the_message(intents):
    shop = Shop()
    talk = Talk(shop)

    said = talk.says("水壶漏电了怎么办", *intents, urgency=0.95)

    assert said.startswith("安全第一")
    assert opened(shop) == {
        "category": "product_quality",
        "priority": "urgent",
        "order_no": None,
        "summary": "水壶漏电了怎么办",
    }
    assert shop.owner() == "queue"


def test_the_owner_hears_how_the_cases_are_going():
    shop = Shop()
    talk = Talk(shop, language="en")
    talk.says("my cup arrived broken", "complain_product_quality")
    talk.presses("Skip")
    talk.presses("Yes")

    said = talk.says("how's my complaint going", "check_complaint_status")

    assert said == (
        "Here's where your cases stand:\n"
        "T-1001, product quality, being worked on, due Tue 24 Nov, 10 am. Last step: filed, Mon 23 Nov, 10 am."
    )


def test_nobody_else_hears_of_cases():
    talk = Talk(Shop(), verified=False, language="en", can_request_contact=False)

    said = talk.says("how's my complaint going", "check_complaint_status")

    assert said.startswith("I only tell that to the account's owner")
