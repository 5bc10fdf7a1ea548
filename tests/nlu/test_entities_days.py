from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.understanding import Language
from tests.nlu.reading import MONDAY_MORNING, named, read, values


def solar(year: int | None, month: int, day: int) -> dict[str, Any]:
    return {"calendar": "solar", "year": year, "month": month, "day": day, "leap_month": False}


def lunar(year: int | None, month: int, day: int, *, leap: bool = False) -> dict[str, Any]:
    return {"calendar": "lunar", "year": year, "month": month, "day": day, "leap_month": leap}


@pytest.mark.parametrize(
    ("text", "birthday"),
    [
        ("我的生日是1990年3月5号", solar(1990, 3, 5)),
        ("生日90年3月5日", solar(1990, 3, 5)),
        ("生日05年3月5日", solar(2005, 3, 5)),
        ("我三月五号生日", solar(None, 3, 5)),
        ("生日：1990/03/05", solar(1990, 3, 5)),
        ("生日是1990.3.5", solar(1990, 3, 5)),
        ("阳历３月５日生日", solar(None, 3, 5)),
        ("生日是3/5", solar(None, 3, 5)),
        ("生日2月29号", solar(None, 2, 29)),
        ("1990-03-05", solar(1990, 3, 5)),
        ("I was born on March 5th, 1990", solar(1990, 3, 5)),
        ("birthday: 5 March", solar(None, 3, 5)),
        ("my bday is Mar 5 '90", solar(1990, 3, 5)),
        ("my birthday is 03/15/1990", solar(1990, 3, 15)),
        ("我生日農曆八月十五", lunar(None, 8, 15)),
        ("农历八月十五", lunar(None, 8, 15)),
        ("生日是1990年农历八月十五", lunar(1990, 8, 15)),
        ("我生日是腊月二十三", lunar(None, 12, 23)),
        ("正月初一生日", lunar(None, 1, 1)),
        ("闰四月初八是我的生日", lunar(None, 4, 8, leap=True)),
        ("生日 1990年闰五月初三", lunar(1990, 5, 3, leap=True)),
        ("my birthday is the 15th day of the 8th lunar month", lunar(None, 8, 15)),
        ("birthday lunar 8/15", lunar(None, 8, 15)),
    ],
)
def test_a_birthday_is_read_in_both_calendars_and_languages(text: str, birthday: dict[str, Any]) -> None:
    assert values(text, "birthday") == [birthday]


@pytest.mark.parametrize(("text", "language"), [("my birthday is 3/5/1990", "en"), ("我生日3/5/1990", "zh")])
def test_a_birthday_that_may_be_two_days_is_asked_about(text: str, language: Language) -> None:
    assert values(text, "birthday", language=language) == [{"ambiguous": [solar(1990, 3, 5), solar(1990, 5, 3)]}]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("生日 2月30号", "no_such_day"),
        ("my birthday: 1990-02-29", "no_such_day"),
        ("生日13月1号", "no_such_day"),
        ("生日农历八月三十一", "no_such_day"),
        ("生日 1991年闰五月初三", "no_such_leap_month"),
        ("生日闰正月初三", "no_such_leap_month"),
        ("生日2090年1月1日", "not_a_birth_year"),
        ("生日2026年12月1日", "not_a_birth_year"),
    ],
)
def test_an_impossible_birthday_has_a_problem_and_no_value(text: str, problem: str) -> None:
    (found,) = read(text)

    assert (found.entity, found.value, found.problem) == ("birthday", None, problem)


@pytest.mark.parametrize("text", ["3月5号", "3.5", "3-5", "0305"])
def test_a_bare_day_is_a_birthday_where_one_was_asked_for(text: str) -> None:
    assert values(text, "birthday", asking="birthday") == [solar(None, 3, 5)]


def test_digits_run_together_are_a_birthday_only_where_one_was_asked_for() -> None:
    assert values("19900305", "birthday", asking="birthday") == [solar(1990, 3, 5)]
    assert values("19900305", "birthday") == []


@pytest.mark.parametrize(
    "text", ["3月5号能送到吗", "my birthday gift should arrive by March 5", "生日礼物要3月5号送到"]
)
def test_a_day_of_something_else_is_no_birthday(text: str) -> None:
    assert named(text) == ["date"]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("今天", "2026-11-23"),
        ("明天送", "2026-11-24"),
        ("大后天", "2026-11-26"),
        ("前天下的单", "2026-11-21"),
        ("下周五", "2026-12-04"),
        ("下下周一", "2026-12-07"),
        ("这周日", "2026-11-29"),
        ("上周三买的", "2026-11-18"),
        ("周五", "2026-11-27"),
        ("11月30日", "2026-11-30"),
        ("1月5日", "2027-01-05"),
        ("3月5号买的杯子", "2026-03-05"),
        ("11月1号能送吗", "2027-11-01"),
        ("15号下单的", "2026-11-15"),
        ("20号之前能到吗", "2026-12-20"),
        ("下个月15号", "2026-12-15"),
        ("三天后", "2026-11-26"),
        ("两周前", "2026-11-09"),
        ("农历八月十五能到吗", "2027-09-15"),
        ("next Friday", "2026-12-04"),
        ("on Friday", "2026-11-27"),
        ("last Monday", "2026-11-16"),
        ("tomorrow", "2026-11-24"),
        ("the day after tomorrow", "2026-11-25"),
        ("in 3 days", "2026-11-26"),
        ("two weeks ago", "2026-11-09"),
        ("a month ago", "2026-10-23"),
        ("I bought it on March 5", "2026-03-05"),
        ("Dec 1st", "2026-12-01"),
        ("2026-12-01", "2026-12-01"),
        ("12/25", "2026-12-25"),
    ],
)
def test_a_date_is_told_from_today(text: str, day: str) -> None:
    assert values(text, "date") == [day]


def test_a_date_whose_month_may_be_its_day_has_a_problem() -> None:
    (found,) = read("deliver on 3/4", language="en")

    assert (found.entity, found.value, found.problem) == ("date", None, "ambiguous")


def test_a_date_that_does_not_exist_has_a_problem() -> None:
    (found,) = read("2月30号送到")

    assert (found.entity, found.value, found.problem) == ("date", None, "no_such_day")


@pytest.mark.parametrize("text", ["每周五", "一周三次", "5号电池", "3-5天", "周末营业吗", "每个周末", "第3号"])
def test_what_only_looks_like_a_date_is_none(text: str) -> None:
    assert values(text, "date") == []


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("明天下午三点", "2026-11-24T15:00:00+08:00"),
        ("今晚八点半", "2026-11-23T20:30:00+08:00"),
        ("昨天下午3点20分", "2026-11-22T15:20:00+08:00"),
        ("明天三点", "2026-11-24T15:00:00+08:00"),
        ("明早九点", "2026-11-24T09:00:00+08:00"),
        ("晚上12点", "2026-11-24T00:00:00+08:00"),
        ("凌晨1点", "2026-11-24T01:00:00+08:00"),
        ("tomorrow at 3pm", "2026-11-24T15:00:00+08:00"),
        ("3pm tomorrow", "2026-11-24T15:00:00+08:00"),
        ("tonight at 8", "2026-11-23T20:00:00+08:00"),
        ("noon tomorrow", "2026-11-24T12:00:00+08:00"),
        ("2026-11-25 15:30", "2026-11-25T15:30:00+08:00"),
        ("8点", None),
        ("8:30", "2026-11-24T08:30:00+08:00"),
        ("半小时后到", "2026-11-23T09:30:00+08:00"),
        ("in two hours", "2026-11-23T11:00:00+08:00"),
    ],
)
def test_a_time_is_an_aware_moment_in_the_customers_zone(text: str, moment: str | None) -> None:
    assert values(text, "time") == ([] if moment is None else [moment])


def test_a_time_skipped_by_the_clocks_is_moved_to_one_that_exists() -> None:
    before = datetime(2026, 3, 28, 12, 0, tzinfo=ZoneInfo("Europe/Berlin"))

    found = read("tomorrow 02:30", now=before)

    assert found[-1].value == "2026-03-29T03:30:00+02:00"


@pytest.mark.parametrize("text", ["两点建议", "五分钟", "1.2点", "三点"])
def test_what_only_looks_like_a_time_is_none(text: str) -> None:
    assert values(text, "time") == []


@given(st.dates(date(1902, 1, 1), date(2026, 11, 22)))
def test_every_birthday_written_with_its_year_is_read_back(born: date) -> None:
    expected = [solar(born.year, born.month, born.day)]

    assert values(f"生日是{born.year}年{born.month}月{born.day}日", "birthday") == expected
    assert values(f"I was born on {born:%B} {born.day}, {born.year}", "birthday") == expected
    assert values(f"birthday {born.isoformat()}", "birthday") == expected


@given(st.integers(min_value=-180, max_value=180))
def test_a_day_and_month_mean_the_nearest_such_day(away: int) -> None:
    day = MONDAY_MORNING.date() + timedelta(days=away)

    assert values(f"{day.month}月{day.day}日", "date") == [day.isoformat()]


@given(st.integers(min_value=0, max_value=366 * 24))
def test_tomorrow_is_the_customers_own_tomorrow(hours: int) -> None:
    local = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)).astimezone(ZoneInfo("Pacific/Auckland"))

    (found,) = read("明天", now=local)

    assert found.value == (local.date() + timedelta(days=1)).isoformat()
