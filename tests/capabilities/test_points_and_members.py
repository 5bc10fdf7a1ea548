"""Points, rewards, and how somebody becomes a member."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

from crm_store import funnels, membership
from crm_store.unit_of_work import Store
from tests.bot.worlds import Talk, event, kinds, texts
from tests.capabilities.shops import AT, EARNED, EARNED_LATER


def test_the_owner_is_told_points_and_what_expires_next_and_nobody_else_is(shop: Talk) -> None:
    """Number 19."""
    shop.load("points", EARNED, EARNED_LATER)

    (owner,) = texts(shop.say("u1", "我有多少积分"))
    stranger = texts(shop.say("u1", "我有多少积分", channel="wechat"))

    assert "800" in owner
    assert "500" in owner
    assert "3月2日" in owner
    assert stranger
    assert not any("800" in text or "500" in text for text in stranger)


def test_points_are_redeemed_in_the_chat_after_a_yes_and_undone_to_their_lots(shop: Talk) -> None:
    """Number 19: redeem, too few, undo; a button that is pressed again changes nothing."""
    shop.load("points", EARNED, EARNED_LATER)
    before = shop.show("C1")["lots"]

    asked = shop.say("u1", "600积分换券")
    few = shop.say("u1", "那2000分的")
    shop.say("u1", "500积分换券")
    done = shop.say("u1", "好")
    again = shop(customer="u1", payload='/set{"sure":"yes"}')
    undone = shop.say("u1", "撤销")

    assert "points.spent" not in kinds(asked)
    assert any("还差" in text for text in texts(few))
    assert event(done, "points.spent")["balance"] == 300
    assert event(done, "coupon.issued")["rule"] == "voucher:500"
    assert "points.spent" not in kinds(again)
    assert event(undone, "points.refunded")["balance"] == 800
    assert shop.show("C1")["lots"] == before


def test_a_stranger_becomes_a_member_and_each_step_is_counted(shop: Talk, store_url: str) -> None:
    """Number 20: the enrolment flow, and how far people come in it."""
    shop.say("new", "I want to join your club")
    shop.say("new", "+44 7700 900456")
    shop.say("new", "3 May 1990")
    shop.say("new", "yes")
    shop.say("new", "no")
    joined = shop.say("new", "yes")
    shop.say("other", "我想办会员")

    member = shop.show("telegram:new")
    with closing(Store(store_url)) as kept:
        reached = kept.read_now(
            funnels.reached, membership.FUNNEL, membership.STEPS, since=AT, until=AT + timedelta(days=1)
        )

    assert "member.joined" in kinds(joined)
    assert member["member"]
    assert member["birthday"]["month"] == 5
    assert member["consent"] == {"service": True, "care": True, "marketing": False}
    assert [(one.step, one.customers) for one in reached] == [
        ("begun", 2), ("phone", 2), ("birthday", 1), ("consent", 1), ("confirm", 1), ("joined", 1),
    ]  # fmt: skip
