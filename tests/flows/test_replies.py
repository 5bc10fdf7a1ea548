"""What is said, and how it is written."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.engine.marks import FlowError
from flows.engine.state import DialogueState, Say
from flows.engine.values import day, moment, money, word
from flows.replies import Listener, Replies, ReplyError
from flows.standard import load_standard
from flows.wording import Reader, address, shown

STANDARD = load_standard()
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
EVENING = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def replies_of(tmp_path, zh, en="replies: {}\n"):
    folder = tmp_path / "replies"
    folder.mkdir(exist_ok=True)
    (folder / "zh.yml").write_text(zh, encoding="utf-8")
    (folder / "en.yml").write_text(en, encoding="utf-8")
    return Replies.load(folder)


def listener(language="zh", salutation=None, key="c:1"):
    return Listener(language, "Asia/Shanghai", NOW, key, salutation)


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        (2860, "2,860", "2,860"),
        (moment(EVENING), "11月23日 周一 18:00", "Mon 23 Nov, 6 pm"),
        (moment(EVENING.replace(minute=30)), "11月23日 周一 18:30", "Mon 23 Nov, 6:30 pm"),
        (moment(datetime(2027, 1, 4, 16, 0, tzinfo=UTC)), "2027年1月5日 周二 00:00", "Tue 5 Jan 2027, 12 am"),
        (day(datetime(2026, 11, 25, 17, 0, tzinfo=UTC)), "11月26日 周四", "Thu 26 Nov"),
        (money(Decimal("199.50"), "CNY"), "¥199.50", "¥199.50"),
        (money(Decimal("12345678901234567.89"), "CNY"), "¥12,345,678,901,234,567.89", "¥12,345,678,901,234,567.89"),
        (money(Decimal("1299"), "THB"), "1,299 THB", "1,299 THB"),
        (word("status", "shipped"), "运输中", "on its way"),
        (["A1", "A2", "A3"], "A1、A2、A3", "A1, A2 and A3"),
        ("20240518001", "20240518001", "20240518001"),
    ],
)
def test_a_value_is_written_as_a_person_would(value, zh, en):
    replies = STANDARD.replies

    for language, text in (("zh", zh), ("en", en)):
        assert shown(value, Reader(language, "Asia/Shanghai", NOW, replies.words(language))) == text


@pytest.mark.parametrize(
    ("name", "gender", "zh", "en"),
    [
        ("王芳", "female", "王女士", "王芳"),
        ("欧阳明", "male", "欧阳先生", "欧阳明"),
        ("王芳", None, "王芳", "王芳"),
        ("Ana Lopez", "female", "Ana Lopez", "Ana"),
        ("  ", "male", None, None),
        (None, None, None, None),
    ],
)
def test_a_customer_is_called_as_far_as_we_know_them(name, gender, zh, en):
    assert address(name, gender, "zh") == zh
    assert address(name, gender, "en") == en


def test_the_wording_that_tells_most_is_chosen_of_those_that_can_be_said(tmp_path):
    zh = "replies:\n  sent:\n    - 已发货\n    - 已发{carrier}\n    - 已发{carrier}，{eta}到\n"
    replies = replies_of(tmp_path, zh)

    assert replies.render(Say("sent", {"carrier": "顺丰", "eta": "明天"}), listener()).text == "已发顺丰，明天到"
    assert replies.render(Say("sent", {"carrier": "顺丰", "eta": None}), listener()).text == "已发顺丰"
    assert replies.render(Say("sent", {"eta": "明天"}), listener()).text == "已发货"


def test_a_name_is_used_only_where_it_is_known(tmp_path):
    replies = replies_of(tmp_path, "replies:\n  hi: ['{name}，您好', 您好]\n")

    nameless = {replies.render(Say("hi"), listener(key=str(turn))).text for turn in range(20)}
    named = {replies.render(Say("hi"), listener(salutation="王女士", key=str(turn))).text for turn in range(20)}

    assert nameless == {"您好"}
    assert named == {"您好", "王女士，您好"}


def test_a_missing_value_or_reply_is_named(tmp_path):
    replies = replies_of(tmp_path, "replies:\n  when: '{eta}到'\n")

    with pytest.raises(ReplyError, match='reply "when" in zh lacks a value for eta'):
        replies.render(Say("when"), listener())
    with pytest.raises(ReplyError, match='no reply "where" in zh'):
        replies.render(Say("where"), listener())


@settings(deadline=None)
@given(st.text(min_size=1, max_size=60))
def test_what_a_customer_typed_is_only_text(text):
    values = {"category": "delivery", "description": text, "order_no": None}

    said = STANDARD.replies.render(Say("ask_confirm_complaint", values), listener("en"))

    assert said.text == f"Here's what I have: delivery. {text}\nShall I file it like this?"


def test_braces_of_a_customer_name_no_placeholder():
    said = STANDARD.replies.render(
        Say("ask_confirm_complaint", {"category": "other", "description": "{number} {0.__class__}", "number": "T-1"}),
        listener("en"),
    )

    assert "{number} {0.__class__}" in said.text


def test_buttons_from_data_are_one_each_and_stay_valid_payloads(tmp_path):
    zh = """
replies:
  which:
    text: 哪一单？
    buttons:
      - {title: "{item}", payload: '/set{"order_no":"{item}"}', each: recent_orders}
      - {title: 跳过, payload: '/set{"order_no":null}'}
"""
    replies = replies_of(tmp_path, zh)
    orders = ["A1", 'B"2', "C" * 60]

    said = replies.render(Say("which", {"recent_orders": orders}), listener())

    assert [(choice.title, choice.payload) for choice in said.buttons] == [
        ("A1", '/set{"order_no":"A1"}'),
        ('B"2', '/set{"order_no":"B\\"2"}'),
        ("跳过", '/set{"order_no":null}'),
    ]


def test_the_buttons_shown_last_can_be_typed(tmp_path):
    zh = "replies:\n  a: {text: 甲, buttons: [{title: 好, payload: /yes}]}\n  b: 乙\n"
    replies = replies_of(tmp_path, zh)

    offered, _ = replies.speak(DialogueState(), [Say("a"), Say("b")], listener())
    gone, _ = replies.speak(offered, [Say("b")], listener())
    silent, messages = replies.speak(offered, [], listener())

    assert offered.options == (("好", "/yes"),)
    assert gone.options == ()
    assert (silent, messages) == (offered, ())


def test_a_shop_rewrites_one_reply_and_keeps_the_others(tmp_path):
    defaults = tmp_path / "replies"
    replies_of(tmp_path, "replies:\n  hi: 您好\n  bye: 再见\n")
    shop = tmp_path / "shop" / "replies"
    shop.mkdir(parents=True)
    (shop / "zh.yml").write_text("replies:\n  hi: 欢迎来喝茶\n", encoding="utf-8")

    replies = Replies.load(defaults, shop)

    assert replies.render(Say("hi"), listener()).text == "欢迎来喝茶"
    assert replies.render(Say("bye"), listener()).text == "再见"


@pytest.mark.parametrize(
    ("zh", "says"),
    [
        ("replies:\n  hi: '{order no}'\n", 'zh.yml:2: reply "hi": a placeholder is {name}'),
        ("replies:\n  hi: {txt: a}\n", 'zh.yml:2: reply "hi" has no "txt"'),
        ("replies:\n  hi: []\n", "needs a text"),
        ("replies:\n  hi: {text: a, buttons: [{title: b}]}\n", "a button is a title and a payload"),
        ("replies:\n  hi: {text: a, buttons: [{title: b, payload: go}]}\n", "a payload starts with /"),
        ("reples:\n  hi: a\n", 'there is no "reples" here'),
    ],
)
def test_a_wrong_reply_is_named_with_its_place(tmp_path, zh, says):
    with pytest.raises(FlowError) as caught:
        replies_of(tmp_path, zh)

    assert says in str(caught.value)


def test_both_languages_have_the_same_replies_and_words():
    replies = STANDARD.replies

    assert replies.names("zh") == replies.names("en")
    assert {table: set(words) for table, words in replies.words("zh").items()} == {
        table: set(words) for table, words in replies.words("en").items()
    }
