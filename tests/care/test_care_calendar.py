"""Birthdays over all dates and zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care.calendar import birthday_moments, birthdays_near, dates_near, moment_of
from crm_store.birthday_dates import kept_on, lunar_months
from crm_store.customers import Birthday

ZONES = st.sampled_from(sorted(available_timezones() - {"localtime"})).map(ZoneInfo)
TEN = time(10)
ANY_DAY = st.dates(date(1904, 1, 1), date(2096, 12, 31))
SOLAR = ANY_DAY.map(lambda day: Birthday(day.month, day.day))
LUNAR = st.builds(
    Birthday, month=st.integers(1, 12), day=st.integers(1, 30), calendar=st.just("lunar"), leap_month=st.booleans()
)
YEARS = st.integers(1905, 2095)


def moments(birthday: Birthday, zone: ZoneInfo, since: datetime, until: datetime, on_1_march: bool = False) -> list:
    return list(birthday_moments(birthday, at=TEN, zone=zone, since=since, until=until, on_1_march=on_1_march))


@given(SOLAR | LUNAR, ZONES, YEARS, st.booleans())
def test_a_birthday_comes_exactly_once_a_year(birthday, zone, year, on_1_march):
    since = datetime(year, 1, 1, tzinfo=UTC) - timedelta(days=60)
    until = datetime(year + 1, 1, 1, tzinfo=UTC) + timedelta(days=90)

    years = [one for one, _, _ in moments(birthday, zone, since, until, on_1_march)]

    assert years.count(year) == 1
    assert len(years) == len(set(years))


@given(SOLAR | LUNAR, ZONES, YEARS)
def test_a_birthday_is_kept_at_the_local_hour_of_its_day(birthday, zone, year):
    since = datetime(year, 1, 1, tzinfo=UTC)

    for _, day, moment in moments(birthday, zone, since, since + timedelta(days=366)):
        local = moment.astimezone(zone)
        # 10:00 of that day; only where the zone left the whole day out, of the next.
        assert (local.date(), local.time()) == (day, TEN) or (
            local.date() == day + timedelta(days=1) and moment_of(day, time(0), zone).astimezone(zone).date() > day
        )


@given(SOLAR | LUNAR, ZONES, ANY_DAY, st.lists(st.integers(1, 500 * 1440), max_size=12))
def test_cutting_time_into_pieces_loses_no_birthday_and_repeats_none(birthday, zone, start, cuts):
    since = datetime(start.year, start.month, start.day, tzinfo=UTC)
    marks = [since, *sorted(since + timedelta(minutes=cut) for cut in set(cuts)), since + timedelta(days=501)]

    whole = moments(birthday, zone, since, marks[-1])
    pieces = [one for a, b in pairwise(marks) for one in moments(birthday, zone, a, b)]

    assert pieces == whole


@given(SOLAR | LUNAR, ZONES, ANY_DAY, st.integers(1, 500 * 1440), st.booleans())
def test_whoever_has_a_birthday_is_among_those_looked_up(birthday, zone, start, minutes, on_1_march):
    since = datetime(start.year, start.month, start.day, tzinfo=UTC)
    until = since + timedelta(minutes=minutes)

    looked_up = birthdays_near(*dates_near(since, until, TEN))

    if moments(birthday, zone, since, until, on_1_march):
        assert any(
            (piece.calendar, piece.month) == (birthday.calendar, birthday.month)
            and piece.first <= birthday.day <= piece.last
            for piece in looked_up
        )


@given(ANY_DAY, st.times().map(lambda at: at.replace(second=0, microsecond=0)), ZONES)
def test_a_local_time_is_shown_by_the_zone_or_lies_in_no_past(day, at, zone):
    shown = moment_of(day, at, zone).astimezone(zone).replace(tzinfo=None)

    assert shown >= datetime.combine(day, at)


def test_a_missing_date_is_kept_on_the_next_one():
    apia = ZoneInfo("Pacific/Apia")

    moment = moment_of(date(2011, 12, 30), TEN, apia)

    assert moment.astimezone(apia) == datetime(2011, 12, 31, 10, tzinfo=apia)


def test_a_missing_hour_is_the_first_moment_after_it():
    moment = moment_of(date(2026, 3, 8), time(2, 30), ZoneInfo("America/New_York"))

    assert moment == datetime(2026, 3, 8, 7, tzinfo=UTC)  # 03:00 there


def test_an_hour_that_comes_twice_is_its_first_time():
    moment = moment_of(date(2026, 11, 1), time(1, 30), ZoneInfo("America/New_York"))

    assert moment == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("year", "on_1_march", "expected"),
    [(2028, False, date(2028, 2, 29)), (2028, True, date(2028, 2, 29)),
     (2027, False, date(2027, 2, 28)), (2027, True, date(2027, 3, 1))],
)  # fmt: skip
def test_29_february_is_kept_on_the_28th_unless_the_customer_says_1_march(year, on_1_march, expected):
    assert kept_on(Birthday(2, 29), year, on_1_march=on_1_march) == expected


def test_a_lunar_new_year_birthday_moves_with_the_moon():
    birthday = Birthday(1, 1, calendar="lunar")

    assert [kept_on(birthday, year) for year in (2024, 2025, 2026)] == [
        date(2024, 2, 10), date(2025, 1, 29), date(2026, 2, 17),
    ]  # fmt: skip


def test_a_birthday_in_a_leap_month_is_kept_in_the_regular_one_where_there_is_no_leap():
    leap, regular = (Birthday(6, 1, calendar="lunar", leap_month=leap) for leap in (True, False))

    assert kept_on(leap, 2025) == date(2025, 7, 25)  # 2025 has two sixth months
    assert kept_on(regular, 2025) == date(2025, 6, 25)
    assert kept_on(leap, 2026) == kept_on(regular, 2026)


def test_day_30_of_a_short_lunar_month_is_kept_on_the_29th():
    short = next(month for month in lunar_months(2026) if month.days == 29)

    kept = kept_on(Birthday(short.number, 30, calendar="lunar"), 2026)

    assert kept == short.first + timedelta(days=28)


def test_a_day_that_no_calendar_has_is_never_kept():
    assert kept_on(Birthday(4, 31), 2026) is None
