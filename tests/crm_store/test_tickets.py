"""Tickets count up, fall due by their priority, and go only where a step leads."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_store import customers, history, resolution, tickets
from crm_store.desk_hours import AnswerTimes
from crm_store.errors import NotAllowed
from crm_store.ports import Ulids, VirtualClock
from crm_store.unit_of_work import Store
from tests.crm_store.people import DESK, NOW, a_customer
from tests.crm_store.test_desk_hours import MOMENTS, desks

IDS = Ulids(VirtualClock(NOW), Random(7))
STEPS = {"open": {"resolved", "closed"}, "resolved": {"open", "closed"}, "closed": {"open"}}
EVENTS = {"open": "ticket.reopened", "resolved": "ticket.resolved", "closed": "ticket.closed"}


@pytest.fixture(scope="module")
def store(module_store: Store) -> Store:
    for who in ("ana", "bob", "cat"):
        module_store.run_now(a_customer, who)
    return module_store


def open_one(conn, who="ana", **fields):
    asked = {"category": "delivery", "priority": "normal", "order_no": None, "summary": "late", "desk": DESK} | fields
    return tickets.open_ticket(
        conn, customer_id=who, conversation_id=f"t-{who}", channel="telegram", now=NOW, ids=IDS, **asked
    )


def present(conn, number):
    return next(one for one in tickets.of_customer(conn, "ana") if one.number == number)


def test_numbers_count_up_without_gaps_though_some_openings_fail(empty_store: Store):
    store = empty_store
    store.run_now(a_customer, "ana")

    def open_and_fail(conn):
        open_one(conn)
        raise RuntimeError("the flow failed afterwards")

    numbers = []
    for _ in range(5):
        numbers.append(store.run_now(open_one).number)
        with pytest.raises(RuntimeError):
            store.run_now(open_and_fail)

    assert numbers == ["T-1001", "T-1002", "T-1003", "T-1004", "T-1005"]


@pytest.mark.parametrize(("priority", "hours"), [("urgent", 2), ("high", 8), ("normal", 24), ("low", 72)])
def test_the_more_urgent_the_sooner_it_is_due(store, priority, hours):
    ticket = store.run_now(open_one, priority=priority)

    assert ticket.due_at == NOW + timedelta(hours=hours)
    assert store.read_now(present, ticket.number) == ticket


@pytest.mark.parametrize(
    ("opened", "priority", "due"),
    [
        ("2026-11-22T20:00", "urgent", "2026-11-23T09:00"),
        ("2026-11-22T20:00", "high", "2026-11-23T10:00"),
        ("2026-11-22T13:00", "high", "2026-11-23T10:00"),
        ("2026-11-22T12:59", "high", "2026-11-22T20:59"),
        ("2026-11-23T03:06", "urgent", "2026-11-23T09:00"),
        ("2026-11-23T03:06", "normal", "2026-11-24T10:00"),
        ("2026-11-23T03:06", "low", "2026-11-26T10:00"),
        ("2026-11-23T09:30", "normal", "2026-11-24T09:30"),
    ],
)
def test_nothing_is_promised_for_an_hour_in_which_nobody_is_there(opened, priority, due):
    at = datetime.fromisoformat(opened).replace(tzinfo=DESK.zone)

    promised = tickets.due_at(at.astimezone(UTC), priority, DESK)

    assert promised == datetime.fromisoformat(due).replace(tzinfo=DESK.zone)
    assert promised.tzinfo is UTC


@given(desk=desks(), opened=MOMENTS, priority=st.sampled_from(list(tickets.ANSWER_DUE)))
def test_whatever_the_hours_a_promise_can_be_kept_before_it_is_due(desk, opened, priority):
    asked = opened + tickets.ANSWER_DUE[priority]

    promised = tickets.due_at(opened, priority, desk)

    assert promised == asked if desk.staffed(asked) else promised > asked
    assert desk.staffed(promised) or desk.staffed(promised - timedelta(microseconds=1))


@pytest.mark.parametrize("fields", [{"category": "weather"}, {"priority": "whenever"}])
def test_a_ticket_of_an_unknown_kind_is_not_opened(store, fields):
    before = store.read_now(tickets.of_customer, "ana")

    with pytest.raises(ValueError):
        store.run_now(open_one, **fields)

    assert store.read_now(tickets.of_customer, "ana") == before


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["open", "resolved", "closed", "lost"]), max_size=10))
def test_whatever_steps_are_tried_only_those_that_exist_are_taken_and_told(store, steps):
    ticket = store.run_now(open_one)
    told_before = len(store.read_now(history.timeline, "ana"))
    status, resolved_at, taken = "open", None, []

    for minutes, step in enumerate(steps, 1):
        now = NOW + timedelta(minutes=minutes)
        if step in STEPS[status]:
            store.run_now(tickets.move, ticket.number, step, now=now, by="agent:li")
            resolved_at = {"resolved": now, "open": None}.get(step, resolved_at)
            status = step
            taken.append((EVENTS[step], now, ticket.number))
        else:
            with pytest.raises(NotAllowed):
                store.run_now(tickets.move, ticket.number, step, now=now, by="agent:li")
        found = store.read_now(present, ticket.number)
        assert (found.status, found.resolved_at) == (status, resolved_at)
        assert (found.due_at, found.summary) == (ticket.due_at, ticket.summary)

    told = store.read_now(history.timeline, "ana")[told_before:]
    assert [(entry.kind, entry.at, entry.data["number"]) for entry in told] == taken


def test_a_ticket_that_does_not_exist_cannot_be_moved(store):
    with pytest.raises(NotAllowed, match="T-999"):
        store.run_now(tickets.move, "T-999", "resolved", now=NOW, by="agent:li")


def test_a_customer_has_an_open_matter_until_the_last_is_solved(store):
    assert not store.read_now(tickets.has_open, "bob")
    first, second = (store.run_now(open_one, "bob").number for _ in range(2))

    store.run_now(tickets.move, first, "resolved", now=NOW, by="agent:li")
    assert store.read_now(tickets.has_open, "bob")

    store.run_now(tickets.move, second, "closed", now=NOW, by="agent:li")
    assert not store.read_now(tickets.has_open, "bob")


def test_tickets_of_one_moment_stay_in_the_order_of_their_opening(store):
    def count_on(conn):
        conn.exec_driver_sql("UPDATE counters SET value = 9998 WHERE name = 'ticket'")

    store.run_now(open_one, "cat")
    store.run_now(count_on)
    for _ in range(2):
        store.run_now(open_one, "cat")

    assert [one.number for one in store.read_now(tickets.of_customer, "cat")][1:] == ["T-9999", "T-10000"]


TIERS = replace(DESK, answers=AnswerTimes(shares={"gold": 0.25}))


def test_a_tier_answers_sooner_from_the_next_ticket_on(store):
    before = store.run_now(open_one, "bob", desk=TIERS)
    store.run_now(customers.change, "bob", tier="gold")

    after = store.run_now(open_one, "bob", desk=TIERS)

    assert (before.due_at, after.due_at) == (NOW + timedelta(hours=24), NOW + timedelta(hours=6))


def test_open_tickets_follow_a_tier_that_rises_and_what_was_said_stands_where_it_falls(empty_store):
    empty_store.run_now(a_customer, "ana")
    number = empty_store.run_now(open_one, desk=TIERS).number
    now = NOW + timedelta(hours=3)

    empty_store.run_now(customers.change, "ana", tier="gold")
    sooner = empty_store.run_now(tickets.tier_changed, "ana", now=now, desk=TIERS, by="system")
    risen = empty_store.read_now(present, number).due_at
    empty_store.run_now(customers.change, "ana", tier=None)
    later = empty_store.run_now(tickets.tier_changed, "ana", now=now, desk=TIERS, by="system")

    assert (sooner, risen, later) == ([number], NOW + timedelta(hours=9), [])
    assert empty_store.read_now(present, number).due_at == risen
    (told,) = [one for one in empty_store.read_now(history.timeline, "ana") if one.kind == "ticket.updated"]
    assert (told.data["due_at"], told.data["reason"]) == (risen.isoformat(), "tier")


def test_another_priority_makes_a_ticket_due_sooner_and_never_later(empty_store):
    empty_store.run_now(a_customer, "ana")
    number = empty_store.run_now(open_one).number

    urgent = empty_store.run_now(tickets.change, number, priority="urgent", now=NOW, desk=DESK, by="agent:li")
    low = empty_store.run_now(tickets.change, number, priority="low", now=NOW, desk=DESK, by="agent:li")

    assert (urgent.priority, urgent.due_at) == ("urgent", NOW + timedelta(hours=2))
    assert (low.priority, low.due_at) == ("low", urgent.due_at)
    assert empty_store.read_now(present, number) == low
    empty_store.run_now(tickets.move, number, "resolved", now=NOW, by="agent:li")
    with pytest.raises(NotAllowed, match="open it again first"):
        empty_store.run_now(tickets.change, number, priority="high", now=NOW, desk=DESK, by="agent:li")


def test_the_time_to_resolve_counts_every_stretch_in_which_it_was_open(empty_store):
    empty_store.run_now(a_customer, "ana")
    number = empty_store.run_now(open_one).number
    hours = iter((2, 26, 27))
    empty_store.run_now(tickets.move, number, "resolved", now=NOW + timedelta(hours=next(hours)), by="agent:li")
    empty_store.run_now(tickets.reopen, number, now=NOW + timedelta(hours=next(hours)), desk=DESK, by="bot")
    empty_store.run_now(tickets.move, number, "resolved", now=NOW + timedelta(hours=next(hours)), by="agent:li")

    steps = empty_store.read_now(resolution.steps, "ana", number)
    took = resolution.took(steps, DESK, now=NOW + timedelta(days=9))

    assert [step.kind for step in steps] == ["ticket.opened", "ticket.resolved", "ticket.reopened", "ticket.resolved"]
    assert took.clock == timedelta(hours=3)
    assert took.working == sum(
        (DESK.worked(NOW + timedelta(hours=a), NOW + timedelta(hours=b)) for a, b in ((0, 2), (26, 27))), timedelta(0)
    )
    assert [step.data.get("open_s") for step in steps] == [None, 7_200, None, 10_800]
