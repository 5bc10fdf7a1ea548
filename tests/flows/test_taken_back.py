"""A thing that a message names and takes back itself is not what the customer means."""

import re

import pytest

from flows.engine.heard import Heard
from flows.engine.taken_back import without_taken_back
from nlu.understanding import Entity
from tests.flows.talks import STANDARD

ORDER_NO = re.compile(r"A\d{5}")


def meant(text):
    entities = tuple(
        Entity("order_no", found.group(), found.group(), *found.span()) for found in ORDER_NO.finditer(text)
    )
    heard = without_taken_back(STANDARD.book.patterns, Heard(text=text, entities=entities))
    return [entity.value for entity in heard.entities]


@pytest.mark.parametrize(
    "text",
    [
        "cancel order A10500, no wait, A10293",
        "where is A10500, sorry I mean A10293",
        "A10500 was wrong, it should be A10293",
        "my order A10500, or rather A10293, where is it",
        "cancel A10500, wait, A10293",
        "cancel A10500... A10293 instead",
        "return A10293, not A10500",
        "it's not A10500, it's A10293",
        "cancel A10293 instead of A10500",
        "取消订单A10500，哦不，是A10293",
        "A10500的茶壶漏水，不对，是A10293",
        "A10500，说错了，A10293",
        "单号A10500打错了，应该是A10293",
        "退A10293，不是A10500",
        "不是A10500，是A10293",
        "不要取消A10500，取消A10293",
        "A10500，啊不，我说的是订单A10293",
    ],
)
def test_of_two_orders_in_one_message_the_one_taken_back_is_not_meant(text):
    assert meant(text) == ["A10293"]


@pytest.mark.parametrize(
    "text",
    [
        "where are A10293 and A10500",
        "A10293 is not here yet, and A10500 neither",
        "sorry, where are A10293, A10500",
        "A10293 was not what I ordered last week, please send the right thing, A10500 is fine",
        "A10293还没到，A10500也没到",
        "帮我查A10293，还有A10500",
        "不好意思，A10293、A10500都退",
    ],
)
def test_orders_that_are_both_meant_stay_both(text):
    assert meant(text) == ["A10293", "A10500"]


def test_of_three_only_the_one_before_the_correction_is_dropped():
    assert meant("cancel A10101, A10500, no, A10293") == ["A10101", "A10293"]


def test_things_of_another_kind_are_left_alone():
    text = "order A10500, sorry, 3 cups"
    entities = (Entity("order_no", "A10500", "A10500", 6, 12), Entity("quantity", 3, "3", 21, 22))
    heard = Heard(text=text, entities=entities)

    assert without_taken_back(STANDARD.book.patterns, heard) is heard
