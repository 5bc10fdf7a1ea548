"""What one writer gives for free holds for processes that work side by side on PostgreSQL, too."""

from datetime import timedelta
from random import Random

import pytest

from crm_store import conversations, handoffs, history, inbox, outbox, points, schedule, tickets
from crm_store.errors import NotEnoughPoints
from crm_store.ports import Ulids, VirtualClock
from crm_store.unit_of_work import Store
from tests.crm_store.people import DESK, NOW, a_customer, an_inbound, an_outbound
from tests.servers.meeting import meet

IDS = Ulids(VirtualClock(NOW), Random(7))
LEASE = timedelta(seconds=30)
ROUNDS = range(5)
"""Who comes first is chance; so each is tried a few times."""


@pytest.fixture
def here(here):
    here.run_now(a_customer, "ana")
    return here


def test_a_message_that_reaches_two_processes_at_once_is_stored_once(here, there):
    for number in ROUNDS:
        keys = meet(
            (here, lambda conn, n=number: inbox.store(conn, an_inbound(str(n), ref=f"here-{n}"))),
            (there, lambda conn, n=number: inbox.store(conn, an_inbound(str(n), ref=f"there-{n}"))),
        )

        assert sum(key is not None for key in keys) == 1


def test_a_conversation_is_claimed_by_one_of_two_workers(here, there):
    for number in ROUNDS:
        key = here.run_now(inbox.store, an_inbound(str(number)))

        def claim(worker, key=key):
            return lambda conn: inbox.claim(conn, "t-ana", worker=worker, now=NOW, until=NOW + LEASE, before=key)

        won = meet((here, claim("here")), (there, claim("there")))

        assert sorted(won) == [False, True]
        here.run_now(inbox.finish, key)
        here.run_now(conversations.release_all)


def test_an_answer_is_claimed_by_one_of_two_senders(here, there):
    people = [f"c{n}" for n in range(20)]
    for who in people:
        here.run_now(a_customer, who)
    here.run_now(outbox.queue, [an_outbound(who, who) for who in people])

    def claim(worker):
        return lambda conn: outbox.claim_due(conn, worker=worker, now=NOW, until=NOW + LEASE, most=15)

    ours, theirs = meet((here, claim("here")), (there, claim("there")))
    rest = here.run_now(claim("here"))

    assert sorted(row.dedupe_key for row in [*ours, *theirs, *rest]) == sorted(people)


def test_an_occasion_is_taken_by_one_of_two_clocks(here, there):
    for number in ROUNDS:

        def take(conn, number=number):
            return schedule.claim(conn, "birthday", str(number), now=NOW, outcome="queued")

        assert sorted(meet((here, take), (there, take))) == [False, True]


def test_points_spent_at_the_same_time_never_fall_below_nought(here, there):
    here.run_now(points.earn, "ana", 100, at=NOW, ids=IDS)

    def spend(conn):
        points.spend(conn, "ana", 30, at=NOW)
        return "spent"

    outcomes = meet(*[(store, spend) for store in (here, there)] * 4)

    assert outcomes.count("spent") == 3
    assert all(isinstance(one, NotEnoughPoints) for one in outcomes if one != "spent")
    assert here.read_now(points.balance, "ana", NOW) == 10


def test_ticket_numbers_are_given_once_and_without_gaps(here, there):
    def open_one(conn):
        return tickets.open_ticket(
            conn, customer_id="ana", conversation_id=None, channel=None, category="other", priority="low",
            order_no=None, summary="", now=NOW, ids=IDS, desk=DESK,
        ).number  # fmt: skip

    numbers = meet(*[(store, open_one) for store in (here, there)] * 4)

    assert sorted(numbers) == [f"T-{1001 + n}" for n in range(8)]


def test_of_two_agents_who_take_a_conversation_the_last_has_it_and_the_history_tells_both(here, there):
    for _ in ROUNDS:

        def take(agent):
            return lambda conn: handoffs.take(conn, "t-ana", agent, now=NOW)

        before = len(here.read_now(history.timeline, "ana"))
        meet((here, take("li")), (there, take("wu")))

        told = here.read_now(history.timeline, "ana")[before:]
        owner = here.read_now(conversations.by_id, "t-ana").owner
        assert [entry.kind for entry in told] == ["handoff.taken"] * 2
        assert {entry.by for entry in told} == {"agent:li", "agent:wu"}
        assert owner == told[-1].by
        here.run_now(handoffs.resolve, "t-ana", owner.removeprefix("agent:"), ticket=None, now=NOW)


def test_a_worker_whose_clock_is_an_hour_ahead_takes_nothing_from_others(postgres_url, here):
    ahead = Store(postgres_url)
    key = here.run_now(inbox.store, an_inbound("1"))
    late = NOW + timedelta(hours=1)

    assert ahead.run_now(inbox.claim, "t-ana", worker="here", now=NOW, until=NOW + LEASE, before=key)

    assert not ahead.run_now(inbox.claim, "t-ana", worker="ahead", now=late, until=late + LEASE, before=key)
    assert ahead.read_now(inbox.waiting_conversations, now=late, most=9) == []
    ahead.close()


def test_a_lease_given_by_a_clock_that_is_an_hour_ahead_is_over_when_it_should_be(postgres_url, here):
    store = Store(postgres_url)
    key = here.run_now(inbox.store, an_inbound("1"))
    late = NOW + timedelta(hours=1)

    assert store.run_now(inbox.claim, "t-ana", worker="ahead", now=late, until=late, before=key)

    assert store.run_now(inbox.claim, "t-ana", worker="there", now=NOW, until=NOW + LEASE, before=key)
    store.close()
