"""Every form of line, every key of an answer, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.bot.worlds import A10293, WANG, Talk, a_world, event, kinds, texts

ALWAYS = {
    "line", "at", "customer", "intent", "intents", "confidence", "language", "entities", "flow", "asking", "slots",
    "owner", "sent", "events",
}  # fmt: skip
OF_TEXT = ("intent", "intents", "confidence", "language", "entities")


@pytest.fixture
def world() -> Iterator[Talk]:
    with a_world() as world:
        yield world


@pytest.fixture(scope="module")
def lasting() -> Iterator[Talk]:
    """One world for all lines that change nothing in it; `known` has written there."""
    with a_world() as world:
        world.say("known", "hello")
        yield world


def test_every_answer_has_every_key(world: Talk) -> None:
    answers = world.lines(
        {"at": "2026-01-05T10:00:00+08:00"},
        {"load": "customers", "rows": [WANG]},
        {"shop": "order.shipped", "data": A10293},
        {"customer": "u1", "text": "你好"},
        {"customer": "u1", "payload": "/track_order"},
        {"agent": "li", "action": "take", "customer": "u1"},
        {"show": "customer", "id": "C1"},
        {"reset": True},
    )

    assert [set(answer) - {"shown"} for answer in answers] == [ALWAYS] * 8
    assert [answer["line"] for answer in answers] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert "shown" in answers[6]


def test_a_text_is_told_with_what_it_means(world: Talk) -> None:
    answer = world.say("u1", "我的订单 A10293 到哪了")

    assert (answer["intent"], answer["language"]) == ("track_order", "zh")
    assert answer["intents"] == [{"name": "track_order", "confidence": answer["confidence"]}]
    assert answer["entities"] == [{"entity": "order_no", "value": "A10293", "text": "A10293", "start": 5, "end": 11}]
    assert round(answer["confidence"], 3) == answer["confidence"]


@pytest.mark.parametrize(
    "line",
    [
        {"at": "2026-01-05T10:00:00+08:00"},
        {"customer": "u1", "payload": "/track_order"},
        {"customer": "u1", "attachment": {"kind": "photo"}},
        {"customer": "u1", "contact": {"phone": "+8613800001234"}},
        {"customer": "u1", "event": "follow"},
        {"agent": "li", "action": "reply", "customer": "u1", "text": "我的订单到哪了"},
        {"load": "customers", "rows": []},
        {"reset": True},
    ],
)
def test_the_fields_of_text_are_null_on_a_line_without_a_customers_text(world: Talk, line: dict[str, object]) -> None:
    world.say("u1", "你好")

    answer = world(**line)

    assert [answer[key] for key in OF_TEXT] == [None] * 5


def test_a_sent_message_has_all_its_keys(world: Talk) -> None:
    world.load("customers", WANG)

    (sent,) = world.say("u1", "你好")["sent"]

    assert set(sent) == {"id", "at", "to", "customer", "channel", "kind", "text", "buttons"}
    assert (sent["to"], sent["customer"], sent["channel"], sent["kind"]) == ("u1", "C1", "telegram", "reply")
    assert sent["at"] == "2026-01-05T09:00:00+08:00"
    assert all(set(button) == {"title", "payload"} for button in sent["buttons"])


def test_flow_asking_and_slots_are_those_after_the_line(world: Talk) -> None:
    world.load("customers", WANG)
    world.load("orders", A10293, {**A10293, "order_no": "A10301"})

    asked = world.say("u1", "我的订单到哪了")
    stranger = world.say("u2", "where is my order A10293")
    answered = world.say("u1", "A10293")

    assert (asked["flow"], asked["asking"], asked["slots"]) == ("track_order", "order_no", {})
    assert (stranger["asking"], stranger["slots"]) == ("phone_last4", {"order_no": "A10293"})
    assert (answered["flow"], answered["asking"], answered["slots"]) == (None, None, {})
    assert kinds(answered) == ["flow.completed"]


def test_a_button_that_was_sent_can_be_pressed(world: Talk) -> None:
    (greeting,) = world.say("u1", "hello")["sent"]
    (points,) = [button for button in greeting["buttons"] if button["title"] == "My points"]

    answer = world(customer="u1", payload=points["payload"])

    assert event(answer, "flow.started")["flow"] == "ask_points_balance"


def test_the_answer_goes_to_the_channel_that_was_written_on(world: Talk) -> None:
    channels = ("telegram", "wechat", "wecom", "webchat", "terminal")

    answers = [world.say("u1", "hello", channel=channel) for channel in channels]

    assert [[message["channel"] for message in answer["sent"]] for answer in answers] == [[one] for one in channels]


def test_equal_names_on_two_channels_are_strangers(world: Talk) -> None:
    world.say("u1", "where is my order", channel="telegram")

    other = world.say("u1", "A10293", channel="wechat")

    assert world.show("telegram:u1")["id"] != world.show("wechat:u1")["id"]
    assert (other["flow"], other["asking"]) == ("track_order", "phone_last4")


def test_a_message_delivered_twice_is_answered_once(world: Talk) -> None:
    first = world.say("u1", "hello", message_id="m1")

    again = world.say("u1", "hello", message_id="m1")
    elsewhere = world.say("u1", "hello", message_id="m1", channel="wechat")

    assert "duplicate" not in first
    assert (again["duplicate"], again["sent"], again["events"]) == (True, [], [])
    assert again["intent"] == "greet"
    assert "duplicate" not in elsewhere
    assert elsewhere["sent"]


def test_messages_without_an_id_are_each_new(world: Talk) -> None:
    answers = [world.say("u1", "hello") for _ in range(3)]

    assert all(answer["sent"] and "duplicate" not in answer for answer in answers)


def test_a_caption_is_understood_with_its_photo(world: Talk) -> None:
    answer = world(customer="u1", attachment={"kind": "photo"}, text="转人工")

    assert (answer["intent"], answer["owner"]) == ("request_human_agent", "queue")


def test_a_key_with_null_is_a_key_left_out(world: Talk) -> None:
    answer = world(customer="u1", text="hello", payload=None, channel=None, message_id=None, at=None)

    assert answer["intent"] == "greet"


def test_keys_that_mean_nothing_are_ignored(world: Talk) -> None:
    assert world(customer="u1", text="hello", mood="sunny")["sent"]


def test_an_empty_text_is_answered_and_told(world: Talk) -> None:
    answer = world.say("u1", "")

    assert answer["intent"] == "out_of_scope"
    assert answer["entities"] == []


def test_a_megabyte_of_text_is_answered(world: Talk) -> None:
    answer = world.say("u1", "你好 where is my order? " * 50_000)

    assert answer["sent"]


def test_what_no_database_can_hold_is_left_out(world: Talk) -> None:
    (answer,) = world.raw(rb'{"customer": "u\u0000\ud8001", "text": "he\u0000llo \ud83d", "message_id": "\udfff9"}')

    assert json.loads(answer)["customer"] == "u1"
    assert json.loads(answer)["intent"] == "greet"


def test_empty_lines_are_passed_over_and_counted(world: Talk) -> None:
    answers = [json.loads(answer) for answer in world.raw(b"", b'{"customer": "u1", "text": "hi"}', b"  ", b"nothing")]

    assert [answer["line"] for answer in answers] == [2, 4]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"{", "no JSON"),
        (b"hello", "no JSON"),
        (b'{"customer": "u1", "text": "\xff"}', "UTF-8 at byte 29"),
        ("{}".encode("utf-16"), "UTF-8"),
        (b"[]", "JSON list"),
        (b'"hi"', "JSON string"),
        (b"7", "JSON number"),
        (b"null", "JSON null"),
        (b"{}", "asks for nothing"),
        (b'{"hello": 1}', "asks for nothing"),
        (b'{"reset": false}', "asks for nothing"),
        (b'{"reset": "yes"}', "reset"),
        (b'{"customer": "u1", "text": NaN}', "NaN"),
        (b'{"load": "points", "rows": [{"points": -Infinity}]}', "-Infinity"),
        (b'{"customer": "u1", "text": "hi", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested deeper"),
        (b'{"customer": "u1", "text": "hi", "x": ' + b"[" * 500 + b"]" * 500 + b"}", "nested deeper"),
        (b'{"customer": "u1", "text": "hi", "x": ' + b"9" * 5_000 + b"}", "too long"),
        (b'{"customer": "", "text": "hi"}', "customer"),
        (b'{"customer": 5, "text": "hi"}', "customer"),
        (b'{"customer": ["u1"], "text": "hi"}', "customer"),
        (b'{"customer": "u1"}', "does nothing"),
        (b'{"customer": "u1", "text": 5}', "text"),
        (b'{"customer": "u1", "text": "hi", "payload": "/greet"}', "several things"),
        (b'{"customer": "u1", "payload": {}}', "payload"),
        (b'{"customer": "u1", "attachment": "photo"}', "attachment.kind"),
        (b'{"customer": "u1", "attachment": {"kind": "hologram"}}', "attachment.kind"),
        (b'{"customer": "u1", "contact": "13800001234"}', "contact"),
        (b'{"customer": "u1", "contact": {}}', "contact"),
        (b'{"customer": "u1", "event": "sneezed"}', "event"),
        (b'{"customer": "u1", "event": "read", "message": "nothing"}', "message"),
        (b'{"customer": "u1", "text": "hi", "channel": "fax"}', "channel"),
        (b'{"customer": "u1", "text": "hi", "channel": ["telegram"]}', "channel"),
        (b'{"customer": "u1", "text": "hi", "message_id": {}}', "message_id"),
        (b'{"at": "tomorrow"}', "at is no time"),
        (b'{"at": 1767574800}', "at is no time"),
        (b'{"at": "2026-02-30T09:00:00+08:00"}', "at is no time"),
        (b'{"at": "2026-11-23T09:00:00"}', "no time zone"),
        (b'{"at": "9999-12-31T23:59:59+00:00"}', "too far ahead"),
        (b'{"at": "2026-01-05T08:59:59+08:00"}', "never goes back"),
        (b'{"agent": "", "action": "take", "customer": "u1"}', "agent"),
        (b'{"agent": "li", "action": "dance", "customer": "u1"}', "action"),
        (b'{"agent": "li", "customer": "u1"}', "action"),
        (b'{"agent": "li", "action": "take"}', "customer"),
        (b'{"agent": "li", "action": "take", "customer": "nobody"}', "not known"),
        (b'{"agent": "li", "action": "reply", "customer": "u1", "text": ["hi"]}', "text"),
        (b'{"agent": "li", "action": "reply", "customer": "known"}', "text"),
        (b'{"agent": "li", "action": "return", "customer": "known"}', "take it first"),
        (b'{"agent": "li", "action": "resolve", "customer": "known", "ticket": "T-9"}', "T-9"),
        (b'{"agent": "li", "action": "resolve", "customer": "known", "ticket": 9}', "ticket"),
        (b'{"agent": "li", "action": "approve", "customer": "known"}', "approval"),
        (b'{"load": "unicorns", "rows": []}', "load"),
        (b'{"load": "customers"}', "rows"),
        (b'{"load": "customers", "rows": {"customer_id": "C1"}}', "rows"),
        (b'{"load": "customers", "rows": ["C1"]}', "rows"),
        (b'{"load": "customers", "rows": [{"name": "Ana"}]}', "row 1: customer_id"),
        (b'{"load": "points", "rows": [{"customer_id": "C9", "points": 5, "reference": "r"}]}', "row 1: customer_id"),
        (b'{"shop": "order.eaten", "data": {"order_no": "A10293"}}', "shop"),
        (b'{"shop": "order.paid"}', "data"),
        (b'{"shop": "order.paid", "data": []}', "data"),
        (b'{"shop": "order.paid", "data": {}}', "order_no"),
        (b'{"show": "weather", "id": "C1"}', "show"),
        (b'{"show": "customer"}', "id"),
        (b'{"show": "customer", "id": "C9"}', "no customer"),
    ],
)
def test_a_line_that_is_refused_is_answered_and_the_run_goes_on(lasting: Talk, line: bytes, says: str) -> None:
    refused, after = (json.loads(answer) for answer in lasting.raw(line, b'{"customer": "u1", "text": "hello"}'))

    assert set(refused) == {"line", "error"}
    assert says in refused["error"]
    assert texts(after)
    assert after["line"] == 2


def test_what_came_due_before_a_refusal_is_told_on_the_next_line(world: Talk) -> None:
    world.load("customers", WANG)

    refused, after = world.lines(
        {"at": "2026-03-05T12:00:00+08:00", "agent": "li", "action": "take", "customer": "nobody"},
        {"customer": "u9", "text": "hello"},
    )

    assert "error" in refused
    assert [(message["kind"], message["to"]) for message in after["sent"]] == [("care", "u1"), ("reply", "u9")]
    assert "care.sent" in kinds(after)
