"""The clock over days and months: once each, in the customer's time, by consent, and always recorded."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from care.due import due, last_moment
from care.policy import load_policy
from care.schedule import CareClock
from care.settings import CareSettings
from crm_store import consents, history, identities, schedule, switches
from tests.crm_store.people import DESK

BIRTHDAY = (5, 20)
TEN_THERE = datetime(2026, 5, 20, 2, tzinfo=UTC)


async def test_a_birthday_is_greeted_at_ten_in_the_customers_own_zone(shop):
    await shop.begin()
    shop.customer("ana", birthday=BIRTHDAY, name="Ana Lima", language="en", timezone="America/New_York")
    shop.customer("wang", birthday=BIRTHDAY, name="王女士")

    await shop.live_until("2026-05-21T00:00:00+08:00")

    assert [(row.recipient, row.created_at) for row in shop.messages()] == [
        ("wang", TEN_THERE),
        ("ana", datetime(2026, 5, 20, 14, tzinfo=UTC)),
    ]
    wang, ana = (row.body["text"] for row in shop.messages())
    assert wang.startswith("王女士，")
    assert "生日快乐" in wang
    assert "Ana" in ana
    assert "Lima" not in ana


async def test_what_is_queued_is_recorded_with_the_gates_it_passed(shop):
    await shop.begin()
    shop.customer("wang", birthday=BIRTHDAY)

    await shop.live_until("2026-05-20T12:00:00+08:00")

    (message,) = shop.messages()
    entry = next(one for one in shop.read(history.since, 0) if one.kind == "care.queued")
    assert (message.kind, message.rule, message.dedupe_key) == ("care", "birthday", "care:wang:birthday:2026")
    assert (entry.data["message"], entry.data["rule"], entry.by) == (message.ref, "birthday", "care")
    assert all(gate["passed"] for gate in entry.data["gates"])


async def test_years_of_birthdays_bring_one_greeting_a_year(shop):
    await shop.begin()
    shop.customer("wang", birthday=(2, 29))

    await shop.live_until("2029-01-01T00:00:00+08:00")

    days = [row.created_at.date().isoformat() for row in shop.messages()]
    assert days == ["2026-02-28", "2027-02-28", "2028-02-29"]


async def test_a_sweep_done_again_greets_nobody_twice(shop):
    await shop.begin()
    shop.customer("wang", birthday=BIRTHDAY)
    await shop.live_until("2026-05-20T12:00:00+08:00")

    shop.write(lambda conn: conn.execute(update(schedule.watermarks).values(until=TEN_THERE - timedelta(hours=1))))
    again = await shop.sweep()

    assert [one.outcome for one in again] == ["duplicate"]
    assert len(shop.messages()) == 1
    assert shop.happened() == [("care.queued", None)]


async def test_what_fell_due_while_nobody_ran_is_sent_the_same_day(shop):
    await shop.begin()
    shop.customer("wang", birthday=BIRTHDAY)

    await shop.sleep_until("2026-05-20T18:00:00+08:00")

    assert shop.happened() == [("care.queued", None)]


@pytest.mark.parametrize(
    ("moment", "reason"), [("2026-05-21T10:00:00+08:00", "late"), ("2026-05-20T22:00:00+08:00", "quiet_hours")]
)
async def test_a_birthday_whose_day_is_over_is_skipped_and_recorded(shop, moment, reason):
    await shop.begin()
    shop.customer("wang", birthday=BIRTHDAY)

    await shop.sleep_until(moment)

    assert shop.messages() == []
    assert shop.happened() == [("care.skipped", reason)]


async def test_the_first_start_ever_greets_nobody_for_the_past(shop):
    shop.customer("wang", birthday=(1, 5))
    shop.clock.move_to(datetime(2026, 1, 5, 4, tzinfo=UTC))

    assert await shop.sweep() == []
    assert await shop.sweep() == []


async def test_without_consent_nothing_is_sent_and_the_skip_is_recorded(shop):
    await shop.begin()
    shop.customer("wang", birthday=BIRTHDAY, care=False)

    await shop.live_until("2026-05-21T00:00:00+08:00")

    assert shop.messages() == []
    assert shop.happened() == [("care.skipped", "no_consent")]


async def test_who_has_no_channel_is_unreachable(shop):
    await shop.begin()
    shop.customer("wang", birthday=BIRTHDAY, channel=None)

    await shop.live_until("2026-05-21T00:00:00+08:00")

    assert shop.happened() == [("care.skipped", "unreachable")]


async def test_the_channel_last_seen_is_written_to_unless_it_is_blocked(shop):
    await shop.begin()
    shop.customer("wang", birthday=BIRTHDAY)
    now = shop.clock.now()

    def more(conn):
        for channel in ("wechat", "webchat"):
            identities.add(conn, id=channel, channel=channel, user_id="w2", customer_id="wang", now=now)
        identities.mark_reachable(conn, "wechat", now)
        identities.mark_reachable(conn, "webchat", now + timedelta(hours=1))
        identities.mark_unreachable(conn, "webchat", now + timedelta(hours=2))

    shop.write(more)

    await shop.live_until("2026-05-21T00:00:00+08:00")

    assert [row.channel for row in shop.messages()] == ["wechat"]


async def test_a_greeting_waits_for_no_quarrel_it_is_left_out(shop):
    await shop.begin()
    shop.customer("wang", birthday=BIRTHDAY)
    shop.ticket("wang")

    await shop.live_until("2026-05-21T00:00:00+08:00")

    assert shop.happened() == [("care.skipped", "open_complaint")]


async def test_while_a_person_speaks_with_the_customer_care_is_silent(shop):
    await shop.begin()
    shop.customer("wang", birthday=BIRTHDAY)
    shop.conversation_with("wang", "agent:li")

    await shop.live_until("2026-05-21T00:00:00+08:00")

    assert shop.happened() == [("care.skipped", "open_complaint")]


async def test_three_days_after_a_complaint_is_resolved_the_customer_is_asked(shop):
    await shop.begin()
    shop.customer("wang", care=False, timezone="America/New_York")
    number = shop.ticket("wang")
    shop.clock.move_to(datetime(2026, 2, 2, 3, tzinfo=UTC))  # 1 February, 22:00 there
    shop.move_ticket(number, "resolved")

    await shop.live_until("2026-03-01T00:00:00+08:00")

    (message,) = shop.messages()
    assert message.created_at == datetime(2026, 2, 4, 15, tzinfo=UTC)
    assert number in message.body["text"]
    assert message.dedupe_key == f"care:complaint_follow_up:{number}:2026-02-02T03:00:00+00:00"


async def test_a_reopened_complaint_is_asked_about_after_it_is_resolved_again(shop):
    await shop.begin()
    shop.customer("wang")
    number = shop.ticket("wang")
    shop.move_ticket(number, "resolved")
    await shop.live_until("2026-01-07T12:00:00+08:00")
    shop.move_ticket(number, "open")
    await shop.live_until("2026-01-20T12:00:00+08:00")
    assert shop.messages() == []

    shop.move_ticket(number, "resolved")
    await shop.live_until("2026-03-01T12:00:00+08:00")

    assert [row.created_at for row in shop.messages()] == [datetime(2026, 1, 23, 2, tzinfo=UTC)]


async def test_a_customer_gets_one_care_message_a_day_at_most(shop, tmp_path):
    (tmp_path / "more.yml").write_text(
        'second: {on: birthday, at: "11:00", purpose: marketing, say: care_birthday}\n', encoding="utf-8"
    )
    shop.policy = load_policy(CareSettings(), rules_overlay=tmp_path)
    await shop.begin()
    shop.customer("wang", birthday=BIRTHDAY)
    foreseen = shop.read(due, shop.policy, at=TEN_THERE + timedelta(hours=2))

    await shop.live_until("2026-05-21T00:00:00+08:00")

    assert shop.happened() == [("care.queued", None), ("care.skipped", "cap")]
    assert [verdict.reason for _, verdict in foreseen] == [None, "cap"]


async def test_a_dry_run_changes_nothing_and_leaves_out_what_is_done(shop):
    await shop.begin()
    shop.customer("wang", birthday=BIRTHDAY)
    shop.customer("liu", birthday=BIRTHDAY, care=False)

    before = shop.read(due, shop.policy, at=TEN_THERE)
    after_a_look = (shop.messages(), shop.happened())
    await shop.live_until("2026-05-20T12:00:00+08:00")
    later = shop.read(due, shop.policy, at=TEN_THERE)

    assert [(one.customer_id, verdict.reason) for one, verdict in before] == [("liu", "no_consent"), ("wang", None)]
    assert after_a_look == ([], [])
    assert later == []


async def test_paused_care_waits_and_is_made_up_for_the_same_day(shop):
    await shop.begin()
    shop.customer("wang", birthday=BIRTHDAY)
    shop.write(switches.pause, "care", now=shop.clock.now(), by="li")
    await shop.sleep_until("2026-05-20T11:00:00+08:00")
    assert (shop.messages(), shop.happened()) == ([], [])

    shop.write(switches.resume, "care")
    await shop.sleep_until("2026-05-20T15:00:00+08:00")

    assert shop.happened() == [("care.queued", None)]


async def test_a_killed_sweep_is_continued_where_it_stopped(shop):
    await shop.begin()
    for name in ("ana", "ben", "cai"):
        shop.customer(name, birthday=BIRTHDAY)
    shop.clock.move_to(TEN_THERE)
    shop.ids = OnlyTwo(shop.ids)
    with pytest.raises(Killed):
        await shop.sweep()
    shop.ids = shop.ids.ids

    fired = await shop.sweep()

    assert [one.outcome for one in fired] == ["duplicate", "duplicate", "queued"]
    assert [row.recipient for row in shop.messages()] == ["ana", "ben", "cai"]


class Killed(Exception):
    pass


class OnlyTwo:
    """Gives out two ids and dies."""

    def __init__(self, ids) -> None:
        self.ids = ids
        self.left = 2

    def new(self) -> str:
        if self.left == 0:
            raise Killed
        self.left -= 1
        return self.ids.new()


async def queued_greeting(shop):
    await shop.begin()
    shop.customer("wang", birthday=BIRTHDAY)
    await shop.live_until("2026-05-20T10:00:00+08:00")
    (row,) = shop.messages()
    return row


async def test_who_wants_no_greetings_on_one_channel_gets_them_on_another(shop):
    await shop.begin()
    shop.customer("wang", birthday=BIRTHDAY)
    shop.write(
        identities.add, id="wang@wechat", channel="wechat", user_id="wang", customer_id="wang", now=shop.clock.now()
    )
    shop.write(consents.set_consent, "wang", "care", False, now=shop.clock.now(), evidence="m1", only_on="telegram")

    await shop.live_until("2026-05-20T10:00:00+08:00")

    assert [row.channel for row in shop.messages()] == ["wechat"]


async def test_the_last_look_lets_pass_what_is_still_right(shop):
    row = await queued_greeting(shop)

    assert shop.read(last_moment, row, shop.clock.now(), shop.policy) is None


@pytest.mark.parametrize(
    ("later", "reason"),
    [
        (lambda shop, now: shop.write(consents.set_marketing, "wang", False, now=now, evidence="m1"), "no_consent"),
        (
            lambda shop, now: shop.write(
                consents.set_consent, "wang", "care", False, now=now, evidence="m1", only_on="telegram"
            ),
            "no_consent",
        ),
        (lambda shop, now: shop.write(identities.mark_unreachable, "wang@telegram", now), "unreachable"),
        (lambda shop, now: shop.ticket("wang"), "open_complaint"),
        (lambda shop, now: shop.write(switches.pause, "care", now=now, by="li"), "paused"),
        (lambda shop, now: shop.clock.move_to(now + timedelta(hours=11)), "quiet_hours"),
        (lambda shop, now: shop.clock.move_to(now + timedelta(hours=24)), "late"),
    ],
)
async def test_the_last_look_sees_what_changed_since(shop, later, reason):
    row = await queued_greeting(shop)

    later(shop, shop.clock.now())

    assert shop.read(last_moment, row, shop.clock.now(), shop.policy) == reason


async def test_a_follow_up_does_not_leave_once_its_complaint_is_reopened(shop):
    await shop.begin()
    shop.customer("wang")
    number = shop.ticket("wang")
    shop.move_ticket(number, "resolved")
    await shop.live_until("2026-01-08T10:00:00+08:00")
    (row,) = shop.messages()
    assert shop.read(last_moment, row, shop.clock.now(), shop.policy) is None

    shop.move_ticket(number, "open")

    assert shop.read(last_moment, row, shop.clock.now(), shop.policy) == "open_complaint"


async def test_the_clock_sweeps_at_its_start_and_wakes_delivery(shop):
    await shop.begin()
    shop.customer("wang", birthday=BIRTHDAY)
    shop.clock.move_to(TEN_THERE)
    woken: list[str] = []
    counted: list[str] = []
    clock = CareClock(
        shop.store, shop.policy, DESK, clock=shop.clock, ids=shop.ids, queued=lambda: woken.append("delivery"),
        count=lambda outcome, _reason: counted.append(outcome),
    )  # fmt: skip

    await clock.start()
    await clock.stop()

    assert woken == ["delivery"]
    assert counted == ["queued"]
    assert len(shop.messages()) == 1


class AwayAtFirst:
    """A store whose database does not answer the first query."""

    def __init__(self, store) -> None:
        self._store = store
        self.asked = 0
        self.run = store.run

    async def read(self, query, *args):
        self.asked += 1
        if self.asked == 1:
            raise OperationalError("SELECT", None, ConnectionError("the server is away"))
        return await self._store.read(query, *args)


async def test_a_clock_that_starts_while_the_database_is_away_makes_up_for_it(shop):
    await shop.begin()
    shop.customer("wang", birthday=BIRTHDAY)
    shop.clock.move_to(TEN_THERE)
    often = replace(shop.policy, settings=CareSettings(sweep_every=timedelta(seconds=0.01)))
    queued = asyncio.Event()
    clock = CareClock(
        AwayAtFirst(shop.store), often, DESK, clock=shop.clock, ids=shop.ids, queued=queued.set,
        count=lambda *_: None,
    )  # fmt: skip

    await clock.start()
    async with asyncio.timeout(20):
        await queued.wait()
    await clock.stop()

    assert len(shop.messages()) == 1
