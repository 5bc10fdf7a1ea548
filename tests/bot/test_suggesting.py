"""One thing more is suggested seldom, with its reason, and never to who is angry, complains or agreed to no offers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.bot.worlds import A10293, ANA, WANG, Talk, a_world, kinds, texts

TEA = {
    "sku": "TEA-001",
    "name_zh": "桂花乌龙",
    "name_en": "Osmanthus Oolong",
    "price": "99.00",
    "currency": "CNY",
    "stock": 9,
}
BOWL = {
    "sku": "WARE-1",
    "name_zh": "白瓷盖碗",
    "name_en": "White Gaiwan",
    "price": "68.00",
    "currency": "CNY",
    "stock": 5,
}


@pytest.fixture
def shop() -> Iterator[Talk]:
    with a_world() as talk:
        talk.load("products", TEA, BOWL)
        talk.load("customers", WANG, ANA | {"marketing_consent": "0"})
        others = [
            {"order_no": f"B{number}", "line": line, "ordered_at": "2025-12-20T10:00:00+08:00", "status": "delivered",
             "sku": sku, "quantity": 1}
            for number in range(10001, 10004)
            for line, sku in enumerate(("TEA-001", "WARE-1"), 1)
        ]  # fmt: skip
        talk.load("orders", A10293, *others)
        yield talk


def suggests(answer: dict[str, Any]) -> bool:
    said = any("盖碗" in text or "Gaiwan" in text for text in texts(answer))
    assert said == ("offer.made" in kinds(answer))
    return said


def test_one_thing_that_others_bought_with_it_is_suggested_with_its_reason_and_then_not_again(shop: Talk) -> None:
    answer = shop.say("u1", "桂花乌龙有货吗")

    assert suggests(answer)
    assert "常和桂花乌龙一起买" in texts(answer)[-1]
    assert not suggests(shop.say("u1", "介绍一下桂花乌龙"))
    shop(at="2026-01-18T10:00:00+08:00")
    assert not suggests(shop.say("u1", "桂花乌龙有货吗"))
    shop(at="2026-01-20T10:00:00+08:00")
    assert suggests(shop.say("u1", "桂花乌龙有货吗"))


def test_whoever_did_not_agree_to_offers_gets_none(shop: Talk) -> None:
    assert not suggests(shop.say("ana", "is the Osmanthus Oolong in stock?", channel="wechat"))
    assert not suggests(shop.say("stranger", "桂花乌龙有货吗"))


def test_nothing_is_suggested_while_a_complaint_is_open(shop: Talk) -> None:
    shop.say("u1", "收到的杯子是裂的，要投诉，订单A10293")
    opened = shop.say("u1", "对")
    assert "ticket.opened" in kinds(opened)

    assert not suggests(shop.say("u1", "桂花乌龙有货吗"))


def test_nothing_is_suggested_to_who_was_angry_lately(shop: Talk) -> None:
    shop.say("u1", "你们的服务太差了，真让人失望")
    shop(agent="li", action="take", customer="u1")
    shop(agent="li", action="resolve", customer="u1")

    assert not suggests(shop.say("u1", "桂花乌龙有货吗"))


def test_an_order_that_has_come_is_a_moment_for_it(shop: Talk) -> None:
    shop(shop="order.delivered", data={"order_no": "A10293", "delivered_at": "2026-01-05T09:00:00+08:00"})

    assert suggests(shop.say("u1", "我的订单A10293到哪了"))


def test_what_they_have_or_what_is_sold_out_is_not_suggested(shop: Talk) -> None:
    shop.load("products", BOWL | {"stock": 0})

    assert not suggests(shop.say("u1", "桂花乌龙有货吗"))
