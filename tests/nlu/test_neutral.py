"""What is learnt from a customer's sentence says what they want, and nothing of who they are."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.entities import OrderPattern
from nlu.neutral import neutral
from tests.nlu.entity_rows import rows_of


@pytest.mark.parametrize(
    ("said", "learnt"),
    [
        ("我的订单A10427到哪了，电话138 1234 5678", "我的订单A10000到哪了，电话100 1000 1000"),
        ("订单号 Ａ１０４２７ 怎么还没发", "订单号 A10000 怎么还没发"),
        ("我叫王小明，寄到浙江省杭州市西湖区文三路138号5栋2单元301室", "我叫小王，寄到幸福路1号"),
        ("张女士的包裹 顺丰SF1234567890123 到了没", "小王女士的包裹 顺丰AA1000000000000 到了没"),
        ("退我一百二十九块", "退我一百块"),
        ("幺三八一二三四五六七八收不到短信", "一零零零零零零零零零零收不到短信"),
        ("加我微信 abc_12345 谢谢", "加我微信 AAA_10000 谢谢"),
        ("邮箱是ana.lopez@mail.example，微信@ana_lopez", "邮箱是someone@example.com，微信"),
        ("寄到221B Baker Street谢谢", "寄到1 Main Street谢谢"),
        ("尾号4711的手机", "尾号1000的手机"),
        ("我生日是1990年3月5号", "我生日是1000年1月1号"),
    ],
)
def test_chinese_sentences_keep_their_wish_and_lose_their_owner(said: str, learnt: str) -> None:
    assert neutral(said, language="zh") == learnt


@pytest.mark.parametrize(
    ("said", "learnt"),
    [
        ("I'm Ana Lopez, where is order A 10427", "I'm Sam, where is order A 10000"),
        ("send it to 221B Baker Street, flat 4 please", "send it to 1 Main Street please"),
        ("my mail is ana.lopez@mail.example", "my mail is someone@example.com"),
        ("call +44 20 7946 0958 about the kettle", "call +10 10 1000 1000 about the kettle"),
        ("why was I charged $129.50", "why was I charged $100.10"),
        ("one hundred and twenty nine dollars for that", "one hundred dollars for that"),
        ("order one zero four two seven where is it", "order zero zero zero zero zero where is it"),
        ("it is under the name of Maria Garcia", "it is under the name of Sam"),
        ("see https://t.me/ana_lopez or @ana_lopez", "see or"),
    ],
)
def test_english_sentences_keep_their_wish_and_lose_their_owner(said: str, learnt: str) -> None:
    assert neutral(said, language="en") == learnt


@pytest.mark.parametrize(
    "said", ["I'm angry, where is my parcel", "两个杯子都碎了，怎么退", "do you ship on Friday?", "3 cups please"]
)
def test_what_names_nobody_stays_as_it_was_typed(said: str) -> None:
    language = "en" if said.isascii() else "zh"

    assert neutral(said, language=language) == said  # type: ignore[arg-type]


def test_names_that_the_shop_knows_go_wherever_they_stand() -> None:
    names = ["王小明", "Maria Garcia", "Bo"]

    assert neutral("小明说不喜欢，maria也是", language="zh", names=names) == "小王说不喜欢，小王也是"
    assert neutral("is the bowl for Bo or GARCIA", language="en", names=names) == "is the bowl for Sam or Sam"


def test_the_shops_own_form_of_order_numbers_is_known() -> None:
    orders = OrderPattern(r"SK-?\d{3}")

    assert neutral("where is sk-123", language="en", orders=orders) == "where is AA-100"


def test_where_two_readings_overlap_all_of_both_goes() -> None:
    learnt = neutral("我叫王小明浙江省杭州市文三路138号", language="zh")

    assert not {"王", "明", "杭", "文三", "138"} & {learnt[at : at + n] for at in range(len(learnt)) for n in (1, 2, 3)}


def test_nothing_of_a_training_file_is_left_in_it() -> None:
    said = "- [here](city)\n{a}\u2028 # from 01KB2M8QY5T6ZC3X9V7N4R1S0D\x00"

    learnt = neutral(said, language="en")

    assert learnt.isprintable()
    assert not set("[]{}") & set(learnt)
    assert "01KB2M8QY5T6ZC3X9V7N4R1S0D" not in learnt


@pytest.mark.parametrize("file", ["entities.yml", "entities_last.yml", "entities_later.yml"])
def test_no_number_or_address_of_all_that_were_written_by_hand_comes_through(file: str) -> None:
    naming = {"phone", "phone_last4", "order_no", "tracking_no", "email"}
    named = [
        (row, row.said[start:end])
        for row in rows_of(file)
        for entity, _, start, end, _ in row.named
        if entity in naming and not re.fullmatch(r"[A\W]*10*", row.said[start:end])  # a stand-in already
    ]

    through = [
        (row.said, learnt)
        for row, written in named
        if written in (learnt := neutral(row.said, language=row.context.language, region=row.context.region))
    ]

    assert named
    assert through == []


@given(st.text(max_size=200), st.sampled_from(["zh", "en"]), st.text("2345678", min_size=4, max_size=12))
def test_a_longer_number_never_comes_through_whatever_stands_around_it(said: str, language: str, number: str) -> None:
    for text in (f"{said} {number} {said}", f"{said}{number}{said}"):
        assert number not in neutral(text, language=language)  # type: ignore[arg-type]


@given(st.text(max_size=400), st.sampled_from(["zh", "en"]))
def test_any_text_is_answered_with_one_printable_line(said: str, language: str) -> None:
    assert neutral(said, language=language).isprintable()  # type: ignore[arg-type]
