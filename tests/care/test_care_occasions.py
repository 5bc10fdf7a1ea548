"""Occasions from a real store: complete, in order, and found by index."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event

from care.policy import load_policy
from care.rules import load_rules
from care.settings import CareSettings
from crm_store import customers, history
from tests.crm_store import plans

YEAR = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
ZONES = ("Asia/Shanghai", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago", None, "Mars/Olympus")


def many_customers(shop, number: int) -> None:
    def unit(conn: Connection) -> None:
        rows = [
            {
                "id": f"c{each:06}", "created_at": shop.clock.now(), "birth_leap": False, "member": False,
                "birth_month": each % 12 + 1, "birth_day": each // 12 % 28 + 1, "timezone": ZONES[each % len(ZONES)],
                "birth_calendar": "lunar" if each % 5 == 0 else "solar",
            }
            for each in range(number)
        ]  # fmt: skip
        conn.execute(customers.customers.insert(), rows)

    shop.write(unit)


def test_a_year_of_sixty_customers_is_worked_out_at_once(shop):
    many_customers(shop, 60)
    began = time.perf_counter()

    found = shop.occasions(*YEAR)

    assert time.perf_counter() - began < 1
    assert len({one.customer_id for one in found if one.customer_id}) == 60
    assert found == sorted(found, key=lambda one: (one.due_at, one.rule, one.customer_id))


def test_one_who_has_an_unknown_zone_lives_in_the_shops(shop):
    shop.customer("ana", birthday=(5, 20), timezone="Mars/Olympus")

    (occasion,) = shop.occasions(*YEAR)

    assert occasion.due_at == datetime(2026, 5, 20, 2, tzinfo=UTC)
    assert occasion.key == "ana:birthday:2026"


def test_a_lunar_birthday_is_named_after_its_lunar_year(shop):
    shop.customer("ana", birthday=(12, 8), birth_calendar="lunar")

    (early, *_rest) = shop.occasions(*YEAR)

    assert (early.key, early.data) == ("ana:birthday:2025", {"date": "2026-01-26"})


def statements(shop, run) -> list[tuple[str, object]]:
    seen: list[tuple[str, object]] = []
    engine = shop.store._reading

    def note(conn, cursor, statement, parameters, context, executemany):
        seen.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    run()
    event.remove(engine, "before_cursor_execute", note)
    return seen


def test_a_look_at_the_next_half_minute_scans_neither_customers_nor_history(shop):
    shop.customer("ana", birthday=(5, 20))
    shop.move_ticket(shop.ticket("ana"), "resolved")
    moment = shop.clock.now() + timedelta(days=3, hours=1)

    asked = statements(shop, lambda: shop.occasions(moment - timedelta(seconds=30), moment))

    found = [step for statement, parameters in asked for step in shop.read(plans.steps, statement, parameters)]
    assert any("ix_customers_birthday" in step for step in found)
    assert any("ix_history_kind" in step for step in found)
    assert not [step for step in found if plans.reads_a_whole_table(step)]
    assert len(asked) < 12


def test_cutting_time_into_sweeps_loses_no_occasion_and_repeats_none(shop):
    many_customers(shop, 40)
    shop.customer("ana")
    shop.move_ticket(shop.ticket("ana"), "resolved")
    whole = shop.occasions(*YEAR)

    @settings(max_examples=25, deadline=None)
    @given(st.sets(st.integers(1, 365 * 1440 - 1), max_size=8))
    def however_cut(cuts):
        marks = [YEAR[0], *(YEAR[0] + timedelta(minutes=cut) for cut in sorted(cuts)), YEAR[1]]
        pieces = [one for a, b in pairwise(marks) for one in shop.occasions(a, b)]
        assert pieces == whole

    however_cut()
    assert "complaint_follow_up" in {one.rule for one in whole}


def with_rule(shop, tmp_path: Path, rule: str) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "ours.yml").write_text(rule, encoding="utf-8")
    shop.policy = load_policy(CareSettings(), rules_overlay=tmp_path / "rules")


def delivered(shop, customer_id: str, at: datetime, **data) -> None:
    shop.write(history.record, at=at, kind="order.delivered", by="system", customer_id=customer_id, data=data)


PARCEL = """
birthday: off
complaint_follow_up: off
parcel:
  on: order.delivered
  when: facts.carrier == "SF"
  after: 2 hours
  purpose: service
  say: care_complaint_follow_up
  unless: {on: order.refunded, same: order_no}
"""


def test_a_shops_rule_follows_any_event_that_meets_its_condition(shop, tmp_path):
    with_rule(shop, tmp_path, PARCEL)
    shop.customer("ana")
    at = datetime(2026, 2, 2, 3, tzinfo=UTC)
    delivered(shop, "ana", at, order_no="A1", carrier="SF")
    delivered(shop, "ana", at, order_no="A2", carrier="YTO")

    (occasion,) = shop.occasions(*YEAR)

    assert occasion.due_at == at + timedelta(hours=2)
    assert occasion.key == "parcel:A1:2026-02-02T03:00:00+00:00"
    assert occasion.data == {"order_no": "A1", "carrier": "SF"}


def test_what_would_be_due_in_quiet_hours_is_due_when_they_end(shop, tmp_path):
    with_rule(shop, tmp_path, PARCEL)
    shop.customer("ana")
    delivered(shop, "ana", datetime(2026, 2, 2, 12, 30, tzinfo=UTC), order_no="A1", carrier="SF")  # 20:30 there

    (occasion,) = shop.occasions(*YEAR)

    assert occasion.due_at == datetime(2026, 2, 3, 1, tzinfo=UTC)  # 09:00 there


def test_another_event_on_the_same_thing_calls_an_occasion_off(shop, tmp_path):
    with_rule(shop, tmp_path, PARCEL)
    shop.customer("ana")
    at = datetime(2026, 2, 2, 3, tzinfo=UTC)
    for order_no in ("A1", "A2"):
        delivered(shop, "ana", at, order_no=order_no, carrier="SF")
    shop.write(history.record, at=at, kind="order.refunded", by="system", customer_id="ana", data={"order_no": "A1"})

    assert [one.data["order_no"] for one in shop.occasions(*YEAR)] == ["A2"]


def test_the_defaults_need_no_overlay_folder(tmp_path):
    assert load_rules(tmp_path / "not there") == load_rules()
