"""The club in whole talks, where the store has to be set up by hand."""

from dataclasses import replace
from decimal import Decimal

import pytest

from crm_store import coupons, customers
from crm_store.coupons import Offer
from crm_store.customers import Birthday
from flows.leap_days import rule_of
from flows.loyalty.birthdays import meant, readings
from flows.loyalty.settings import LoyaltySettings
from flows.settings import FlowSettings
from tests.flows.talks import Shop, Talk

TEA = Offer("birthday-tea", "product", sku="TEA-1", per_customer=5)


class Member(Talk):
    """Talks to a shop that gives a tea on birthdays."""

    def _context(self, event):
        loyalty = LoyaltySettings(birthday_coupon="birthday-tea", birthday_days=30)
        return replace(super()._context(event), settings=FlowSettings(loyalty=loyalty))


def a_member(month=11, day=20, calendar="solar", **more):
    shop = Shop()
    coupons.define(shop.conn, TEA)
    born = {"birth_month": month, "birth_day": day, "birth_calendar": calendar} if month else {}
    customers.change(shop.conn, "wang", member=True, **born, **more)
    return shop, Member(shop)


def ask(talk):
    return talk.says("生日有什么福利", "ask_membership_tier")


def test_the_birthdays_coupon_is_given_once_and_told_again():
    shop, talk = a_member()

    first, again = ask(talk), ask(talk)

    (code,) = [event["coupon"] for event in shop.events("coupon.issued")]
    assert "生日快乐" in first
    assert code in first
    assert code in again
    assert "已经给您了" in again


def test_a_birthday_that_is_set_anew_gives_no_second_coupon_that_year():
    shop, talk = a_member()
    ask(talk)
    customers.change(shop.conn, "wang", birth_day=22)

    ask(talk)

    assert len(shop.events("coupon.issued")) == 1


@pytest.mark.parametrize(
    ("month", "day", "calendar", "from_when"),
    [(12, 1, "solar", "12月1日"), (11, 22, "lunar", "12月30日"), (2, 29, "solar", "2月28日")],
)
def test_before_the_birthday_is_told_when_it_is_the_time(month, day, calendar, from_when):
    shop, talk = a_member(month, day, calendar)

    assert from_when in ask(talk)
    assert shop.events("coupon.issued") == []


def test_whoever_is_no_member_or_told_no_birthday_gets_no_coupon():
    shop, talk = a_member(month=None)
    without_birthday = ask(talk)
    customers.change(shop.conn, "wang", member=False)

    no_member = ask(talk)

    assert "还不知道" in without_birthday
    assert "还不是会员" in no_member
    assert shop.events("coupon.issued") == []


def test_a_reward_with_a_stock_is_offered_till_it_is_gone_and_then_said_to_be():
    shop = Shop()
    shop.earn("wang", 2000, None)
    shop.earn("other", 2000, None)
    tea = Offer("tea", "product", sku="TEA-1", points=800, stock=1)
    coupons.define(shop.conn, tea)
    her, him = Talk(shop), Talk(shop, customer="other", language="en")
    her.says("积分换茶", "redeem_points")
    him.says("spend points", "redeem_points")
    her.presses('/set{"reward":"tea"}')
    asked = him.presses('/set{"reward":"tea"}')

    done, gone = her.says("好", "affirm"), him.says("yes", "affirm")

    assert "TEA-1" in asked
    assert "换好了" in done
    assert "all gone" in gone
    assert len(shop.events("points.spent")) == 1


def test_percent_and_least_order_are_told_as_each_language_does():
    shop = Shop()
    shop.earn("wang", 2000, None)
    coupons.define(
        shop.conn, Offer("fifteen", "percent", Decimal(15), min_spend=Decimal(200), points=900)
    )  # fmt: skip

    zh = Talk(shop).says("900积分换券", "redeem_points", points=900)
    en = Talk(shop, language="en").says("redeem 900 points", "redeem_points", points=900)

    assert "满 200 打 8.5 折券" in zh
    assert "15% off from 200 on" in en


OPEN = {
    "ambiguous": [
        {"calendar": "solar", "year": 1990, "month": 3, "day": 5},
        {"calendar": "solar", "year": 1990, "month": 5, "day": 3},
    ]
}


@pytest.mark.parametrize(
    ("answer", "month"),
    [("first", 3), ("second", 5), ("前一个", 3), ("后面那个", 5), ("三月五号", 3), ("5月3日", 5), ("3 May", 5),
     ("the second one", 5), ("March", 3), ("嗯", None), ("2月", None)],
)  # fmt: skip
def test_which_of_two_days_is_meant_is_read_or_asked_again(answer, month):
    found = meant(readings(OPEN), answer)

    assert (found.month if found else None) == month


@pytest.mark.parametrize(
    ("answer", "rule"),
    [("feb28", "feb28"), ("mar1", "mar1"), ("2月28号吧", "feb28"), ("三月一号", "mar1"), ("the 28th", "feb28"),
     ("1 March", "mar1"), ("前一天", "feb28"), ("后一天", "mar1"), ("2", "mar1"), ("随便", None),
     ("2月28或3月1都行", None), (None, None)],
)  # fmt: skip
def test_when_29_february_is_kept_is_read_or_left_to_the_usual_rule(answer, rule):
    assert rule_of(answer) == rule


def test_no_coupon_is_given_where_the_shop_has_named_none():
    shop = Shop()
    customers.change(shop.conn, "wang", member=True, birth_month=11, birth_day=20)

    said = Talk(shop).says("生日送什么", "ask_membership_tier")

    assert "得请同事来" in said
    assert shop.events("coupon.issued") == []


def test_a_day_that_is_none_is_refused_and_the_year_may_be_left_out():
    assert readings({"problem": "no_such_day"}) == []
    assert readings({"calendar": "solar", "year": None, "month": 2, "day": 30}) == []
    assert readings({"calendar": "lunar", "year": None, "month": 8, "day": 30}) == [Birthday(8, 30, None, "lunar")]
