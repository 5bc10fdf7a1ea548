"""Complaints, promises, tasks, scores and alerts."""

from __future__ import annotations

from tests.bot.worlds import WANG, Talk, event, kinds
from tests.capabilities.shops import complain, settled


def test_a_tier_sets_when_a_case_is_due_and_its_change_counts_from_the_next_message_on(shop: Talk) -> None:
    """Number 14."""
    shop.load("customers", WANG | {"tier": "silver"})
    complain(shop)
    (before,) = shop.show("C1")["tickets"]

    told = shop.load("customers", WANG | {"tier": "diamond"})
    (risen,) = shop.show("C1")["tickets"]
    complain(shop, "快递太慢了", "跳过")
    (_, after) = shop.show("C1")["tickets"]

    assert before["due_at"] == "2026-01-06T01:00:00+00:00"
    assert event(told, "ticket.updated")["reason"] == "tier"
    assert risen["due_at"] == after["due_at"] == "2026-01-05T07:00:00+00:00"


def test_a_case_keeps_each_step_with_its_time_and_who_took_it(shop: Talk) -> None:
    """Number 37."""
    number = complain(shop)
    shop(agent="li", action="reply", customer="u1", text="明天补发一个新的。", at="2026-01-05T11:00:00+08:00")
    shop(agent="li", action="resolve", customer="u1", at="2026-01-05T14:30:00+08:00")

    page = shop.show("C1")

    (case,) = page["tickets"]
    assert (case["number"], case["priority"], case["order_no"]) == (number, "normal", "A10293")
    assert case["status"] == "resolved"
    assert (case["opened_at"], case["due_at"]) == ("2026-01-05T01:00:00+00:00", "2026-01-06T01:00:00+00:00")
    steps = [
        (entry["at"], entry["kind"], entry["by"])
        for entry in page["timeline"]
        if entry["kind"].startswith("ticket.") or entry["by"] == "agent:li"
    ]
    assert steps == [
        ("2026-01-05T01:00:00+00:00", "ticket.opened", "bot"),
        ("2026-01-05T03:00:00+00:00", "handoff.taken", "agent:li"),
        ("2026-01-05T03:00:00+00:00", "message.out", "agent:li"),
        ("2026-01-05T03:00:00+00:00", "promise.kept", "agent:li"),
        ("2026-01-05T06:30:00+00:00", "ticket.resolved", "agent:li"),
        ("2026-01-05T06:30:00+00:00", "handoff.returned", "agent:li"),
    ]
    (resolved,) = [entry for entry in page["timeline"] if entry["kind"] == "ticket.resolved"]
    assert resolved["data"]["open_s"] == 5.5 * 3_600


def test_each_promise_has_an_owner_and_a_due_time_and_an_overdue_one_escalates(shop: Talk) -> None:
    """Number 42: the bot's own promise of an answer, which nobody keeps."""
    number = complain(shop)
    (made,) = shop.show("C1")["promises"]

    waited = shop(at="2026-01-06T12:00:00+08:00")
    (late,) = shop.show("C1")["promises"]
    shop(agent="li", action="reply", customer="u1", text="抱歉，久等了。")
    (kept,) = shop.show("C1")["promises"]

    assert (made["ticket"], made["by"], made["due_at"]) == (number, "bot", "2026-01-06T01:00:00+00:00")
    (notice,) = waited["sent"]
    assert (notice["kind"], notice["at"]) == ("notice", "2026-01-05T20:59:00+08:00")  # due when quiet hours end
    assert number in notice["text"]
    steps = [(one["type"], one["at"], one.get("owner")) for one in waited["events"]]
    assert steps == [
        ("task.opened", "2026-01-06T05:00:00+08:00", None),
        ("promise.late", "2026-01-06T09:00:00+08:00", None),
        ("task.opened", "2026-01-06T09:00:00+08:00", "supervisor"),
    ]
    assert [one["state"] for one in (made, late, kept)] == ["open", "escalated", "kept"]


def test_what_is_due_becomes_a_task_and_a_reminder_and_is_ticked_off(shop: Talk) -> None:
    """Number 79: an agent's promise, reminded before it is late, put off, and kept."""
    due = "2026-01-06T18:00:00+08:00"
    made = shop(agent="li", action="promise", customer="u1", text="退款到账", due=due)
    reminded = shop(at="2026-01-06T14:00:00+08:00")
    shop(agent="li", action="renegotiate", customer="u1", text="银行系统维护", due="2026-01-07T18:00:00+08:00")
    told = shop(at="2026-01-07T17:00:00+08:00")
    kept = shop(agent="li", action="keep", customer="u1", text="R-77")
    later = shop(at="2026-01-09T18:00:00+08:00")

    promised = event(made, "promise.made")
    assert (promised["text"], promised["owner"], promised["due_at"]) == (
        "退款到账",
        "agent:li",
        "2026-01-06T10:00:00+00:00",
    )
    task = event(reminded, "task.opened")
    assert (task["kind"], task["owner"], task["about"]) == ("reminder", "agent:li", "退款到账")
    assert [(one["kind"], one["at"]) for one in told["sent"]] == [("notice", "2026-01-07T16:00:00+08:00")]
    assert {"task.done", "promise.kept"} <= {one["type"] for one in kept["events"]}
    assert (later["events"], later["sent"]) == ([], [])
    assert [one["state"] for one in shop.show("C1")["promises"]] == ["renegotiated", "kept"]


def test_a_complaint_is_recorded_due_settled_and_confirmed_closed(shop: Talk) -> None:
    """Number 36."""
    shop.say("u1", "杯子收到就是碎的")
    shop(customer="u1", attachment={"kind": "photo"})
    shop.say("u1", "A10293")
    opened = event(shop.say("u1", "对"), "ticket.opened")
    shop(agent="li", action="resolve", customer="u1")
    shop(at="2026-01-08T10:00:00+08:00")

    closed = shop.say("u1", "都好了，谢谢")

    assert (opened["order_no"], [one["kind"] for one in opened["evidence"]]) == ("A10293", ["photo"])
    assert event(closed, "ticket.closed")["number"] == opened["number"]


def test_a_low_score_opens_a_task_at_once_and_content_again_is_noticed(shop: Talk) -> None:
    """Numbers 44 and 45."""
    settled(shop)

    low = shop.say("u1", "1")
    shop.say("u1", "等了三天才有人理")
    content = shop.say("u1", "后来处理得很好，给你们五星", at="2026-01-09T11:00:00+08:00")

    assert event(low, "survey.answered")["score"] == 1
    assert (event(low, "task.opened")["kind"], low["asking"]) == ("recovery", "went_wrong")
    assert event(content, "mood.recovered")["task"] == event(low, "task.opened")["task"]


def test_who_names_a_competitor_raises_an_alert_once_in_a_talk(shop: Talk) -> None:
    """Number 47."""
    first = shop.say("u1", "别家卖得比你们便宜")
    second = shop.say("u1", "那我去别家了")

    assert event(first, "alert.raised")["kind"] == "competitor"
    assert "alert.raised" not in kinds(second)


def test_a_survey_is_answered_in_the_chat_and_asks_on_where_it_has_to(shop: Talk) -> None:
    """Numbers 48 and 54: after a case, by a typed word; a low score is asked why, and a call is noted."""
    asked = settled(shop)

    low = shop.say("u1", "不太满意")
    told = shop.say("u1", "没人说清楚，给我回个电话吧")

    assert [message["kind"] for message in asked["sent"]] == ["survey"]
    assert event(low, "survey.answered")["score"] == 2
    assert event(told, "task.opened")["kind"] == "call_back"
