"""Where is my order: told to whom it may be told, in whole talks on the shipped flows."""

import pytest

from tests.flows.talks import MONDAY, Shop, Talk, heard


def test_the_owner_hears_everything_about_an_order():
    talk = Talk(Shop())

    assert talk.says("订单A10293到哪了", "track_order", order_no="A10293") == (
        "单号 A10293 已发顺丰 SF1234567890，预计11月25日 周三到。"
    )
    assert talk.state.flow is None


def test_the_owner_chooses_among_the_last_orders():
    shop = Shop()
    shop.add_order("A10294", "wang", "paid")
    talk = Talk(shop, language="en")

    asked = talk.says("where's my order", "track_order")

    assert asked == "I see A10293 and A10101 on file. Which one is it? Another order number is fine too."
    assert talk.titles == ["A10293", "A10101"]
    assert talk.presses("A10101") == "Order A10101 was delivered Fri 20 Nov. If it isn't there, tell me."


def test_a_late_order_is_admitted_and_offers_what_to_do():
    shop = Shop()
    shop.add_order("A30003", "wang", "shipped", eta=MONDAY.replace(day=20))
    talk = Talk(shop, language="en")

    said = talk.says("where is A30003", "track_order", order_no="A30003")

    assert said == "Order A30003 is late. It was due Fri 20 Nov and is still on its way."
    assert talk.titles == ["Ask the carrier", "Report the delay", "Talk to a person"]


def test_an_order_due_today_is_not_late_yet():
    shop = Shop()
    shop.add_order("A30003", "wang", "shipped", eta=MONDAY.replace(hour=0))

    said = Talk(shop, language="en").says("where is A30003", "track_order", order_no="A30003")

    assert "late" not in said


def test_somebody_else_hears_status_and_arrival_only_after_the_digits_of_the_phone():
    talk = Talk(Shop(), verified=False, customer="other", language="en")

    asked = talk.says("where is A10293", "track_order", order_no="A10293")
    told = talk.says("1234")

    assert asked == "To protect the buyer, what are the last four digits of the order's phone?"
    assert told == "Order A10293 is on its way and should arrive Wed 25 Nov."
    assert "SF" not in told
    assert "顺丰" not in told


def test_an_order_that_does_not_exist_is_answered_like_one_that_is_not_yours():
    said = []
    for order_no in ("A10293", "Z99999"):
        talk = Talk(Shop(), verified=False, customer="other")
        talks = [talk.says(f"{order_no}到哪了", "track_order", order_no=order_no), talk.says("0000")]
        said.append([line.replace(order_no, "?") for line in talks])

    assert said[0] == said[1]


def test_after_three_wrong_tries_a_person_goes_on():
    shop = Shop()
    talk = Talk(shop, verified=False, customer="other")
    talk.says("A10293到哪了", "track_order", order_no="A10293")

    talk.says("0001")
    talk.says("0002")
    said = talk.says("0003")

    assert "三次" in said
    assert shop.owner("other") == "queue"
    assert shop.events("handoff.requested") == [{"reason": "verification"}]


def test_the_right_digits_no_longer_help_once_the_tries_are_used_up():
    talk = Talk(Shop(), verified=False, customer="other")
    talk.says("A10293到哪了", "track_order", order_no="A10293")
    for digits in ("0001", "0002", "0003"):
        talk.says(digits)

    talk.says("A10293到哪了", "track_order", order_no="A10293")

    assert "A10293" not in talk.says("1234")


def test_a_verified_customer_who_names_anothers_order_is_shown_their_own():
    talk = Talk(Shop(), language="en")

    said = talk.says("where is A20001", "track_order", order_no="A20001")

    assert said.startswith("I can't find A20001 among your orders. I do see A10293 and A10101. One of those?")
    assert talk.titles == ["A10293", "A10101"]
    assert "SF1234567890" in talk.presses("A10293")


def test_a_verified_customer_proves_anothers_order_like_anybody():
    talk = Talk(Shop(), language="en")
    talk.says("where is A20001", "track_order", order_no="A20001")

    assert talk.says("9999") == "Order A20001 is on its way and should arrive Wed 25 Nov."


@pytest.mark.parametrize("typed", ["1234", "尾号1234", "13800001234", "手机尾号是 1234 哦"])
def test_the_digits_are_found_however_they_are_typed(typed):
    talk = Talk(Shop(), verified=False, customer="other")
    talk.says("A10293到哪了", "track_order", order_no="A10293")

    assert talk.says(typed) == "单号 A10293：运输中，预计11月25日 周三到。"


def test_a_customer_who_cannot_find_the_number_is_told_where_it_is_and_then_helped_by_a_person():
    shop = Shop()
    talk = Talk(shop, verified=False)
    talk.says("查订单", "track_order")

    assert "单号在" in talk.says("我忘了")
    assert talk.state.asking == "order_no"
    talk.says("真的忘了")

    assert shop.owner() == "queue"


def test_a_second_wish_of_the_message_is_served_after_the_first():
    shop = Shop()
    shop.earn("wang", 2860, None)
    talk = Talk(shop, language="en")

    said = talk.hears(heard("where is A10293, and my points?", "track_order", "ask_points_balance", order_no="A10293"))

    assert said.splitlines() == [
        "Order A10293 is with 顺丰, SF1234567890, and should arrive Wed 25 Nov.",
        "Fang, you have 2,860 points, and none expire soon.",
    ]
