"""China's public holidays: as published, and by the law alone for a year that is not yet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_store import holidays
from crm_store.desk_hours import AnswerTimes, DeskHours
from crm_store.tickets import due_at
from tests.crm_store.test_desk_hours import MOMENTS, desks

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = DeskHours(SHANGHAI, time(9), time(18), frozenset(range(5)), calendar=holidays.works)
SHOP = DeskHours(SHANGHAI, time(9), time(21), frozenset(range(7)), calendar=holidays.works)


def local(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        ("2026-02-14", True),  # a Saturday, worked instead of a day of the Spring Festival
        ("2026-02-16", False),
        ("2026-02-23", False),
        ("2026-02-24", None),
        ("2026-06-19", False),
        ("2026-09-20", True),
        ("2026-10-07", False),
        ("2026-10-10", True),
        ("2026-11-23", None),
    ],
)
def test_a_published_year_is_kept_day_by_day(day: str, worked: bool | None) -> None:
    assert holidays.works(date.fromisoformat(day)) is worked


@pytest.mark.parametrize("year", [2025, 2026])
def test_what_the_law_sets_is_free_in_every_year_published_under_it(year: int) -> None:
    days = holidays.statutory(year)

    assert len(days) == 13
    assert {holidays.works(day) for day in days} == {False}


def test_a_year_that_is_not_published_keeps_the_statutory_days_and_moves_no_weekend() -> None:
    year = next(year for year in range(2027, 2100) if not holidays.published(year))
    days = [date(year, 1, 1) + timedelta(days=number) for number in range(366)]

    said = {day: holidays.works(day) for day in days if day.year == year}

    assert {day for day, worked in said.items() if worked is False} == holidays.statutory(year)
    assert True not in said.values()


def test_the_law_s_days_of_2027_are_those_of_its_moon_and_sun() -> None:
    moved = {"2027-02-05", "2027-02-06", "2027-02-07", "2027-02-08", "2027-04-05", "2027-06-09", "2027-09-15"}

    assert {date.fromisoformat(day) for day in moved} <= holidays.statutory(2027)


@pytest.mark.parametrize(
    ("desk", "now", "back"),
    [
        (SHOP, "2026-09-30T21:00", "2026-10-08T09:00"),
        (OFFICE, "2026-10-09T18:00", "2026-10-10T09:00"),  # that Saturday is worked
        (OFFICE, "2026-10-10T12:00", None),
        (OFFICE, "2026-02-14T18:00", "2026-02-24T09:00"),
    ],
)
def test_people_are_back_after_the_holidays_and_on_days_worked_instead(
    desk: DeskHours, now: str, back: str | None
) -> None:
    assert desk.back_at(local(now)) == (local(back) if back else None)


def test_a_case_opened_before_the_holidays_falls_due_after_them() -> None:
    assert due_at(local("2026-09-30T20:00"), "normal", SHOP) == local("2026-10-08T10:00")
    assert due_at(local("2026-09-30T20:00"), "urgent", SHOP) == local("2026-10-08T09:00")


def test_a_day_that_the_shop_closes_on_is_closed_though_the_country_works() -> None:
    desk = DeskHours(
        SHANGHAI, time(9), time(18), frozenset(range(5)), calendar=holidays.works,
        closed_on=frozenset({date(2026, 10, 10)}),
    )  # fmt: skip

    assert desk.back_at(local("2026-10-09T18:00")) == local("2026-10-12T09:00")


@given(
    desk=desks(),
    opened=MOMENTS,
    priority=st.sampled_from(["urgent", "high", "normal", "low"]),
    shares=st.lists(st.floats(0.01, 1), min_size=2, max_size=4),
    calendar=st.sampled_from([None, holidays.works]),
)
def test_a_better_tier_never_waits_longer_and_nobody_for_an_hour_in_which_nobody_is_there(
    desk: DeskHours,
    opened: datetime,
    priority: str,
    shares: list[float],
    calendar: Callable[[date], bool | None] | None,
) -> None:
    tiers = {str(number): share for number, share in enumerate(sorted(shares))}
    keeping = DeskHours(desk.zone, desk.opens, desk.closes, desk.days, calendar, answers=AnswerTimes(shares=tiers))

    dues = [due_at(opened, priority, keeping, tier) for tier in (*tiers, None)]

    assert dues == sorted(dues)
    assert all(keeping.staffed(due) or keeping.staffed(due - timedelta(microseconds=1)) for due in dues)


@given(desk=desks(), since=MOMENTS, minutes=st.lists(st.integers(0, 30_000), min_size=2, max_size=2))
def test_time_worked_adds_up_however_it_is_cut(desk: DeskHours, since: datetime, minutes: list[int]) -> None:
    middle = since + timedelta(minutes=minutes[0])
    until = middle + timedelta(minutes=minutes[1])

    whole = desk.worked(since, until)

    assert whole == desk.worked(since, middle) + desk.worked(middle, until)
    assert timedelta(0) <= whole <= until - since


def test_time_worked_leaves_out_nights_weekends_and_holidays() -> None:
    assert OFFICE.worked(local("2026-09-30T17:00"), local("2026-10-08T10:30")) == timedelta(hours=2, minutes=30)
    assert OFFICE.worked(datetime(2026, 10, 9, 9, tzinfo=UTC), local("2026-10-12T10:00")) == timedelta(hours=11)
