"""What is known of a customer: one person, one timeline, four sides, and whom they belong to."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from crm_store import consents, memory, opportunities, related, stages
from crm_store.errors import NotAllowed
from crm_store.memory import Said
from tests.bot.worlds import A10293, Talk, event, kinds, texts
from tests.capabilities.shops import AT, EARNED, IDS, MEI, complain, remember, shuke


def test_one_timeline_holds_orders_messages_points_and_feedback_in_true_order(shop: Talk) -> None:
    """Number 4; the order and the points come by file, later than they happened."""
    number = complain(shop)
    shop.load("points", EARNED)
    delivered = A10293 | {"delivered_at": "2026-01-06T15:00:00+08:00"}
    shop(shop="order.delivered", data=delivered, at="2026-01-06T15:00:00+08:00")
    shop.say("u1", "谢谢", at="2026-01-06T16:00:00+08:00")

    timeline = shop.show("C1")["timeline"]

    told = [entry for entry in timeline if entry["kind"].partition(".")[0] in ("order", "points", "message", "ticket")]
    kinds = [entry["kind"] for entry in told if entry["kind"] != "message.out"]
    assert kinds == [
        "order.created", "order.paid", "points.earned", "order.shipped",
        "message.in", "message.in", "message.in", "ticket.opened", "order.delivered", "message.in",
    ]  # fmt: skip
    assert [entry["at"] for entry in timeline] == sorted(entry["at"] for entry in timeline)
    assert next(entry["text"] for entry in told if entry["kind"] == "message.in") == "杯子收到就是碎的"
    assert next(entry["data"]["number"] for entry in told if entry["kind"] == "ticket.opened") == number


def test_one_verified_phone_is_one_customer_and_a_typed_one_is_only_suggested(shop: Talk, store_url: str) -> None:
    """Number 1: the shop's list vouches for the phone on WeChat, Telegram itself for the same one there."""
    shop.load("customers", MEI)
    shop.load("points", EARNED | {"customer_id": "C3"})
    on_wechat = shop.say("openid-mei", "我有多少积分", channel="wechat")

    typed = shop.say("mei", "我有多少积分，手机号13800005678")
    stranger = shop.show("telegram:mei")
    screen = shuke(store_url, "agent", "li", "show", "telegram:mei")
    proved = shop(customer="mei", contact={"phone": "+8613800005678"})
    on_telegram = shop.say("mei", "我有多少积分")
    page = shop.show("C3")

    assert event(typed, "identity.suggested")["match"] == page["id"] != stranger["id"]
    assert "perhaps C3, whose phone was typed at 01-05 09:00; nothing proves it" in screen
    assert not any("500" in text for text in texts(typed)), "a number that anybody can type opens nothing"
    assert "identity.linked" in kinds(proved)
    assert any("500" in text for text in texts(on_wechat))
    assert any("500" in text for text in texts(on_telegram))
    assert page["identities"] == [
        {"channel": "wechat", "user_id": "openid-mei", "verified": True},
        {"channel": "telegram", "user_id": "mei", "verified": True},
    ]
    assert [entry["text"] for entry in page["timeline"] if entry["kind"] == "message.in" and "text" in entry] == [
        "我有多少积分", "我有多少积分，手机号13800005678", "我有多少积分",
    ]  # fmt: skip
    assert shop.show("telegram:mei")["id"] == page["id"]


def test_the_four_sides_of_a_customer_link_to_their_messages_and_orders(shop: Talk, store_url: str) -> None:
    """Number 3, and "what do you remember of me", "forget this" in the chat."""
    who = shop.show("C1")["id"]
    shop.say("u1", "我喜欢绿茶")
    message = next(entry["id"] for entry in shop.show("C1")["timeline"] if entry["kind"] == "message.in")
    remember(
        store_url, memory.learn, who, "likes", "绿茶", Said(message, "我喜欢绿茶"), confidence=0.9, now=AT, ids=IDS
    )

    page = shop.show("C1")
    asked = shop.say("u1", "你记得我什么")
    forgotten = shop.say("u1", "忘掉我喜欢绿茶这件事")
    after = shop.show("C1")

    sides = {side: [(one["name"], one["value"], one["sources"]) for one in of] for side, of in page["facets"].items()}
    assert ("likes", "绿茶", [message]) in sides["preference"]
    assert ("orders", 1, ["order:A10293"]) in sides["behaviour"]
    assert ("telegram", 1, [message]) in sides["channels"]
    assert [(name, sources) for name, _, sources in sides["value"]][:1] == [("spent", ["order:A10293"])]
    assert page["memory"] == [
        {"fact": "likes: 绿茶", "source": message, "confidence": 0.9, "expires_at": page["memory"][0]["expires_at"]}
    ]
    assert "喜欢：绿茶" in asked["sent"][0]["text"]
    assert "memory.used" in kinds(asked)
    assert "memory.forgotten" in kinds(forgotten)
    assert after["memory"] == []


def test_related_persons_are_kept_and_their_health_only_with_leave(shop: Talk, store_url: str) -> None:
    """Number 5."""
    who, said = shop.show("C1")["id"], Said("agent:li", by="agent:li")
    child = remember(store_url, related.add, who, "child", said, now=AT, ids=IDS, name="小米", note="上一年级")

    def tell_health() -> str:
        known = remember(store_url, related.learn_health, who, child.id, "哮喘", said, confidence=1, now=AT, ids=IDS)
        return str(known.outcome)

    without = tell_health()
    before = shop.show("C1")
    remember(
        store_url,
        consents.set_consent,
        who,
        "sensitive",
        True,
        now=AT,
        evidence="agent:li",
        words="可以记",
        by="agent:li",
    )
    allowed = tell_health()
    after = shop.show("C1")

    assert (without, allowed) == ("pending", "learned")
    assert [(one["relation"], one["name"], one["note"]) for one in before["related"]] == [("child", "小米", "上一年级")]
    assert "哮喘" not in json.dumps(before, ensure_ascii=False)
    assert [one["fact"] for one in after["memory"]] == ["family_illness: 哮喘"]
    assert after["consent_words"][-1]["words"] == "可以记"


def test_stages_and_opportunities_go_by_their_steps_and_a_jump_is_refused(shop: Talk, store_url: str) -> None:
    """Number 15."""
    who, by = shop.show("C1")["id"], "agent:li"
    remember(store_url, stages.move, who, "new", why="first order", now=AT, by=by)
    deal = remember(store_url, opportunities.open_one, who, "整套茶具", Decimal(2000), "CNY", now=AT, by=by, ids=IDS)

    with pytest.raises(NotAllowed, match="from new to dormant; from there to active, at_risk, lost"):
        remember(store_url, stages.move, who, "dormant", why=None, now=AT, by=by)
    with pytest.raises(NotAllowed, match="from new to won; from there to qualified, lost"):
        remember(store_url, opportunities.move, who, deal.id, "won", now=AT, by=by)
    remember(store_url, opportunities.move, who, deal.id, "qualified", now=AT, by=by, probability=40, why="asked twice")
    page = shop.show("C1")

    assert page["stage"] == "new"
    (shown,) = page["opportunities"]
    assert (shown["stage"], shown["value"], shown["probability"]) == ("qualified", "2000", 40)
    steps = [entry["data"] for entry in page["timeline"] if entry["kind"] == "opportunity.moved"]
    assert [(step["from"], step["stage"], step["why"]) for step in steps] == [("new", "qualified", "asked twice")]


def test_a_one_time_link_makes_one_customer_of_two_channels(shop: Talk, store_url: str) -> None:
    """Number 1: what the shop sent to one who is on file is brought back from another channel."""
    shop.load("points", EARNED)
    made = json.loads(shuke(store_url, "--json", "customer", "link", "C1"))
    shop.say("wx9", "你好", channel="wechat")

    brought = shop(customer="wx9", channel="wechat", event="link", token=made["token"])
    again = shop(customer="wx8", channel="wechat", event="link", token=made["token"])

    assert event(brought, "identity.linked")["customer"] == "C1"
    assert texts(brought), "they are greeted"
    assert "500" in "".join(texts(shop.say("wx9", "我有多少积分", channel="wechat")))
    assert {"channel": "wechat", "user_id": "wx9", "verified": True} in shop.show("C1")["identities"]
    assert "identity.linked" not in kinds(again)
