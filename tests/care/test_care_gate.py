"""The gate: each "no" for its reason, and quiet hours in every zone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care.gate import Facts, judge
from care.settings import CareSettings

SETTINGS = CareSettings()
NOON = datetime(2026, 5, 20, 4, tzinfo=UTC)  # 12:00 in Shanghai
FACTS = Facts(
    customer_id="ana", rule="birthday", due_at=NOON - timedelta(hours=2), zone=ZoneInfo("Asia/Shanghai"),
    consent={"service": True, "care": True, "marketing": True}, open_tickets=False, owner="bot", reachable=True,
    sends=(), own_day=True,
)  # fmt: skip
ZONES = st.sampled_from(sorted(available_timezones() - {"localtime"})).map(ZoneInfo)


@pytest.mark.parametrize(
    ("changed", "purpose", "now", "reason"),
    [
        ({}, "care", NOON, None),
        ({"consent": {"service": True, "care": False, "marketing": True}}, "care", NOON, "no_consent"),
        ({"consent": {"service": False, "care": True, "marketing": True}}, "service", NOON, "no_consent"),
        ({"open_tickets": True}, "care", NOON, "open_complaint"),
        ({"open_tickets": True}, "marketing", NOON, "open_complaint"),
        ({"open_tickets": True}, "service", NOON, None),
        ({"owner": "agent:li"}, "service", NOON, "open_complaint"),
        ({"reachable": False}, "care", NOON, "unreachable"),
        ({"sends": (NOON - timedelta(hours=3),)}, "care", NOON, "cap"),
        ({"sends": (NOON - timedelta(hours=3),)}, "service", NOON, None),
        ({"sends": (NOON - timedelta(days=1),)}, "care", NOON, None),
        ({"sends": tuple(NOON - timedelta(days=day) for day in (1, 3, 5, 7))}, "care", NOON, "cap"),
        ({"sends": tuple(NOON - timedelta(days=day) for day in (30, 31, 32, 33))}, "care", NOON, None),
        ({}, "care", NOON + timedelta(hours=9), "quiet_hours"),
        ({}, "care", NOON + timedelta(hours=9, minutes=-1), None),
        ({}, "care", NOON + timedelta(hours=13), "late"),
        ({"own_day": False}, "service", NOON + timedelta(hours=8), None),
        ({"own_day": False, "due_at": NOON - timedelta(hours=12, minutes=1)}, "service", NOON, "late"),
        ({"holdout": 1.0}, "care", NOON, "holdout"),
        ({"shut": "window_closed"}, "service", NOON, "window_closed"),
        ({"shut": "budget"}, "service", NOON, "budget"),
    ],
)
def test_each_no_has_its_reason(changed, purpose, now, reason):
    verdict = judge(replace(FACTS, **changed), purpose, now, SETTINGS)

    assert (verdict.allowed, verdict.reason) == (reason is None, reason)


def test_everything_is_looked_at_also_after_the_first_no():
    verdict = judge(replace(FACTS, reachable=False, open_tickets=True), "care", NOON, SETTINGS)

    assert {gate.reason for gate in verdict.gates if not gate.passed} == {"open_complaint", "unreachable"}
    assert [gate["gate"] for gate in verdict.as_json()] == [
        "late", "no_consent", "open_complaint", "unreachable", "window_closed", "budget", "cap", "quiet_hours",
        "holdout",
    ]  # fmt: skip


@given(st.integers(0, 100 * 365 * 1440).map(lambda minutes: NOON + timedelta(minutes=minutes)), ZONES)
def test_nothing_is_said_between_21_and_9_of_the_customers_day(now, zone):
    verdict = judge(replace(FACTS, zone=zone, due_at=now, own_day=False), "service", now, SETTINGS)

    assert verdict.allowed == (9 <= now.astimezone(zone).hour < 21)


@given(st.integers(0, 23 * 60), st.integers(0, 23 * 60))
def test_quiet_hours_may_span_midnight_or_not_exist(begins, ends):
    clock = [(NOON + timedelta(minutes=minute)).time() for minute in range(1440)]
    settings = CareSettings(quiet_from=clock[begins], quiet_until=clock[ends])

    quiet = sum(settings.is_quiet(local) for local in clock)

    assert quiet == (ends - begins) % 1440


def test_a_holdout_keeps_its_customers_and_its_share():
    held = [
        judge(replace(FACTS, customer_id=f"c{number}", holdout=0.2), "care", NOON, SETTINGS).reason == "holdout"
        for number in range(2000)
    ]
    again = [
        judge(replace(FACTS, customer_id=f"c{number}", holdout=0.3), "care", NOON, SETTINGS).reason == "holdout"
        for number in range(2000)
    ]

    assert 0.17 < sum(held) / len(held) < 0.23
    assert all(later for earlier, later in zip(held, again, strict=True) if earlier)
