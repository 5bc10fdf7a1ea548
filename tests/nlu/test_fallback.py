import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.clauses import split_clauses
from nlu.fallback import certain_intent, intents_by_rules, with_complaint
from nlu.understanding import IntentScore


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("菜单", "ask_bot_help"),
        ("你能做什么", "ask_bot_help"),
        ("help", "ask_bot_help"),
        ("/start", "ask_bot_help"),
        ("what can you do?", "ask_bot_help"),
        ("订单A10293到哪了", "track_order"),
        ("我的快遞怎麼還沒到", "track_order"),
        ("查一下物流", "track_order"),
        ("where's my order A10293", "track_order"),
        ("when will my parcel arrive", "track_order"),
        ("我的积分有多少", "ask_points_balance"),
        ("查积分", "ask_points_balance"),
        ("how many points do I have", "ask_points_balance"),
        ("points balance", "ask_points_balance"),
        ("用积分换礼品", "redeem_points"),
        ("redeem my points", "redeem_points"),
        ("怎么攒积分", "ask_earn_rules"),
        ("when do my points expire", "ask_earn_rules"),
        ("我要转人工客服", "request_human_agent"),
        ("I want to talk to a real person", "request_human_agent"),
        ("退订", "opt_out_marketing"),
        ("别再给我发广告了", "opt_out_marketing"),
        ("unsubscribe", "opt_out_marketing"),
        ("stop sending me ads", "opt_out_marketing"),
        ("please stop sending me birthday messages", "opt_out_marketing"),
        ("别再发生日祝福了", "opt_out_marketing"),
        ("我要投诉", "complain_service"),
        ("I want to complain", "complain_service"),
        ("complaint", "complain_service"),
        ("你们几点下班", "ask_store_info"),
        ("what are your opening hours", "ask_store_info"),
        ("你好", "greet"),
        ("good morning", "greet"),
        ("谢谢啦", "thank"),
        ("没有了谢谢", "thank"),
        ("thanks a lot", "thank"),
        ("再见", "goodbye"),
        ("bye bye", "goodbye"),
        ("算了吧", "cancel_dialogue"),
        ("never mind", "cancel_dialogue"),
        ("我是什么等级的会员", "ask_membership_tier"),
        ("what is my membership tier", "ask_membership_tier"),
        ("杯子裂了", "complain_product_quality"),
        ("the cup arrived broken", "complain_product_quality"),
        ("你们发错货了", "report_missing_wrong_item"),
        ("one cup is missing, I got the wrong item", "report_missing_wrong_item"),
        ("I was charged twice", "complain_billing"),
        ("重复扣款", "complain_billing"),
        ("客服态度太差", "complain_service"),
        ("the agent was rude", "complain_service"),
        ("取消订单", "change_cancel_order"),
        ("我要退货", "return_refund_exchange"),
        ("退款什么时候到账", "track_refund"),
        ("我的投诉处理得怎么样了", "check_complaint_status"),
        ("你是真人吗", "ask_bot_identity"),
        ("今天天气怎么样", "out_of_scope"),
        ("tell me about black holes", "out_of_scope"),
        ("", "out_of_scope"),
        ("不用转人工", "out_of_scope"),
    ],
)
def test_unmistakable_words_show_what_is_wanted(text: str, intent: str) -> None:
    assert intents_by_rules(text)[0].name == intent


def test_two_wishes_are_both_shown_in_the_order_of_the_message() -> None:
    found = [intent.name for intent in intents_by_rules("我的单到哪了，顺便查下积分")]

    assert found == ["track_order", "ask_points_balance"]


@pytest.mark.parametrize(
    "text",
    [
        "人工",
        "转人工！",
        "轉人工",
        "真人",
        "客服",
        "agent",
        "human please",
        "Let me speak with someone",
        "麻烦转接一下人工客服",
        "帮我转人工，我要投诉",
        "不想跟机器人说",
        "connect me to an agent",
        "can I chat with a human",
        "I don't want a refund, I want a human",
        "叫你们经理来",
    ],
)
def test_who_asks_for_a_person_is_understood_without_doubt(text: str) -> None:
    certain = certain_intent(text)

    assert certain is not None
    assert certain.intent.name == "request_human_agent"


@pytest.mark.parametrize(
    "text",
    [
        "你是真人吗",
        "are you a human or a robot?",
        "人工费多少",
        "不用转人工",
        "I don't want to talk to an agent",
        "手工茶杯",
        "人工智能",
        "am I talking to a real person?",
        "人工客服几点上班",
        "travel agent bag",
        "the chat agent just closed the conversation",
    ],
)
def test_who_only_mentions_a_person_does_not_ask_for_one(text: str) -> None:
    assert certain_intent(text) is None


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("嗯", "affirm"),
        ("好的好的", "affirm"),
        ("嗯嗯，是的", "affirm"),
        ("OK!", "affirm"),
        ("yes please", "affirm"),
        ("👍🏻", "affirm"),
        ("ｙｅｓ", "affirm"),
        ("不是", "deny"),
        ("不用了", "deny"),
        ("no need", "deny"),
        ("退订", "opt_out_marketing"),
        ("No, thanks.", "deny"),
        ("在吗？", "greet"),
        ("Hi!!", "greet"),
        ("算了", "cancel_dialogue"),
        ("Never mind.", "cancel_dialogue"),
    ],
)
def test_a_bare_yes_no_greeting_or_stop_is_certain_and_all(text: str, intent: str) -> None:
    certain = certain_intent(text)

    assert certain is not None
    assert (certain.intent.name, certain.is_all) == (intent, True)


@pytest.mark.parametrize(
    "text", ["好的，那我的订单到哪了", "no, I meant the other one", "你好，我要退货", "谢谢", "okay but where is it"]
)
def test_a_yes_or_no_beside_something_else_is_not_certain(text: str) -> None:
    assert certain_intent(text) is None


@given(st.text(st.characters(codec=None)))
def test_any_text_has_an_intent(text: str) -> None:
    assert intents_by_rules(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("我的单到哪了，顺便查下积分", ("我的单到哪了", "查下积分")),
        ("where is my order and also check my points", ("where is my order", "check my points")),
        ("你好，我的单到哪了，我要退货", ("我的单到哪了", "我要退货")),
        ("你好，我的单到哪了", ("我的单到哪了",)),
        ("多少钱，还有货吗", ("多少钱", "还有货吗")),
        ("金卡有什么好处 积分会不会过期", ("金卡有什么好处", "积分会不会过期")),
        ("where is my order how many points do i have", ("where is my order", "how many points do i have")),
        ("can you tell me where is my order", ()),
        ("do you know how much is the teapot", ()),
        ("查下快递再查下积分", ("查下快递", "查下积分")),
        ("我再问一下积分", ()),
        ("我的单到哪了", ()),
        ("我的单到哪了？", ()),
        ("", ()),
    ],
)
def test_a_message_is_split_into_the_clauses_that_say_something(text: str, parts: tuple[str, ...]) -> None:
    assert split_clauses(text) == parts


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("我要投诉，快递三天没到", ["complain_delivery"]),
        ("我要投诉，杯子裂了", ["complain_product_quality"]),
        ("I want to file a complaint and also know my points balance", ["complain_service", "ask_points_balance"]),
        ("我想投诉，顺便查一下积分", ["complain_service", "ask_points_balance"]),
        ("I want to complain, where is my refund", ["complain_billing"]),
        ("我要投诉的处理进度", ["check_complaint_status"]),
    ],
)
def test_who_says_that_they_complain_is_heard_beside_other_words(text, names):
    assert [intent.name for intent in intents_by_rules(text)] == names


@pytest.mark.parametrize("text", ["我要投诉，顺便查一下积分", "I want to file a complaint, and my points please"])
def test_a_complaint_that_the_classifier_passes_over_is_added(text):
    points = (IntentScore("ask_points_balance", 0.99),)

    assert [intent.name for intent in with_complaint(text, points)] == ["complain_service", "ask_points_balance"]


@pytest.mark.parametrize("text", ["我不是要投诉，只想查积分", "I don't want to complain, just tell me my points"])
def test_who_says_that_they_do_not_complain_does_not(text):
    points = (IntentScore("ask_points_balance", 0.99),)

    assert with_complaint(text, points) == points
