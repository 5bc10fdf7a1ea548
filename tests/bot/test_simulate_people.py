"""Agents, who the customer is, and what a platform tells of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bot.worlds import A10293, WANG, Talk, a_world, event, kinds, texts


@pytest.fixture
def world() -> Iterator[Talk]:
    with a_world() as world:
        world.load("customers", WANG)
        world.load("orders", A10293)
        world.load("points", {"customer_id": "C1", "points": 2860, "at": "2026-01-01", "reference": "r1"})
        yield world


def test_who_asks_for_a_person_waits_is_taken_and_comes_back(world: Talk) -> None:
    asked = world.say("u1", "转人工")
    silent = world.say("u1", "在吗")
    taken = world(agent="li", action="take", customer="u1")
    said = world(agent="li", action="reply", customer="u1", text="您好，我是小李")
    back = world(agent="li", action="return", customer="u1")
    after = world.say("u1", "你好")

    assert (asked["owner"], len(asked["sent"])) == ("queue", 1)
    assert event(asked, "handoff.requested")["reason"] == "asked"
    assert (silent["owner"], silent["sent"], silent["intent"]) == ("queue", [], "greet")
    assert (taken["owner"], kinds(taken)) == ("agent:li", ["handoff.taken"])
    assert [(one["kind"], one["to"], one["text"]) for one in said["sent"]] == [("agent", "u1", "您好，我是小李")]
    assert (back["owner"], kinds(back)) == ("bot", ["handoff.returned"])
    assert [one["kind"] for one in after["sent"]] == ["reply"]


def test_the_bot_is_silent_while_an_agent_has_the_conversation(world: Talk) -> None:
    world.say("u1", "你好")
    world(agent="li", action="take", customer="u1")

    answer = world.say("u1", "我的订单到哪了")

    assert (answer["owner"], answer["sent"], answer["intent"]) == ("agent:li", [], "track_order")


def test_who_waits_can_stop_waiting(world: Talk) -> None:
    world.say("u1", "转人工")

    answer = world.say("u1", "算了")

    assert (answer["owner"], len(answer["sent"])) == ("bot", 1)
    assert event(answer, "handoff.returned")["reason"] == "cancelled"


def test_an_agent_answers_by_taking(world: Talk) -> None:
    world.say("u1", "转人工")

    answer = world(agent="mei", action="reply", customer="u1", text="您好")

    assert (answer["owner"], texts(answer)) == ("agent:mei", ["您好"])


def test_a_conversation_goes_from_agent_to_agent_and_to_the_queue(world: Talk) -> None:
    world.say("u1", "转人工")
    world(agent="li", action="take", customer="u1")

    given = world(agent="li", action="transfer", customer="u1", text="mei")
    queued = world(agent="mei", action="transfer", customer="u1")

    assert (given["owner"], event(given, "handoff.transferred")["to"]) == ("agent:mei", "mei")
    assert (queued["owner"], event(queued, "handoff.transferred")["to"]) == ("queue", "queue")


def test_every_handoff_event_gives_its_reason(world: Talk) -> None:
    steps = [
        world.say("u1", "转人工"),
        world(agent="li", action="take", customer="u1"),
        world(agent="li", action="transfer", customer="u1"),
        world(agent="li", action="take", customer="u1"),
        world(agent="li", action="return", customer="u1"),
    ]

    told = [(one["type"], one["reason"]) for step in steps for one in step["events"] if one["type"].startswith("hand")]
    assert told == [
        ("handoff.requested", "asked"), ("handoff.taken", "agent"), ("handoff.transferred", "agent"),
        ("handoff.taken", "agent"), ("handoff.returned", "agent"),
    ]  # fmt: skip


def test_notes_and_snoozes_send_nothing(world: Talk) -> None:
    world.say("u1", "转人工")
    world(agent="li", action="take", customer="u1")

    noted = world(agent="li", action="note", customer="u1", text="老客户")
    snoozed = world(agent="li", action="snooze", customer="u1")

    assert (noted["sent"], snoozed["sent"], snoozed["owner"]) == ([], [], "agent:li")
    assert "老客户" in [entry.get("text") for entry in world.show("C1")["timeline"]]


def test_resolving_ends_every_open_ticket_and_gives_the_conversation_back(world: Talk) -> None:
    first = event(world.say("u1", "你们这群骗子！杯子是坏的，垃圾"), "ticket.opened")
    world(agent="li", action="take", customer="u1")

    answer = world(agent="li", action="resolve", customer="u1")

    assert event(answer, "ticket.resolved")["number"] == first["number"]
    assert (answer["owner"], answer["flow"]) == ("bot", None)
    assert [ticket["status"] for ticket in world.show("C1")["tickets"]] == ["resolved"]


def test_resolving_one_ticket_leaves_the_others_open(world: Talk) -> None:
    numbers = []
    for words in ("你们这群骗子！杯子是坏的，垃圾", "你们这群骗子！客服骂人，投诉你们的服务态度，垃圾"):
        numbers.append(event(world.say("u1", words), "ticket.opened")["number"])
        world(agent="li", action="take", customer="u1")
        world(agent="li", action="return", customer="u1")

    answer = world(agent="li", action="resolve", customer="u1", ticket=numbers[1])

    assert event(answer, "ticket.resolved")["number"] == numbers[1]
    assert answer["owner"] == "bot"
    assert [ticket["status"] for ticket in world.show("C1")["tickets"]] == ["open", "resolved"]


def test_an_agent_may_name_a_customer_by_customer_id(world: Talk) -> None:
    world.say("u1", "转人工")

    assert world(agent="li", action="take", customer="C1")["owner"] == "agent:li"
    assert world(agent="li", action="return", customer="u1", channel="telegram")["owner"] == "bot"


def test_every_ticket_event_tells_the_case(world: Talk) -> None:
    opened = event(world.say("u1", "你们这群骗子！A10293 的杯子是坏的，垃圾"), "ticket.opened")
    resolved = event(world(agent="li", action="resolve", customer="u1"), "ticket.resolved")

    for told in (opened, resolved):
        assert told["customer"] == "C1"
        assert (told["number"], told["category"]) == ("T-1001", "product_quality")
        assert (told["priority"], told["order_no"]) == ("urgent", "A10293")  # angry, and of a first tier
        assert "杯子" in told["summary"]


def test_a_verified_contact_makes_a_stranger_the_customer_on_file(world: Talk) -> None:
    asked = world.say("new", "我有多少积分")
    shared = world(customer="new", contact={"phone": "+8613800001234"})

    assert (asked["flow"], asked["asking"]) == ("ask_points_balance", "contact_shared")
    assert "2,860" in texts(shared)[-1]
    assert event(shared, "identity.linked")["customer"] == "C1"
    assert {"channel": "telegram", "user_id": "new", "verified": True} in world.show("C1")["identities"]


def test_a_second_row_of_the_same_customer_adds_a_channel(world: Talk) -> None:
    world.load("customers", {"customer_id": "C1", "channel": "wechat", "channel_user_id": "wx1"})

    answer = world.say("wx1", "我有多少积分", channel="wechat")

    assert "2,860" in texts(answer)[0]
    assert [one["customer"] for one in answer["sent"]] == ["C1"]


def test_a_stranger_is_called_as_the_channel_calls_them(world: Talk) -> None:
    answer = world.say("u9", "转人工")

    assert {one["customer"] for one in answer["sent"] + answer["events"]} == {"u9"}


def test_following_is_greeted_and_leaving_is_not(world: Talk) -> None:
    assert world(customer="u9", event="follow")["sent"]
    assert world(customer="u9", event="unfollow")["sent"] == []


@pytest.mark.parametrize("kind", ["delivered", "read", "clicked"])
def test_a_receipt_is_about_the_last_message_or_the_one_it_names(world: Talk, kind: str) -> None:
    first = world.say("u1", "你好")["sent"][-1]["id"]
    last = world.say("u1", "我有多少积分")["sent"][-1]["id"]

    of_last = world(customer="u1", event=kind)
    of_first = world(customer="u1", event=kind, message=first)

    assert event(of_last, f"channel.{kind}")["message"] == last
    assert event(of_first, f"channel.{kind}")["message"] == first
    assert of_last["sent"] == of_first["sent"] == []


def test_a_link_event_without_a_known_token_links_nobody(world: Talk) -> None:
    answer = world(customer="u9", event="link", token="t0ken")

    assert "identity.linked" not in kinds(answer)
