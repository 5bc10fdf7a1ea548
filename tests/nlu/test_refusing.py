"""Nobody is put on a list by words that refuse it."""

from __future__ import annotations

import pytest

from nlu.refusing import refuses_offers, without_refused_person
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


NO_PERSON = [
    ("不用转人工", None), ("别给我转人工", None), ("不需要人工客服", None), ("我不要人工", None), ("別轉人工了", None),
    ("不想找人工，谢谢", None), ("don't transfer me to an agent", None), ("I don't want to talk to an agent", None),
    ("no need for a human", None),
    ("我不要人工，你帮我查就行", "你帮我查就行"),
    ("不用人工，查下我的积分", "查下我的积分"),
    ("no need for a human, just tell me my points", "just tell me my points"),
    ("Don't put me through to anyone, where is my order", "where is my order"),
]  # fmt: skip
A_PERSON = [
    "不要机器人，要人工", "不要人工智能，给我真人", "你们是不是不想给我转人工", "怎么不给我转人工",
    "能不能别让我等了，转人工",
    "不要客服机器人了，找个真人来", "我不想跟机器人说", "凭什么不能转人工",
    "why don't you transfer me to an agent", "I don't want a refund, I want a human", "not a bot give me a human",
    "don't you have a human", "I don't want to talk to a bot, get me a person", "if not transfer me to an agent",
]  # fmt: skip


@pytest.mark.parametrize(("text", "rest"), NO_PERSON)
async def test_nobody_calls_a_person_who_refuses_one(text: str, rest: str | None) -> None:
    classifier = Knows({text: {"request_human_agent": 1.0}})

    by_model, by_rules = await understand(text, classifier), await understand(text)

    assert "request_human_agent" not in [one.name for one in (*by_model.intents, *by_rules.intents)]
    if rest is None:
        assert (by_model.intent, by_rules.intent) == ("deny", "deny")
    else:
        assert classifier.asked[0].endswith(rest)
        assert text not in classifier.asked


@pytest.mark.parametrize("text", A_PERSON)
async def test_who_refuses_something_else_still_gets_a_person(text: str) -> None:
    assert without_refused_person(text) is None
    assert (await understand(text, Knows({text: {"request_human_agent": 0.97}}))).intent == "request_human_agent"
