"""Nobody is put on a list by words that refuse it."""

from __future__ import annotations

import pytest

from nlu.refusing import refuses_offers
from tests.nlu.test_understand import Knows, understand

REFUSED = [
    "促销信息就不需要发给我了", "半夜给我推送有病吧", "上新提醒给我关了", "以后优惠别推给我", "活動通知不要再傳了",
    "quit pushing deals to my phone", "don't send me offers", "no more newsletters please", "cancle newletter",
]  # fmt: skip
WANTED = [
    "有活动告诉我", "打折了记得叫我", "怎么收不到优惠了", "上次不小心退订了，帮我恢复", "别漏了我，有券就发",
    "广告我不烦，接着推",
    "let me know when the sale starts", "I unsubscribed by mistake", "don't let me miss the next sale",
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
async def test_a_refusal_is_never_heard_as_a_wish_for_offers(text: str) -> None:
    meant = await understand(text, Knows({text: {"opt_in_marketing": 0.97, "opt_out_marketing": 0.02}}))

    assert refuses_offers(text)
    assert [one.name for one in meant.intents] == ["opt_out_marketing"]


@pytest.mark.parametrize("text", WANTED)
async def test_a_wish_for_offers_stays_one(text: str) -> None:
    meant = await understand(text, Knows({text: {"opt_in_marketing": 0.97}}))

    assert meant.intent == "opt_in_marketing"
