"""A conversation has one owner at any time, each change of owner is told, and a refused step changes nothing."""

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from crm_store import conversations, handoffs, history, tickets
from crm_store.errors import NotAllowed
from crm_store.models import metadata
from crm_store.ports import Ulids, VirtualClock
from crm_store.unit_of_work import Store
from tests.crm_store.people import DESK, NOW, a_customer
from tests.servers.databases import examples

IDS = Ulids(VirtualClock(NOW), Random(7))
TALK = "t-ana"

agents = st.sampled_from(["li", "wu"])
steps = st.one_of(
    st.tuples(st.just("request")),
    st.tuples(st.just("cancel")),
    st.tuples(st.just("take"), agents),
    st.tuples(st.just("give_back"), agents),
    st.tuples(st.just("transfer"), agents, st.sampled_from(["li", "wu", None])),
    st.tuples(st.just("snooze"), agents),
    st.tuples(st.just("resolve"), agents),
)


@pytest.fixture(scope="module")
def store(module_store: Store) -> Store:
    module_store.run_now(a_customer, "ana")
    module_store.run_now(a_customer, "bob")
    return module_store


def afterwards(owner, step):
    """The state machine of the module's drawing: (owner after the step, event), or None where it is refused."""
    match step, owner:
        case ("request",), "bot":
            return "queue", "handoff.requested"
        case ("request",), _:
            return owner, None
        case ("cancel",), "queue":
            return "bot", "handoff.returned"
        case ("take", agent), _:
            return f"agent:{agent}", None if owner == f"agent:{agent}" else "handoff.taken"
        case ("resolve", _), _:
            return "bot", None if owner == "bot" else "handoff.returned"
        case (_, agent, *_), _ if owner != f"agent:{agent}":
            return None
        case ("give_back", _), _:
            return "bot", "handoff.returned"
        case ("transfer", _, to), _:
            return f"agent:{to}" if to else "queue", "handoff.transferred"
        case ("snooze", _), _:
            return owner, "conversation.snoozed"
    return None


def do(conn, step, now):
    match step:
        case ("request",):
            handoffs.request(conn, conversation_id=TALK, customer_id="ana", reason="asked", now=now)
        case ("cancel",):
            handoffs.cancel(conn, TALK, now=now)
        case ("take", agent):
            handoffs.take(conn, TALK, agent, now=now)
        case ("give_back", agent):
            handoffs.give_back(conn, TALK, agent, now=now)
        case ("transfer", agent, to):
            handoffs.transfer(conn, TALK, agent, to, now=now)
        case ("snooze", agent):
            handoffs.snooze(conn, TALK, agent, until=now + timedelta(days=1), now=now)
        case ("resolve", agent):
            handoffs.resolve(conn, TALK, agent, ticket=None, now=now)


def everything(conn):
    return {table.name: list(conn.execute(select(table))) for table in metadata.sorted_tables}


def live_through(conn, walk):
    owner, since = "bot", None
    for minutes, step in enumerate(walk):
        now = NOW + timedelta(minutes=minutes)
        expected = afterwards(owner, step)
        before = everything(conn)
        seen = history.last_id(conn)
        if expected is None:
            with pytest.raises(NotAllowed):
                do(conn, step, now)
            assert everything(conn) == before
            continue
        do(conn, step, now)

        if expected[0] != owner or step[0] == "transfer":
            since = now if expected[0] == "queue" else None
        owner, event = expected
        talk = conversations.by_id(conn, TALK)
        assert (talk.owner, talk.waiting_since) == (owner, since)
        assert [entry.kind for entry in history.since(conn, seen)] == ([event] if event else [])
        assert [one.id for one in handoffs.waiting(conn)] == ([TALK] if owner == "queue" else [])


@pytest.mark.parametrize("most", [50, pytest.param(150, marks=pytest.mark.long)])
def test_whoever_does_what_the_owner_is_as_the_drawing_says(store, most):
    @settings(max_examples=examples(store, most), deadline=None)
    @given(walk=st.lists(steps, max_size=15))
    def whoever_does_what(walk):
        def unit(conn):
            attempt = conn.begin_nested()
            try:
                live_through(conn, walk)
            finally:
                attempt.rollback()

        store.run_now(unit)

    whoever_does_what()


@pytest.fixture
def fresh(empty_store: Store) -> Store:
    """A store of its own, with two customers and two open tickets and a closed one of the first."""
    for who in ("ana", "bob"):
        empty_store.run_now(a_customer, who)
    for who in ("ana", "ana", "ana", "bob"):
        empty_store.run_now(
            tickets.open_ticket, customer_id=who, conversation_id=None, channel=None, category="other",
            priority="low", order_no=None, summary="", now=NOW, ids=IDS, desk=DESK,
        )  # fmt: skip
    empty_store.run_now(tickets.move, "T-1003", "closed", now=NOW, by="agent:li")
    return empty_store


def later(minutes):
    return NOW + timedelta(minutes=minutes)


def test_why_a_conversation_came_to_people_is_what_happened_since_the_bot_last_had_it(fresh):
    def came():
        return fresh.read_now(handoffs.came_from, "ana")

    fresh.run_now(handoffs.request, conversation_id=TALK, customer_id="ana", reason="angry", now=NOW)
    assert came() == handoffs.CameFrom("angry", NOW, None)

    for agent, to in (("li", "wu"), ("wu", None)):
        fresh.run_now(handoffs.take, TALK, agent, now=NOW)
        fresh.run_now(handoffs.transfer, TALK, agent, to, now=NOW)
    assert came() == handoffs.CameFrom("angry", NOW, "wu")

    fresh.run_now(handoffs.take, TALK, "li", now=NOW)
    fresh.run_now(handoffs.give_back, TALK, "li", now=NOW)
    fresh.run_now(handoffs.take, TALK, "li", now=NOW)
    assert came() == handoffs.CameFrom()


def test_what_is_snoozed_wakes_at_its_time_or_when_the_customer_writes(fresh):
    def asleep(now):
        return fresh.read_now(lambda conn: handoffs.asleep_until(conn, conversations.by_id(conn, TALK), now))

    fresh.run_now(conversations.save_turn, TALK, state=None, identity_id="i-ana", now=NOW)
    fresh.run_now(handoffs.take, TALK, "li", now=later(1))
    assert asleep(later(1)) is None
    fresh.run_now(handoffs.snooze, TALK, "li", until=later(60), now=later(2))
    assert (asleep(later(59)), asleep(later(60))) == (later(60), None)

    fresh.run_now(conversations.save_turn, TALK, state=None, identity_id="i-ana", now=later(30))
    assert asleep(later(31)) is None

    fresh.run_now(handoffs.snooze, TALK, "li", until=later(60), now=later(32))
    assert asleep(later(33)) == later(60)


def test_after_a_pause_the_bot_has_back_who_waited_for_it_alone(fresh):
    def owners():
        return [fresh.read_now(conversations.by_id, talk).owner for talk in (TALK, "t-bob", "t-cat")]

    fresh.run_now(a_customer, "cat")
    for talk, who, reason in ((TALK, "ana", "bot_paused"), ("t-bob", "bob", "asked"), ("t-cat", "cat", "bot_paused")):
        fresh.run_now(handoffs.request, conversation_id=talk, customer_id=who, reason=reason, now=NOW)
    fresh.run_now(handoffs.take, "t-cat", "li", now=NOW)
    fresh.run_now(handoffs.transfer, "t-cat", "li", None, now=NOW)

    back = fresh.run_now(handoffs.end_pause, by="user:op", now=later(1))

    assert [talk.customer_id for talk in back] == ["ana"]
    assert owners() == ["bot", "queue", "queue"]
    last = fresh.read_now(history.timeline, "ana")[-1]
    assert (last.kind, last.by, last.data) == ("handoff.returned", "user:op", {"reason": "resumed"})
    assert fresh.run_now(handoffs.end_pause, by="user:op", now=later(2)) == []


def test_an_agents_conversations_are_those_they_have(fresh):
    fresh.run_now(handoffs.take, TALK, "li", now=NOW)
    fresh.run_now(handoffs.take, "t-bob", "wu", now=NOW)

    assert [talk.id for talk in fresh.read_now(handoffs.of_agent, "li")] == [TALK]


def statuses(store):
    return {one.number: one.status for who in ("ana", "bob") for one in store.read_now(tickets.of_customer, who)}


def resolve(store, ticket=None):
    return store.run_now(handoffs.resolve, TALK, "li", ticket=ticket, now=NOW)


def test_resolving_ends_the_talk_and_resolves_its_open_tickets(fresh):
    fresh.run_now(handoffs.take, TALK, "li", now=NOW)
    fresh.run_now(conversations.save_turn, TALK, state={"dialogue": {}}, identity_id="i-ana", now=NOW)

    assert resolve(fresh) == ["T-1001", "T-1002"]

    assert statuses(fresh) == {"T-1001": "resolved", "T-1002": "resolved", "T-1003": "closed", "T-1004": "open"}
    talk = fresh.read_now(conversations.by_id, TALK)
    assert (talk.owner, talk.closed_at, talk.state) == ("bot", NOW, None)
    told = [entry.kind for entry in fresh.read_now(history.timeline, "ana")][-3:]
    assert told == ["ticket.resolved", "ticket.resolved", "handoff.returned"]


def test_resolving_a_named_ticket_leaves_the_others_open(fresh):
    assert resolve(fresh, "T-1002") == ["T-1002"]

    assert statuses(fresh) == {"T-1001": "open", "T-1002": "resolved", "T-1003": "closed", "T-1004": "open"}


def test_resolving_again_resolves_nothing_more(fresh):
    resolve(fresh)

    assert resolve(fresh) == []


@pytest.mark.parametrize("ticket", ["T-1003", "T-1004", "T-9"], ids=["closed", "somebody else's", "unknown"])
def test_a_ticket_that_cannot_be_resolved_leaves_everything_as_it_was(fresh, ticket):
    fresh.run_now(handoffs.take, TALK, "li", now=NOW)
    before = fresh.read_now(everything)

    with pytest.raises(NotAllowed):
        resolve(fresh, ticket)

    assert fresh.read_now(everything) == before


def test_a_conversation_that_does_not_exist_is_refused(fresh):
    with pytest.raises(NotAllowed):
        fresh.run_now(handoffs.take, "t-nobody", "li", now=NOW)


def test_who_waits_longest_is_first_in_the_queue(fresh):
    for minutes, who in ((5, "ana"), (3, "bob")):
        fresh.run_now(
            handoffs.request, conversation_id=f"t-{who}", customer_id=who, reason="asked",
            now=NOW + timedelta(minutes=minutes),
        )  # fmt: skip

    assert [talk.id for talk in fresh.read_now(handoffs.waiting)] == ["t-bob", "t-ana"]


def test_taking_a_snoozed_conversation_brings_it_back_into_sight(fresh):
    fresh.run_now(handoffs.take, TALK, "li", now=NOW)
    fresh.run_now(handoffs.snooze, TALK, "li", until=NOW + timedelta(days=1), now=NOW)
    assert fresh.read_now(conversations.by_id, TALK).snoozed_until == NOW + timedelta(days=1)

    fresh.run_now(handoffs.take, TALK, "wu", now=NOW)

    assert fresh.read_now(conversations.by_id, TALK).snoozed_until is None
