"""In the virtual world too, what is too old goes in the night, and nothing beside the world's own store does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Table, select

from bot.keeping_house import JOB
from crm_store.history import history
from crm_store.inbox import inbox
from crm_store.outbox import outbox
from crm_store.schedule import claims, is_taken
from tests.bot.worlds import ROOT, WANG, Talk, a_world, settings


@pytest.fixture
def world() -> Iterator[Talk]:
    with a_world() as world:
        yield world


def count(world: Talk, table: Table) -> int:
    return len(world.world.store.read_now(lambda conn: conn.execute(select(table)).all()))


def reasons(world: Talk) -> list[bool]:
    asked = select(history.c.why.is_not(None)).where(history.c.kind == "message.in").order_by(history.c.id)
    return list(world.world.store.read_now(lambda conn: conn.execute(asked).scalars().all()))


def test_handled_messages_answers_and_reasons_go_when_they_are_too_old_and_words_stay(world: Talk) -> None:
    world.say("u1", "hello")

    left = []
    for at in ("2026-02-04T03:59:00+08:00", "2026-02-05T04:00:00+08:00", "2026-04-10T09:00:00+08:00"):
        world(at=at)
        left.append((count(world, inbox), count(world, outbox)))
    before = reasons(world)
    world(at="2026-07-10T09:00:00+08:00")

    assert left == [(1, 1), (0, 1), (0, 0)]
    assert (before, reasons(world)) == ([True], [False])
    assert [entry["text"] for entry in world.show("telegram:u1")["timeline"] if entry["kind"] == "message.in"] == [
        "hello"
    ]


def test_a_leap_over_years_keeps_house_in_its_last_night_and_happens_as_many_small_steps_do(world: Talk) -> None:
    def lives(world: Talk, *stops: str) -> tuple[int, int, list[bool]]:
        world.load("customers", WANG)
        world.say("u1", "你好")
        for at in stops:
            world(at=at)
        return count(world, inbox), count(world, outbox), reasons(world)

    leapt = lives(world, "2027-01-01T09:00:00+08:00")
    with a_world() as another:
        months = [f"2026-{month:02}-{day:02}T09:00:00+08:00" for month in range(2, 13) for day in (1, 15)]
        stepped = lives(another, *months, "2027-01-01T09:00:00+08:00")

    assert leapt == stepped
    assert world.world.store.read_now(is_taken, "keeping_house", "2027-01-01")


def test_files_of_the_shop_are_none_of_the_worlds(world: Talk) -> None:
    places = world.world.nights.places

    assert settings().var not in (places.var, *places.var.parents)
    assert places.exports.is_relative_to(places.var)
    assert not places.training.is_relative_to(ROOT)


@pytest.mark.parametrize(
    ("now", "nights"),
    [
        ("2026-01-06T03:59:59+08:00", []),
        ("2026-01-06T04:00:00+08:00", ["2026-01-06"]),
        ("2026-01-05T20:00:00+00:00", ["2026-01-06"]),
        ("2026-03-08T03:00:00+08:00", ["2026-03-07"]),
    ],
)
def test_house_is_kept_at_four_where_the_shop_is(world: Talk, now: str, nights: list[str]) -> None:
    world(at=now)

    claimed = select(claims.c.occasion).where(claims.c.job == JOB)
    assert world.world.store.read_now(lambda conn: list(conn.execute(claimed).scalars())) == nights
