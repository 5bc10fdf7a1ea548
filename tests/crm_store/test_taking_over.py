"""Whoever takes a conversation over sees who it is, why they wait, and what came before."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from crm_store import conversations, handoffs, history, orders, outbox, points, taking_over, tickets
from crm_store.ports import Ulids, VirtualClock
from crm_store.unit_of_work import Store
from tests.crm_store.people import DESK, NOW, a_customer, an_outbound

IDS = Ulids(VirtualClock(NOW), Random(7))


class Desk:
    """A store with Ana (C7, gold) and Bob, in which time is given in minutes after `NOW`."""

    def __init__(self, store: Store) -> None:
        self.store = store
        store.run_now(a_customer, "ana", number="C7", name="Ana", tier="gold", member=True, language="en")
        store.run_now(a_customer, "bob")

    def hears(self, minute: int, who: str = "ana", kind: str = "message.in", **columns: Any) -> None:
        by = columns.pop("by", "customer" if kind == "message.in" else "bot")
        self.store.run_now(history.record, at=at(minute), kind=kind, by=by, customer_id=who, **columns)

    def asks(self, minute: int, who: str = "ana", reason: str = "asked") -> None:
        self.store.run_now(handoffs.request, conversation_id=f"t-{who}", customer_id=who, reason=reason, now=at(minute))

    def takes(self, minute: int, who: str = "ana") -> None:
        self.store.run_now(handoffs.take, f"t-{who}", "li", now=at(minute))

    def page(self, minute: int = 60) -> dict[str, Any]:
        page: dict[str, Any] = self.store.read_now(taking_over.page, "ana", at(minute))
        return page


def at(minute: int) -> datetime:
    return NOW + timedelta(minutes=minute)


@pytest.fixture
def desk(empty_store: Store) -> Desk:
    return Desk(empty_store)


def test_the_queue_tells_who_waits_how_long_why_and_what_they_said_last(desk: Desk) -> None:
    desk.hears(0, text="a person please")
    desk.asks(1)
    desk.hears(2, "bob", data={"payload": "/request_human_agent"})
    desk.asks(3, "bob", "angry")

    first, second = desk.store.read_now(taking_over.queue, at(11))

    assert first == {
        "id": "ana", "customer": "telegram:ana", "channel": "telegram", "customer_id": "C7", "name": "Ana",
        "tier": "gold", "waiting_since": at(1).isoformat(), "waited_s": 600, "head_start_s": 900, "reason": "asked",
        "handed_on_by": None, "team": None, "last_words": "a person please", "sentiment": None,
    }  # fmt: skip
    assert (second["customer"], second["reason"]) == ("telegram:bob", "angry")
    assert second["last_words"] == "/request_human_agent"


def test_an_agents_list_begins_with_whom_they_owe_an_answer_and_ends_with_what_is_snoozed(desk: Desk) -> None:
    for number, who in enumerate(("cat", "dan")):
        desk.store.run_now(a_customer, who)
        desk.hears(number, who, text=f"{who} waits")
    desk.hears(2, text="thanks")
    desk.hears(3, "ana", "message.out", by="agent:li", text="you're welcome")
    desk.hears(4, "bob", text="later then")
    for who in ("ana", "bob", "cat", "dan"):
        desk.takes(5, who)
    desk.store.run_now(handoffs.snooze, "t-bob", "li", until=at(60), now=at(6))

    theirs = desk.store.read_now(taking_over.of_agent, "li", at(10))

    assert [one["customer"].partition(":")[2] for one in theirs] == ["cat", "dan", "ana", "bob"]
    assert [(one["last_by"], one["last_words"]) for one in theirs[1:3]] == [
        ("customer", "dan waits"), ("agent:li", "you're welcome"),
    ]  # fmt: skip
    assert [one["snoozed_until"] for one in theirs] == [None, None, None, at(60).isoformat()]


def test_a_page_says_who_it_is_and_why_they_wait(desk: Desk) -> None:
    desk.hears(0, text="hello")
    assert (desk.page()["owner"], desk.page()["handoff"]) == ("bot", None)
    desk.asks(1, reason="angry")

    page = desk.page()

    assert (page["name"], page["customer_id"], page["tier"], page["member"]) == ("Ana", "C7", "gold", True)
    assert page["identities"] == [{"channel": "telegram", "user_id": "ana", "verified": True, "reachable": True}]
    assert page["consent"] == {"service": True, "care": False, "marketing": False}
    assert (page["owner"], page["handoff"]["reason"]) == ("queue", "angry")
    assert page["handoff"]["waiting_since"] == page["handoff"]["asked_at"] == at(1).isoformat()


def test_a_page_has_the_cases_the_last_orders_and_the_points(desk: Desk) -> None:
    number = desk.store.run_now(
        tickets.open_ticket, customer_id="ana", conversation_id="t-ana", channel="telegram", category="delivery",
        priority="high", order_no=None, summary="late", now=NOW, ids=IDS, desk=DESK,
    ).number  # fmt: skip
    for day in range(5):
        ordered = {"status": "paid", "ordered_at": at(day * 1440)}
        desk.store.run_now(orders.add, order_no=f"A{day}", customer_id="ana", **ordered)
    desk.store.run_now(points.earn, "ana", 100, at=NOW, ids=IDS, expires_at=at(9999))

    page = desk.page()

    assert [(case["number"], case["status"]) for case in page["tickets"]] == [(number, "open")]
    assert [order["order_no"] for order in page["orders"]] == ["A4", "A3", "A2"]
    assert (page["points"], page["points_expiring"]) == (100, {"points": 100, "at": at(9999).isoformat()})


def test_the_mood_is_that_of_the_last_messages_with_words_newest_first(desk: Desk) -> None:
    for minute, sentiment in enumerate((0.5, 0.0, -0.4, -0.9)):
        desk.hears(minute, text="…", why={"understood": {"sentiment": sentiment, "urgency": 0.2}, "decided": {}})
    desk.hears(9, data={"payload": "/greet"}, why={"understood": None, "decided": {}})

    assert [mood["sentiment"] for mood in desk.page()["mood"]] == [-0.9, -0.4, 0.0]


def test_the_mood_tells_the_words_that_it_was_read_from(desk: Desk) -> None:
    felt = [{"feeling": "complaint", "words": ["裂", "没人回"]}, {"feeling": "hurry", "words": ["快点"]}]
    understood = {"sentiment": -0.4, "urgency": 0.5, "felt": felt}
    desk.hears(0, text="杯子裂了也没人回 快点", why={"understood": understood, "decided": {}})

    assert [mood["words"] for mood in desk.page()["mood"]] == [["裂", "没人回", "快点"]]


def test_the_timeline_has_twelve_messages_and_of_the_events_what_an_agent_cares_for(desk: Desk) -> None:
    desk.hears(0, "ana", "order.paid", data={"order_no": "A1"})
    for minute in range(1, 15):
        desk.hears(minute, text=f"message {minute}")
        desk.hears(minute, "ana", "flow.started", data={"flow": "track_order"})
    for kind in ("care.queued", "care.sent", "ticket.opened", "order.shipped", "message.failed", "consent.changed"):
        desk.hears(20, "ana", kind, data={"number": "T-1"})

    timeline = desk.page()["timeline"]

    assert [entry["text"] for entry in timeline[:12]] == [f"message {minute}" for minute in range(3, 15)]
    assert [entry["kind"] for entry in timeline[12:]] == [
        "care.sent", "ticket.opened", "order.shipped", "message.failed",
    ]  # fmt: skip


def test_a_pressed_button_is_shown_by_its_title_or_by_its_payload_where_nobody_knows_it(desk: Desk) -> None:
    body = {"text": "?", "buttons": [{"title": "Track an order", "payload": "/track_order"}]}
    desk.store.run_now(outbox.queue, [an_outbound("1", body=body)])
    desk.hears(1, data={"payload": "/track_order"}, ref="01A")
    desk.hears(2, data={"payload": "/gone"}, ref="01B")

    shown = [(entry["pressed"], entry["id"]) for entry in desk.page()["timeline"]]

    assert shown == [("Track an order", "01A"), ("/gone", "01B")]


def test_nobody_has_no_page_and_who_never_wrote_has_one_without_a_talk(desk: Desk) -> None:
    with pytest.raises(LookupError):
        desk.store.read_now(taking_over.page, "nobody", NOW)

    desk.store.run_now(a_customer, "eve", talks=False)
    page = desk.store.read_now(taking_over.page, "eve", NOW)

    assert (page["owner"], page["handoff"], page["timeline"], page["mood"]) == (conversations.BOT, None, [], [])
