"""Advice and answers: what somebody may have, what it is for, why, and what the shop has written down."""

from __future__ import annotations

import json

from tests.bot.worlds import ANA, WANG, Talk, a_world, event, kinds, texts
from tests.capabilities.shops import SNACKS, TEAS, shuke


def test_what_somebody_says_of_their_taste_is_kept_and_used_next_time(shop: Talk) -> None:
    """Number 6: "我不吃辣" becomes a fact with its source; days later nothing hot is recommended."""
    shop.load("products", *SNACKS)

    told = shop.say("u1", "我不吃辣")
    shop(at="2026-01-08T10:00:00+08:00")
    advised = shop.say("u1", "推荐点配茶的零食")

    assert event(told, "memory.learned")["kind"] == "taste"
    assert [one["fact"] for one in shop.show("C1")["memory"] if one["fact"].startswith("taste")] == ["taste: 不吃辣"]
    assert "桂花糕" in "".join(texts(advised))
    assert "麻辣" not in "".join(texts(advised))
    assert "memory.used" in kinds(advised)


def test_the_purpose_is_asked_once_and_the_need_behind_it_is_kept(shop: Talk) -> None:
    """Number 10: what somebody wants it for is asked, remembered, and not asked again."""
    shop.load("products", *TEAS)

    asked = shop.say("u1", "有什么推荐")
    told = shop.say("u1", "给客户送礼用")
    again = shop.say("u1", "再推荐一款")

    assert asked["asking"] == "purpose"
    assert event(told, "memory.learned")["kind"] == "need"
    assert "need: 给客户送礼用" in [one["fact"] for one in shop.show("C1")["memory"]]
    assert again["asking"] is None
    assert texts(again)


def test_a_recommendation_keeps_to_a_stated_budget(shop: Talk) -> None:
    """Number 11: nothing dearer is named, and where nothing fits that is said."""
    shop.load("products", *TEAS)

    fits = "".join(texts(shop.say("u1", "推荐一款送人的礼物，预算两百以内")))
    nothing = shop.say("ana", "recommend a gift, my budget is 20", channel="wechat")

    assert "¥128.00" in fits
    assert "¥298.00" not in fits
    assert "budget" in "".join(texts(nothing))
    assert "product.recommended" not in kinds(nothing)


def test_a_recommendation_says_why(shop: Talk) -> None:
    """Number 28: in the words of the catalogue, the budget and what they bought, kept for `shuke explain` too."""
    shop.load("products", *TEAS)

    answer = shop.say("u1", "推荐一款送人的礼物，预算两百以内")

    assert "介绍里提到“送礼”" in "".join(texts(answer))
    assert "在 ¥200.00 以内" in "".join(texts(answer))
    assert event(answer, "product.recommended")["why"]["GIFT-2"] == ["says", "budget"]


def test_the_next_best_offer_has_a_reason_and_is_never_made_while_a_complaint_is_open(shop: Talk) -> None:
    """Number 27: what others bought with it, to who agreed to offers, seldom, not while something is wrong."""
    shop.load("products", *TEAS)
    bought = {"ordered_at": "2025-12-20T10:00:00+08:00", "status": "delivered", "quantity": 1}
    skus = enumerate(("TEA-001", "GIFT-2"), 1)
    pairs = [bought | {"line": line, "sku": sku} for line, sku in skus]
    shop.load("orders", *(pair | {"order_no": number} for number in ("B10001", "B10002") for pair in pairs))
    shop.say("u1", "收到的杯子是裂的，要投诉，订单A10293")
    assert "ticket.opened" in kinds(shop.say("u1", "对"))

    during = shop.say("u1", "桂花乌龙有货吗")
    shop(agent="li", action="resolve", customer="u1")
    shop(at="2026-01-19T10:00:00+08:00")
    after = shop.say("u1", "桂花乌龙有货吗")

    assert "offer.made" not in kinds(during)
    assert event(after, "offer.made")["sku"] == "GIFT-2"
    assert "常和桂花乌龙一起买" in texts(after)[-1]
    assert "offer.made" not in kinds(shop.say("u1", "桂花乌龙多少钱"))


def test_questions_are_answered_from_versioned_entries_that_are_cited(store_url: str) -> None:
    """Number 40: in both languages, kept with entry and version; what nobody wrote down goes to a colleague."""
    with a_world(store_url=store_url, sections={"flows": {"knowledge": {"folder": "demo/knowledge"}}}) as shop:
        shop.load("customers", WANG, ANA)

        chinese = shop.say("u1", "满多少包邮")
        english = shop.say("ana", "how much is shipping?", channel="wechat")
        unknown = shop.say("u1", "没电梯，能送到六楼吗")

        assert texts(chinese)[0].startswith("国内满 ¥99 包邮，不满收 ¥8。\n（国内运费 · 2026年11月版）")
        assert "(Shipping in China · Nov 2026)" in texts(english)[0]
        for answer in (chinese, english):
            used = event(answer, "knowledge.used")
            assert (used["entry"], used["version"], used["intent"]) == ("shipping_cost", "2026-11", "ask_shipping_info")
        assert {"promise.made", "task.opened", "knowledge.missing"} <= set(kinds(unknown))
        timeline = shop.show("C1")["timeline"]

    first = next(entry["data"]["message"] for entry in timeline if entry["kind"] == "knowledge.missing")
    explained = json.loads(shuke(store_url, "--json", "explain", first))
    assert "ask_colleague_for_answer" in json.dumps(explained)
