"""How far a wish to hear less of us goes, or more."""

import pytest

from nlu.contact_wish import read_contact_wish
from nlu.fallback import intents_by_rules

BOTH = {"care", "marketing"}


@pytest.mark.parametrize(
    ("text", "stops", "keeps"),
    [
        ("退订", BOTH, set()), ("别再给我发广告了", BOTH, set()), ("别再发生日祝福了", BOTH, set()),
        ("STOP sending me your ads!!!", BOTH, set()), ("stop texting me", BOTH, set()),
        ("stop all your ads", BOTH, set()),
        ("生日祝福可以留着，广告别发", {"marketing"}, {"care"}),
        ("除了生日祝福，其他的都别发", {"marketing"}, {"care"}),
        ("别给我发优惠了，节日问候照常", {"marketing"}, {"care"}),
        ("优惠可以发，生日就不用了", {"care"}, {"marketing"}),
        ("只是别发广告，别的都行", {"marketing"}, set()),
        ("unsubscribe but keep birthday wishes", {"marketing"}, {"care"}),
        ("No more offers please. Birthday greetings are fine though.", {"marketing"}, {"care"}),
        ("just stop the promos", {"marketing"}, set()),
        ("所有消息都别发了", BOTH | {"service"}, set()), ("stop all messages", BOTH | {"service"}, set()),
        ("Stop contacting me", BOTH | {"service"}, set()), ("退订全部", BOTH | {"service"}, set()),
        ("Stop everything except order updates", BOTH, {"service"}),
        ("广告别发了，订单的消息还是要的", BOTH, {"service"}),
    ],
)  # fmt: skip
def test_an_opt_out_stops_both_unless_one_is_kept(text, stops, keeps):
    wish = read_contact_wish(text, out=True)

    assert (set(wish.stops), set(wish.sends)) == (stops, keeps)


@pytest.mark.parametrize(
    ("text", "sends"),
    [
        ("有活动告诉我", BOTH), ("恢复推送", BOTH), ("subscribe me again", BOTH), ("生日祝福可以恢复", {"care"}),
        ("only birthday wishes please", {"care"}), ("just tell me about offers", {"marketing"}),
    ],
)  # fmt: skip
def test_who_names_greetings_alone_gets_no_offers(text, sends):
    wish = read_contact_wish(text, out=False)

    assert (set(wish.stops), set(wish.sends)) == (set(), sends)


def test_a_wish_may_be_about_this_chat_alone():
    assert read_contact_wish("别在这儿给我发广告", out=True).here
    assert not read_contact_wish("别给我发广告", out=True).here


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("别在微信上给我发广告", "opt_out_marketing"), ("所有消息都别发了", "opt_out_marketing"),
        ("stop contacting me", "opt_out_marketing"), ("stop all messages", "opt_out_marketing"),
        ("有活动告诉我", "opt_in_marketing"), ("生日祝福可以留着", "opt_in_marketing"),
        ("let me know about your offers", "opt_in_marketing"), ("opt in", "opt_in_marketing"),
        ("tell me about the green tea", "ask_product_info"), ("活动什么时候开始", "out_of_scope"),
    ],
)  # fmt: skip
def test_plain_wishes_are_heard_without_a_model(text, first):
    assert intents_by_rules(text)[0].name == first
