"""Customers who do not answer."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from bot.world.world import World
from crm_store.conversations import conversations
from tests.bot.worlds import A10293, WANG, Talk, a_world, event, kinds, texts


def asked(world: Talk, at: str = "2026-01-05T10:00:00+08:00") -> None:
    world.load("customers", WANG)
    world(at=at)
    assert world.say("u1", "我想查一下订单到哪了")["asking"] == "order_no"


def test_ten_minutes_of_silence_are_met_with_one_gentle_nudge() -> None:
    with a_world() as world:
        asked(world)

        assert world(at="2026-01-05T10:09:59+08:00")["sent"] == []
        (nudge,) = world(at="2026-01-05T10:10:00+08:00")["sent"]
        assert (nudge["kind"], nudge["to"]) == ("reply", "u1")
        assert world(at="2026-01-05T20:00:00+08:00")["sent"] == []


def test_the_question_is_still_open_after_the_nudge() -> None:
    with a_world() as world:
        world.load("customers", WANG)
        world.load("orders", A10293)
        world.say("u1", "我要投诉")
        world(at="2026-01-05T09:30:00+08:00")

        answer = world.say("u1", "杯子裂了，茶都漏光了")

        assert answer["flow"] is not None
        assert answer["slots"]["description"]


def test_nobody_is_nudged_at_night() -> None:
    with a_world() as world:
        asked(world, at="2026-01-05T20:55:00+08:00")

        assert world(at="2026-01-06T12:00:00+08:00")["sent"] == []


def test_nobody_is_nudged_whose_talk_a_person_has() -> None:
    with a_world() as world:
        asked(world)
        world(agent="li", action="take", customer="u1")

        assert world(at="2026-01-05T12:00:00+08:00")["sent"] == []


def test_after_a_day_the_task_is_laid_aside_in_silence_and_can_be_taken_up_again() -> None:
    with a_world() as world:
        world.load("customers", WANG)
        world.say("u1", "我要投诉，杯子裂了漏水")

        closed = world(at="2026-01-06T09:00:00+08:00")
        assert [one["type"] for one in closed["events"]][-1] == "flow.cancelled"
        assert len(closed["sent"]) == 1  # the nudge of the day before

        back = world.say("u1", "你好", at="2026-01-07T10:00:00+08:00")
        assert (back["flow"], back["asking"]) == (None, "goes_on")
        again = world(customer="u1", payload='/set{"goes_on":true}')
        assert "flow.started" in kinds(again)
        assert again["slots"]["description"] == "我要投诉，杯子裂了漏水"


def test_who_comes_back_with_a_wish_is_told_and_served() -> None:
    with a_world() as world:
        world.load("customers", WANG)
        world.say("u1", "我要投诉，杯子裂了漏水")

        back = world.say("u1", "我有多少积分", at="2026-01-07T10:00:00+08:00")

        assert event(back, "flow.started")["flow"] == "ask_points_balance"
        assert sum("放下" in text for text in texts(back)) == 1
        assert all("放下" not in text for text in texts(world.say("u1", "我有多少积分")))


def test_who_answers_a_day_late_is_understood() -> None:
    with a_world() as world:
        asked(world)
        world.load("orders", A10293)

        back = world.say("u1", "A10293", at="2026-01-07T10:00:00+08:00")

        assert any("SF1234567890" in text for text in texts(back))


def test_two_clocks_nudge_once() -> None:
    with a_world() as world:
        asked(world)
        inner: World = world.world
        row = inner.store.read_now(_talks)[0]
        now = row.silence_at

        done = [inner.store.run_now(inner.house.silence.take_up, row.id, now=now) for _ in range(2)]

        assert done == ["nudged", "nothing"]


def _talks(conn: Connection) -> list[Any]:
    return list(conn.execute(conversations.select()))
