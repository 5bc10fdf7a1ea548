"""Promises: the owner is reminded and the customer told before they are late, each once; a supervisor when they are."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from care import keeping
from care.due import last_moment
from care.settings import CareSettings
from crm_store import conversations, handoffs, history, promises, switches, tasks
from crm_store.identities import identities
from crm_store.promises import ANSWER, NewPromise
from flows.engine.state import Say
from flows.replies import LANGUAGES, Listener
from tests.care.conftest import BEGINNING, Shop
from tests.crm_store.people import DESK

SHANGHAI = ZoneInfo("Asia/Shanghai")
DUE = datetime.fromisoformat("2026-01-06T18:00:00+08:00")
LATER = datetime.fromisoformat("2026-01-09T18:00:00+08:00")


def promise(shop: Shop, who: str = "wang", *, due: datetime = DUE, **fields: Any) -> str:
    asked: dict[str, Any] = {"by": "agent:li", "owner": "agent:li", "text": "退款到账"} | fields
    new = NewPromise(who, due, **asked)
    return str(shop.write(promises.make, new, now=shop.clock.now(), ids=shop.ids))


async def watch(shop: Shop) -> list[keeping.Kept]:
    return await keeping.keep_watch(shop.store, shop.clock.now(), policy=shop.policy, desk=DESK, ids=shop.ids)


async def live_until(shop: Shop, moment: str) -> list[tuple[str, str]]:
    """Let the clock look whenever something is due; return what it did, by Shanghai's time."""
    end, done = datetime.fromisoformat(moment), []
    while True:
        found = [
            (f"{shop.clock.now().astimezone(SHANGHAI):%d %H:%M}", step)
            for one in await watch(shop)
            for step in one.steps
        ]
        done += found
        due = shop.read(keeping.next_moment, shop.policy, DESK, after=shop.clock.now(), until=end)
        if due is None:
            return done
        shop.clock.move_to(due)


async def test_owner_customer_and_supervisor_hear_of_it_in_this_order(shop: Shop) -> None:
    shop.customer("wang", name="王女士")
    promise(shop)

    done = await live_until(shop, "2026-01-08T00:00:00+08:00")

    assert done == [("06 14:00", "reminded"), ("06 16:00", "told"), ("06 18:00", "escalated")]
    (message,) = shop.messages()
    assert message.kind == "notice"
    assert "退款到账" in message.body["text"]
    assert "18:00" in message.body["text"]
    reminder, late = shop.read(tasks.of_customer, "wang")
    assert [(one.kind, one.owner) for one in (reminder, late)] == [("reminder", "agent:li"), ("promise", "supervisor")]
    kinds = [one.kind for one in shop.read(history.timeline, "wang") if not one.kind.startswith(("message", "consent"))]
    assert kinds == ["promise.made", "task.opened", "promise.late", "task.opened"]


def put_off(shop: Shop, id: str, *, due: datetime = LATER) -> str:
    new = shop.write(
        promises.renegotiate, id, due_at=due, reason="银行系统故障", by="agent:li", now=shop.clock.now(), ids=shop.ids
    )
    return str(new)


async def test_who_was_promised_something_is_told_once_that_it_is_put_off_and_till_when(shop: Shop) -> None:
    shop.customer("wang", name="王女士")
    new = put_off(shop, promise(shop))

    first, second = await watch(shop), await watch(shop)

    assert ([(one.promise_id, one.steps) for one in first], second) == ([(new, ("told",))], [])
    (message,) = shop.messages()
    assert (message.kind, message.rule) == ("notice", "promise_put_off")
    assert "退款到账" in message.body["text"]
    assert "1月9日 周五 18:00" in message.body["text"]
    assert "银行系统故障" not in message.body["text"]


async def test_put_off_twice_it_is_told_twice_and_the_first_never_after_the_second(shop: Shop) -> None:
    shop.customer("wang")
    once = put_off(shop, promise(shop))
    await watch(shop)
    (first,) = shop.messages()
    put_off(shop, once, due=LATER + timedelta(days=1))

    stale = shop.read(last_moment, first, shop.clock.now(), shop.policy)
    again = await watch(shop)

    assert stale == keeping.ENDED
    assert [one.steps for one in again] == [("told",)]
    assert len(shop.messages()) == 2


async def test_at_night_a_promise_that_is_put_off_is_told_of_in_the_morning(shop: Shop) -> None:
    shop.customer("wang")
    shop.clock.move_to(datetime.fromisoformat("2026-01-05T23:00:00+08:00"))
    put_off(shop, promise(shop))

    assert await live_until(shop, "2026-01-06T12:00:00+08:00") == [("06 09:00", "told")]


async def test_while_an_agent_has_the_talk_they_say_themselves_that_it_is_put_off(shop: Shop) -> None:
    shop.customer("wang")
    shop.conversation_with("wang", "agent:li")
    put_off(shop, promise(shop))

    first = await watch(shop)
    shop.write(handoffs.give_back, shop.read(conversations.of_customer, "wang").id, "li", now=shop.clock.now())

    assert [one.steps for one in first] == [("held back",)]
    assert await watch(shop) == []
    assert shop.messages() == []


async def test_that_something_is_put_off_is_news_for_a_day(shop: Shop) -> None:
    shop.customer("wang")
    put_off(shop, promise(shop))
    shop.clock.move_to(shop.clock.now() + timedelta(days=1, minutes=1))

    assert await watch(shop) == []


async def test_what_is_kept_in_time_is_heard_of_by_nobody(shop: Shop) -> None:
    shop.customer("wang")
    id = promise(shop)
    shop.write(promises.keep, id, proof="R-77", by="agent:li", now=shop.clock.now())

    assert await live_until(shop, "2026-01-08T00:00:00+08:00") == []
    assert shop.messages() == []


@pytest.mark.parametrize(
    ("made", "due", "told"),
    [
        ("2026-01-05T09:00", "2026-01-06T18:00", "2026-01-06T16:00"),
        ("2026-01-05T20:00", "2026-01-06T10:00", "2026-01-06T09:00"),  # 08:00 is still quiet
        ("2026-01-05T12:00", "2026-01-06T09:00", "2026-01-05T20:59"),  # when quiet ends it is due
        ("2026-01-05T22:00", "2026-01-06T10:00", "2026-01-06T09:45"),  # nobody was there before nine
        ("2026-01-05T09:00", "2026-01-05T11:00", "2026-01-05T10:30"),
    ],
)
async def test_the_customer_is_told_before_it_is_due_and_not_in_quiet_hours(
    shop: Shop, made: str, due: str, told: str
) -> None:
    local = [datetime.fromisoformat(one).replace(tzinfo=SHANGHAI) for one in (made, due, told)]
    shop.customer("wang")
    shop.clock.move_to(local[0])
    row = shop.read(promises.by_id, promise(shop, due=local[1]))

    assert keeping.tell_at(row, CareSettings(), DESK, SHANGHAI) == local[2]


async def test_a_clock_that_comes_too_late_tells_nobody_any_more(shop: Shop) -> None:
    shop.customer("wang")
    promise(shop)
    shop.clock.move_to(DUE)

    (kept,) = await watch(shop)

    assert kept.steps == ("escalated",)
    assert shop.messages() == []


async def test_what_waits_to_leave_when_it_is_due_or_kept_never_leaves(shop: Shop) -> None:
    shop.customer("wang")
    id = promise(shop)
    await live_until(shop, "2026-01-06T17:00:00+08:00")
    (row,) = shop.messages()

    before = shop.read(last_moment, row, DUE - timedelta(seconds=1), shop.policy)
    at = shop.read(last_moment, row, DUE, shop.policy)
    shop.write(promises.keep, id, proof="R-77", by="agent:li", now=shop.clock.now())
    kept = shop.read(last_moment, row, DUE - timedelta(seconds=1), shop.policy)

    assert (before, at, kept) == (None, keeping.LATE, keeping.ENDED)


async def test_who_cannot_be_told_is_recorded_once_and_told_as_soon_as_they_can(shop: Shop) -> None:
    shop.customer("wang")
    promise(shop)
    gone = update(identities).values(unreachable_since=BEGINNING)
    shop.write(lambda conn: conn.execute(gone))
    shop.clock.move_to(DUE - timedelta(hours=2))

    first, second = await watch(shop), await watch(shop)
    shop.write(lambda conn: conn.execute(update(identities).values(unreachable_since=None)))
    third = await watch(shop)

    assert [one.steps for one in first + second + third] == [("reminded", "held back"), ("told",)]
    assert shop.happened() == [("care.skipped", "unreachable")]


async def test_while_care_is_paused_nobody_is_told_and_supervisors_are(shop: Shop) -> None:
    shop.customer("wang")
    promise(shop)
    shop.write(switches.pause, "care", now=shop.clock.now(), by="agent:boss")

    done = await live_until(shop, "2026-01-07T00:00:00+08:00")

    assert [step for _, step in done] == ["reminded", "escalated"]
    assert shop.messages() == []


@pytest.mark.parametrize(("owner", "told"), [("queue", ["wang"]), ("bot", ["wang"]), ("agent:li", [])])
async def test_who_waits_in_the_queue_is_told_and_with_an_agent_only_the_agent_speaks(
    shop: Shop, owner: str, told: list[str]
) -> None:
    shop.customer("wang")
    shop.conversation_with("wang", owner)
    promise(shop, kind=ANSWER, text="", owner=None, by="bot")

    await live_until(shop, "2026-01-06T17:00:00+08:00")

    assert [row.recipient for row in shop.messages()] == told


@pytest.mark.parametrize("rule", [*keeping.RULES.values(), *keeping.PUT_OFF.values()], ids=lambda rule: rule.name)
@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_words_for_a_customer_of_whom_nothing_is_known(shop: Shop, rule: Any, language: str) -> None:
    nobody = Listener(language, "Asia/Shanghai", BEGINNING, key="")

    assert shop.policy.replies.render(Say(rule.say), nobody).text


LIVES = st.lists(
    st.tuples(
        st.sampled_from(["make", "keep", "renegotiate", "look", "killed"]), st.integers(0, 5), st.integers(1, 40)
    ),
    min_size=3,
    max_size=14,
)


class Killed(Exception):
    """The clock's process died before its unit was committed."""


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(life=LIVES)
async def test_however_it_goes_nobody_is_told_after_or_twice_and_none_just_ends(shop: Shop, life: list[Any]) -> None:
    who = f"c{len(shop.read(history.since, 0))}-{shop.ids.new()}"
    shop.customer(who)
    mine: list[str] = []
    for step, which, quarter_hours in life:
        shop.clock.move_to(shop.clock.now() + quarter_hours * timedelta(minutes=15))
        now = shop.clock.now()
        running = shop.read(promises.running_of, who)
        if step == "make":
            mine.append(promise(shop, who, due=now + (which + 1) * timedelta(hours=3)))
        elif step == "look":
            await watch(shop)
        elif step == "killed" and running:

            def die(conn: Any, id: str = running[which % len(running)].id, now: datetime = now) -> None:
                keeping.attend(conn, id, shop.policy, DESK, now=now, ids=shop.ids, ref=shop.ids.new())
                raise Killed

            with pytest.raises(Killed):
                shop.write(die)
        elif running:
            row = running[which % len(running)]
            if step == "keep":
                shop.write(promises.keep, row.id, proof="p", by="agent:li", now=now)
            else:
                mine.append(
                    shop.write(
                        promises.renegotiate, row.id, due_at=now + timedelta(hours=5), reason="r", by="agent:li",
                        now=now, ids=shop.ids,
                    )
                )  # fmt: skip
    shop.clock.move_to(shop.clock.now() + timedelta(days=3))
    await watch(shop)

    for id in mine:
        row = shop.read(promises.by_id, id)
        notices = [m for m in shop.messages() if m.dedupe_key == f"promise:{id}"]
        reminders = [t for t in shop.read(tasks.of_customer, who) if t.promise_id == id and t.kind == "reminder"]
        assert row.state in ("kept", "renegotiated", "escalated")
        assert len(notices) == (row.told_at is not None)
        assert len(reminders) == (row.reminded_at is not None)
        assert all(m.created_at < row.due_at for m in notices)
        assert all(9 <= m.created_at.astimezone(SHANGHAI).hour < 21 for m in notices)
