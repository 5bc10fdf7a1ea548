"""Order numbers, telephone numbers, parcel numbers, e-mail addresses."""

import pytest

from nlu.entities import EntityContext, OrderPattern, find_all
from tests.nlu.reading import MONDAY_MORNING, named, read, values


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("订单20240518001到哪了", "20240518001"),
        ("a10293 呢", "A10293"),
        ("Ａ１０２９３到了吗", "A10293"),
        ("A-10293", "A10293"),
        ("where is order a 10293", "A10293"),
        ("2024 0518 001", "20240518001"),
        ("Order A10293's status", "A10293"),
        ("#A10293", "A10293"),
        ("订单 99999", "99999"),
        ("order no. 102931", "102931"),
        ("订单13800001234", "13800001234"),
    ],
)
def test_an_order_number_is_found_however_it_is_typed(text: str, number: str) -> None:
    assert values(text, "order_no") == [number]


@pytest.mark.parametrize("text", ["I have a 10293 thing", "A1029", "A10293A10294", "我要10个", "123456789012345"])
def test_what_is_no_order_number_is_left_alone(text: str) -> None:
    assert values(text, "order_no") == []


def test_two_order_numbers_are_two_entities() -> None:
    assert values("A10293，a10101", "order_no") == ["A10293", "A10101"]


@pytest.mark.parametrize(("text", "number"), [("1029", "1029"), ("a 10293", "A10293"), ("13800001234", "13800001234")])
def test_a_bare_number_is_an_order_number_where_one_was_asked_for(text: str, number: str) -> None:
    assert values(text, "order_no", asking="order_no") == [number]


def test_a_shop_has_its_own_form_of_order_numbers() -> None:
    context = EntityContext(now=MONDAY_MORNING, orders=OrderPattern(r"TB\d{4}"))

    (found,) = find_all("tb-1234 到了吗", context=context)

    assert (found.entity, found.value, found.text) == ("order_no", "TB1234", "tb-1234")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("138 0000 1234", "+8613800001234"),
        ("13800001234", "+8613800001234"),
        ("+86 138-0000-1234", "+8613800001234"),
        ("86 13800001234", "+8613800001234"),
        ("+44 7700 900123", "+447700900123"),
        ("(010) 12345678", "+861012345678"),
        ("call me on 0571 8888 6666", "+8657188886666"),
        ("电话１３８００００１２３４", "+8613800001234"),
    ],
)
def test_a_phone_number_becomes_e164(text: str, number: str) -> None:
    assert values(text, "phone") == [number]


@pytest.mark.parametrize("text", ["20240518001", "订单20240518001", "A10293", "2026-11-23", "1234567"])
def test_no_other_number_is_taken_for_a_phone(text: str) -> None:
    assert values(text, "phone") == []


def test_a_phone_and_an_order_number_stand_side_by_side() -> None:
    assert named("电话是13800001234，订单20240518001") == ["phone", "order_no"]


def test_a_phone_that_cannot_be_is_said_to_be_wrong_where_one_was_asked_for() -> None:
    (found,) = read("138000012", asking="phone")

    assert (found.entity, found.value, found.problem) == ("phone", None, "no_such_number")


@pytest.mark.parametrize("text", ["0042", "零零四二", "尾号是0042吧", "it's 0042"])
def test_four_digits_are_those_that_were_asked_for(text: str) -> None:
    assert values(text, "phone_last4", asking="phone_last4") == ["0042"]


def test_four_digits_called_the_last_ones_need_no_question() -> None:
    assert values("A10293，手机尾号0042", "phone_last4") == ["0042"]
    assert values("0042", "phone_last4") == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("快递单号SF1234567890到哪", "SF1234567890"),
        ("YT 1234 5678 90123", "YT1234567890123"),
        ("ｓｆ１２３４５６７８９０１２", "SF123456789012"),
        ("运单号：773012345678901", "773012345678901"),
        ("EA123456789CN", "EA123456789CN"),
    ],
)
def test_a_parcel_number_is_found(text: str, number: str) -> None:
    assert values(text, "tracking_no") == [number]
    assert values(text, "tracking_no", asking="order_no") == [number]


def test_an_email_address_is_found_between_chinese_words() -> None:
    (found,) = read("发到Ana.Lee@Example.com吧")

    assert (found.entity, found.value, found.text) == ("email", "ana.lee@example.com", "Ana.Lee@Example.com")
