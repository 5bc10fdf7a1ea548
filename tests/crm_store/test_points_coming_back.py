"""Points that were spent come back to their lots, once; entries stand as they were written; the clock expires once."""

from datetime import timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from crm_store import checking, guarding, history, ledgers, points, points_expiry, points_refunds, take_backs
from crm_store.errors import NotAllowed, NotEnoughPoints
from crm_store.loyalty import Loyalty
from crm_store.ports import Ulids, VirtualClock
from crm_store.unit_of_work import Store
from tests.crm_store.people import NOW, a_customer
from tests.servers.meeting import meet

DAY = timedelta(days=1)
NO_RULES = Loyalty(ZoneInfo("Asia/Shanghai"), "CNY")
IDS = Ulids(VirtualClock(NOW), Random(7))


@pytest.fixture
def store(empty_store: Store) -> Store:
    for who in ("ana", "bo"):
        empty_store.run_now(a_customer, who)
    return empty_store


def earn(store, count, days=None, *, who="ana", at=NOW, **more):
    end = NOW + days * DAY if days is not None else None
    store.run_now(points.earn, who, count, at=at, expires_at=end, ids=IDS, **more)


def refund(store, spent, count=None, *, at=NOW, reference="back", **more):
    return store.run_now(points_refunds.refund, "ana", spent, count, at=at, ids=IDS, reference=reference, **more)


def left(store, at=NOW):
    return [(lot.points, lot.expires_at) for lot in store.read_now(points.live_lots, "ana", at)]


def events(store, kind, who="ana"):
    return [(entry.at, entry.data) for entry in store.read_now(history.timeline, who) if entry.kind == kind]


def test_a_spend_that_is_refunded_leaves_what_was_there_before(store):
    earn(store, 100, 3)
    earn(store, 100, 9)
    before = left(store)
    store.run_now(points.spend, "ana", 150, at=NOW, reference="s1")

    assert refund(store, "s1") == 150

    assert left(store) == before
    ((_, told),) = events(store, "points.refunded")
    assert told == {"points": 150, "balance": 200, "reason": None, "reference": "back", "spent": "s1"}


def test_a_refund_in_part_leaves_what_a_smaller_spend_would_have_left(store):
    earn(store, 100, 3)
    earn(store, 100, 9)
    store.run_now(points.spend, "ana", 150, at=NOW, reference="s1")

    refund(store, "s1", 30)

    assert left(store) == [(80, NOW + 9 * DAY)], "as if 120 had been spent"


def test_no_more_comes_back_than_was_spent(store):
    earn(store, 100)
    store.run_now(points.spend, "ana", 60, at=NOW, reference="s1")
    refund(store, "s1", 40)

    with pytest.raises(NotAllowed) as refused:
        refund(store, "s1", 21, reference="again")

    assert (refused.value.code, refused.value.data) == ("refunded_already", {"left": 20})
    assert left(store) == [(80, None)]


def test_a_refund_told_twice_is_made_once(store):
    earn(store, 100)
    store.run_now(points.spend, "ana", 60, at=NOW, reference="s1")

    assert [refund(store, "s1", 40), refund(store, "s1", 40)] == [40, 40]

    assert left(store) == [(80, None)]


def test_points_that_were_never_spent_do_not_come_back(store):
    earn(store, 100, reference="earned")

    for spent in ("nothing", "earned"):
        with pytest.raises(NotAllowed) as refused:
            refund(store, spent)
        assert refused.value.code == "nothing_spent"


def test_points_whose_lot_has_expired_come_back_for_a_time_of_grace(store):
    earn(store, 100, 3)
    earn(store, 100, 90)
    store.run_now(points.spend, "ana", 120, at=NOW, reference="s1")
    late = NOW + 5 * DAY

    refund(store, "s1", at=late, grace=10 * DAY)

    assert left(store, late) == [(100, late + 10 * DAY), (100, NOW + 90 * DAY)]
    rows = store.read_now(lambda conn: conn.execute(points.lots.select()).all())
    origins = {row.id: row.origin for row in rows}
    assert sum(origin in origins for origin in origins.values()) == 1, "it is known which lot they came from"


def test_points_that_are_taken_back_with_their_order_never_leave_less_than_nothing(store):
    earn(store, 100, order_no="A1")
    store.run_now(points.spend, "ana", 70, at=NOW)

    taken = store.run_now(take_backs.take_back, "ana", 100, order_no="A1", at=NOW, ids=IDS)

    assert (taken.taken, taken.owed) == (30, 70)
    assert store.read_now(points.balance, "ana", NOW) == 0
    earn(store, 50)
    assert (store.read_now(points.balance, "ana", NOW), store.read_now(points.owed, "ana")) == (0, 20)
    earn(store, 50)
    assert (store.read_now(points.balance, "ana", NOW), store.read_now(points.owed, "ana")) == (30, 0)


def test_what_is_missing_is_forgiven_where_the_shop_says_so(store):
    earn(store, 100, order_no="A1")
    store.run_now(points.spend, "ana", 70, at=NOW)

    taken = store.run_now(take_backs.take_back, "ana", 100, order_no="A1", at=NOW, ids=IDS, missing="forgiven")

    assert (taken.taken, taken.owed, taken.forgiven) == (30, 0, 70)
    earn(store, 50)
    assert store.read_now(points.balance, "ana", NOW) == 50


def test_points_of_an_order_that_lapsed_unspent_are_asked_from_nobody(store):
    earn(store, 100, 3, order_no="A1")
    earn(store, 40)

    taken = store.run_now(take_backs.take_back, "ana", 100, order_no="A1", at=NOW + 4 * DAY, ids=IDS)

    assert (taken.taken, taken.lapsed, taken.owed) == (0, 100, 0)
    assert store.read_now(points.balance, "ana", NOW + 4 * DAY) == 40


async def test_the_clock_writes_off_what_expired_while_it_stood_still_each_at_its_own_time(store):
    for days, count in ((3, 10), (3, 5), (5, 20), (90, 40)):
        earn(store, count, days)
    earn(store, 7, 4, who="bo")

    first = await ledgers.keep_ledgers(store, NOW + 30 * DAY, NO_RULES)
    again = await ledgers.keep_ledgers(store, NOW + 31 * DAY, NO_RULES)

    assert (first.expired, again.expired) == (42, 0)
    assert [(at, told["points"], told["balance"]) for at, told in events(store, "points.expired")] == [
        (NOW + 3 * DAY, 15, 60), (NOW + 5 * DAY, 20, 40),
    ]  # fmt: skip
    assert store.read_now(ledgers.next_moment, NO_RULES, after=NOW + 31 * DAY) == NOW + 90 * DAY


def test_what_was_spent_before_it_expired_and_is_told_after_was_there_to_be_spent(store):
    earn(store, 50, 3)
    earn(store, 50)
    store.run_now(points_expiry.expire, "ana", NOW + 4 * DAY)

    store.run_now(points.spend, "ana", 70, at=NOW + 2 * DAY)

    assert left(store, NOW + 4 * DAY) == [(30, None)]
    with pytest.raises(NotEnoughPoints):
        store.run_now(points.spend, "ana", 31, at=NOW + 2 * DAY)


@pytest.mark.parametrize(
    "change",
    [
        update(points.entries).values(points=1),
        update(points.entries).values(reference=None),
        update(points.entries).values(at=NOW - DAY),
        delete(points.entries),
    ],
    ids=["points", "reference", "time", "all"],
)
def test_nobody_changes_or_deletes_an_entry_but_an_erasure(store, change):
    earn(store, 100, reference="A-1")

    with pytest.raises(DBAPIError, match="append-only"):
        store.run_now(lambda conn: conn.execute(change))

    def erase(conn):
        with guarding.opened(conn, "erasure"):
            return conn.execute(change).rowcount

    assert store.run_now(erase) == 1


def test_spending_refunding_and_expiring_at_once_leaves_no_point_too_many(postgres_url):
    here, there = Store(postgres_url), Store(postgres_url)
    here.run_now(a_customer, "ana")
    earn(here, 100, 3)
    earn(here, 60, 90)
    here.run_now(points.spend, "ana", 50, at=NOW, reference="s0")
    late = NOW + 4 * DAY

    def spend(number):
        return lambda conn: points.spend(conn, "ana", 30, at=NOW, reference=f"s{number}") or "spent"

    def back(conn):
        return points_refunds.refund(conn, "ana", "s0", 30, at=late, ids=IDS, reference="r0")

    def expire(conn):
        return points_expiry.expire(conn, "ana", late)

    works = [spend(1), back, expire, spend(2), back, expire, spend(3), spend(4)]
    outcomes = meet(*[(store, work) for store, work in zip([here, there] * 4, works, strict=True)])

    spent = outcomes.count("spent")
    refused = sum(isinstance(one, NotEnoughPoints) for one in outcomes)
    assert spent + refused == 4
    assert outcomes[1] == outcomes[4] == 30
    rows = here.read_now(lambda conn: conn.execute(points.entries.select()).all())
    assert sum(row.points for row in rows if row.kind == "refunded") == 30
    assert here.read_now(lambda conn: list(checking.checks()["points"](conn))) == []
    here.close()
    there.close()
