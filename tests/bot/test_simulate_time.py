"""The clock of the virtual world moves only when it is moved, and everything due until then happens in its order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.bot.worlds import ANA, WANG, Talk, a_world, event, kinds, texts


@pytest.fixture
def world() -> Iterator[Talk]:
    with a_world() as world:
        yield world


def care(answer: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return when, to whom and by which rule care was sent."""
    return [(one["at"], one["customer"], one["rule"]) for one in answer["sent"] if one["kind"] == "care"]


def skipped(answer: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return when, whom and why care was skipped."""
    return [
        (one["at"], one["customer"], one["reason"]) for one in answer["events"] if one["type"] == "care.skipped"
    ]  # fmt: skip


def a_solved_complaint(world: Talk, customer: str = "u1") -> str:
    """Let a customer complain and an agent solve it; return the ticket's number."""
    opened = event(world.say(customer, "你们这群骗子！杯子是坏的，垃圾"), "ticket.opened")
    world(agent="li", action="resolve", customer=customer)
    return str(opened["number"])


def test_the_world_begins_on_a_monday_morning_in_shanghai(world: Talk) -> None:
    assert world.say("u1", "hello")["at"] == "2026-01-05T09:00:00+08:00"
    assert world.say("u1", "hello")["at"] == "2026-01-05T09:00:00+08:00"


def test_at_is_applied_before_the_rest_of_its_line(world: Talk) -> None:
    answer = world.say("u1", "转人工", at="2026-01-05T15:30:00+00:00")

    assert answer["at"] == "2026-01-05T23:30:00+08:00"
    assert "09:00" in texts(answer)[0]  # nobody is in at half past eleven at night


def test_a_reset_with_at_begins_afresh_at_that_time(world: Talk) -> None:
    world(at="2026-06-01T09:00:00+08:00")

    assert world(reset=True, at="2026-02-01T09:00:00+08:00")["at"] == "2026-02-01T09:00:00+08:00"


def test_a_birthday_is_kept_at_ten_where_the_customer_lives(world: Talk) -> None:
    world.load("customers", WANG, ANA)

    answer = world(at="2026-12-31T23:00:00+08:00")

    assert care(answer) == [
        ("2026-03-05T10:00:00+08:00", "C1", "birthday"),
        ("2026-07-14T17:00:00+08:00", "C2", "birthday"),  # 10:00 in London in summer
    ]
    assert "王芳" in texts(answer)[0]
    assert "Ana" in texts(answer)[1]


def test_a_solved_complaint_is_followed_up_three_days_later_in_the_order_of_time(world: Talk) -> None:
    world.load("customers", WANG)
    number = a_solved_complaint(world)

    answer = world(at="2026-04-01T00:00:00+08:00")

    assert care(answer) == [
        ("2026-01-08T10:00:00+08:00", "C1", "complaint_follow_up"),
        ("2026-03-05T10:00:00+08:00", "C1", "birthday"),
    ]
    assert number in texts(answer)[0]
    assert [kind for kind in kinds(answer) if kind.startswith("care.")] == ["care.queued", "care.sent"] * 2


def test_years_bring_a_birthday_each_and_the_same_moment_twice_brings_none(world: Talk) -> None:
    world.load("customers", WANG)

    answer = world(at="2029-01-05T09:00:00+08:00")
    again = world(at="2029-01-05T09:00:00+08:00")

    assert [moment[:10] for moment, _, _ in care(answer)] == ["2026-03-05", "2027-03-05", "2028-03-05"]
    assert (again["sent"], again["events"]) == ([], [])


def test_nothing_is_due_before_its_moment(world: Talk) -> None:
    world.load("customers", WANG)

    early = world(at="2026-03-05T09:59:59+08:00")
    then = world(at="2026-03-05T10:00:00+08:00")

    assert early["sent"] == []
    assert care(then) == [("2026-03-05T10:00:00+08:00", "C1", "birthday")]


@pytest.mark.parametrize("consent", ["", "0"])
def test_without_consent_no_birthday_is_kept(world: Talk, consent: str) -> None:
    world.load("customers", WANG | {"marketing_consent": consent})

    answer = world(at="2026-03-06T09:00:00+08:00")

    assert answer["sent"] == []
    assert skipped(answer) == [("2026-03-05T10:00:00+08:00", "C1", "no_consent")]
    assert event(answer, "care.skipped")["rule"] == "birthday"


def test_an_opt_out_counts_from_the_next_moment_on(world: Talk) -> None:
    world.load("customers", WANG)
    out = world.say("u1", "退订")

    answer = world(at="2026-03-06T09:00:00+08:00")

    changed = [(one["purpose"], one["value"]) for one in out["events"] if one["type"] == "consent.changed"]
    assert sorted(changed) == [("care", False), ("marketing", False)]
    assert [reason for _, _, reason in skipped(answer)] == ["no_consent"]


def test_nobody_is_congratulated_in_the_middle_of_a_complaint(world: Talk) -> None:
    world.load("customers", WANG)
    world.say("u1", "你们这群骗子！杯子是坏的，垃圾")

    answer = world(at="2026-03-06T09:00:00+08:00")

    assert [reason for _, _, reason in skipped(answer)] == ["open_complaint"]


def test_who_blocked_us_is_unreachable_until_they_write(world: Talk) -> None:
    world.load("customers", WANG, ANA)
    world(customer="u1", event="blocked")
    world(customer="ana", channel="wechat", event="unfollow")

    gone = world(at="2026-08-01T09:00:00+08:00")
    world.say("u1", "你好")
    back = world(at="2027-04-01T09:00:00+08:00")

    assert [(who, why) for _, who, why in skipped(gone)] == [("C1", "unreachable"), ("C2", "unreachable")]
    assert [(who, rule) for _, who, rule in care(back)] == [("C1", "birthday")]


def test_a_customer_without_any_channel_is_unreachable(world: Talk) -> None:
    world.load("customers", {name: value for name, value in WANG.items() if not name.startswith("channel")})

    assert [reason for _, _, reason in skipped(world(at="2026-03-06T09:00:00+08:00"))] == ["unreachable"]


def test_service_is_not_counted_as_care_that_fills_the_day(world: Talk) -> None:
    world.load("customers", WANG | {"birthday": "1990-01-08"})
    a_solved_complaint(world)

    answer = world(at="2026-01-09T00:00:00+08:00")

    assert sorted(rule for _, _, rule in care(answer)) == ["birthday", "complaint_follow_up"]


def test_a_reply_to_care_says_what_the_customer_wants(world: Talk) -> None:
    world.load("customers", WANG)
    world(at="2026-03-05T12:00:00+08:00")

    answer = world.say("u1", "退订")

    assert answer["intent"] == "opt_out_marketing"
    assert "consent.changed" in kinds(answer)


def test_a_turn_that_failed_is_tried_again_when_time_passes(world: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    answering = world.world.house.turn._answering
    with monkeypatch.context() as broken:
        broken.setattr(answering, "write", _fails)
        failed = world.say("u1", "你好")

    answer = world(at="2026-01-05T09:05:00+08:00")

    assert failed["sent"] == []
    assert [(one["to"], one["kind"]) for one in answer["sent"]] == [("u1", "reply")]


def _fails(*_: object, **__: object) -> None:
    raise RuntimeError("the disk is full")
