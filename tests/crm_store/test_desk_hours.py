"""People are there in the desk's hours, and "back at" is the first moment at which they are again."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_store.desk_hours import DeskHours

SHANGHAI = ZoneInfo("Asia/Shanghai")
EVERY_DAY = frozenset(range(7))
# Clocks are set forward and back in the small hours; no desk opens then.
OPENINGS = st.integers(5 * 60, 22 * 60)
ZONES = st.sampled_from(["Asia/Shanghai", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"])


@st.composite
def desks(draw: st.DrawFn) -> DeskHours:
    opens = draw(OPENINGS)
    closes = draw(st.integers(opens + 1, 24 * 60))
    days = draw(st.frozensets(st.integers(0, 6), min_size=1))
    return DeskHours(ZoneInfo(draw(ZONES)), time(opens // 60, opens % 60), time(closes // 60 % 24, closes % 60), days)


TWO_YEARS = 2 * 365 * 24 * 3600
MOMENTS = st.integers(0, TWO_YEARS).map(lambda second: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=second))


@given(desk=desks(), now=MOMENTS)
def test_back_at_is_the_first_opening_after_now(desk: DeskHours, now: datetime) -> None:
    back = desk.back_at(now)

    if back is None:
        assert desk.staffed(now)
        return
    assert not desk.staffed(now)
    assert now < back <= now + timedelta(days=8)
    assert desk.staffed(back)
    local = back.astimezone(desk.zone)
    assert (local.hour, local.minute, local.second) == (desk.opens.hour, desk.opens.minute, 0)
    between, step = now, timedelta(minutes=47)
    while between < back:
        assert not desk.staffed(between)
        between += step
    assert not desk.staffed(back - timedelta(microseconds=1))


@pytest.mark.parametrize(
    ("moment", "back"),
    [
        ("2026-01-05T08:59:59", "2026-01-05T09:00:00"),
        ("2026-01-05T09:00:00", None),
        ("2026-01-05T20:59:59", None),
        ("2026-01-05T21:00:00", "2026-01-06T09:00:00"),
        ("2026-01-09T21:00:00", "2026-01-12T09:00:00"),
        ("2026-01-11T23:59:59", "2026-01-12T09:00:00"),
    ],
)
def test_a_desk_of_working_days(moment: str, back: str | None) -> None:
    desk = DeskHours(SHANGHAI, time(9), time(21), frozenset(range(5)))
    now = datetime.fromisoformat(moment).replace(tzinfo=SHANGHAI)

    expected = None if back is None else datetime.fromisoformat(back).replace(tzinfo=SHANGHAI)
    assert desk.back_at(now) == expected


@given(now=MOMENTS)
def test_a_desk_that_never_closes_is_always_staffed(now: datetime) -> None:
    assert DeskHours(SHANGHAI, time(0), time(0), EVERY_DAY).staffed(now)
