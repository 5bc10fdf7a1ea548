"""Points never go below zero, are spent where they would expire first, and none appears or disappears."""

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from crm_store import history, points
from crm_store.errors import NotEnoughPoints
from crm_store.ports import Ulids, VirtualClock
from crm_store.unit_of_work import Store
from tests.crm_store.people import NOW, a_customer, nothing_kept
from tests.servers.databases import examples

DAY = timedelta(days=1)
IDS = Ulids(VirtualClock(NOW), Random(7))

days = st.integers(0, 40)
earning = st.tuples(st.just("earn"), days, st.integers(1, 50), st.one_of(st.none(), st.integers(1, 30)))
spending = st.tuples(st.just("spend"), days, st.integers(1, 80), st.none())
lives = st.lists(st.one_of(earning, spending), max_size=25)


@pytest.fixture(scope="module")
def store(module_store: Store) -> Store:
    module_store.run_now(a_customer, "ana")
    return module_store


class Wallet:
    """What points should be, in the plainest way: single points, each with its own end."""

    def __init__(self) -> None:
        self.ends: list[object] = []

    def left(self, now):
        return sorted((end for end in self.ends if end is None or end > now), key=lambda end: (end is None, end))

    def earn(self, count, end):
        self.ends += [end] * count

    def spend(self, count, now):
        for end in self.left(now)[:count]:
            self.ends.remove(end)


def live_through(conn, life):
    """Compare the store with the wallet after every step of a life."""
    wallet, now = Wallet(), NOW
    for step, days_later, count, lasts in life:
        now += days_later * DAY
        before = sorted(map(repr, conn.execute(select(points.lots))))
        if step == "earn":
            end = now + lasts * DAY if lasts is not None else None
            points.earn(conn, "ana", count, at=now, expires_at=end, ids=IDS)
            wallet.earn(count, end)
        elif count <= len(wallet.left(now)):
            points.spend(conn, "ana", count, at=now)
            wallet.spend(count, now)
        else:
            with pytest.raises(NotEnoughPoints):
                points.spend(conn, "ana", count, at=now)
            assert sorted(map(repr, conn.execute(select(points.lots)))) == before

        left = wallet.left(now)
        assert points.balance(conn, "ana", now) == len(left) >= 0
        lots = points.live_lots(conn, "ana", now)
        assert [lot.expires_at for lot in lots for _ in range(lot.points)] == left
        ending = [end for end in left if end is not None]
        assert points.next_expiry(conn, "ana", now) == ((ending.count(ending[0]), ending[0]) if ending else None)
    nothing_appears_or_disappears(conn)


def nothing_appears_or_disappears(conn):
    for lot in conn.execute(select(points.lots)).all():
        moves = conn.execute(select(points.entries.c.points).where(points.entries.c.lot_id == lot.id)).scalars().all()
        assert moves[0] == lot.points, "earned"
        assert all(move < 0 for move in moves[1:]), "spent"
        assert sum(moves) == lot.remaining >= 0


def test_whatever_is_earned_and_spent_the_lots_are_right(store):
    @settings(max_examples=examples(store, 120), deadline=None)
    @given(life=lives)
    def whatever_happens(life):
        def unit(conn):
            with nothing_kept(conn):
                live_through(conn, life)

        store.run_now(unit)

    whatever_happens()


def test_points_that_expire_were_not_spent_before_others_that_last(store):
    def unit(conn):
        with nothing_kept(conn):
            points.earn(conn, "ana", 100, at=NOW, expires_at=None, ids=IDS)
            points.earn(conn, "ana", 100, at=NOW, expires_at=NOW + 9 * DAY, ids=IDS)
            points.earn(conn, "ana", 100, at=NOW, expires_at=NOW + 3 * DAY, ids=IDS)
            points.spend(conn, "ana", 150, at=NOW)
            return [(lot.points, lot.expires_at) for lot in points.live_lots(conn, "ana", NOW)]

    assert store.run_now(unit) == [(50, NOW + 9 * DAY), (100, None)]


def test_every_movement_is_told_in_the_history_with_the_balance_after_it(store):
    def unit(conn):
        with nothing_kept(conn):
            points.earn(conn, "ana", 100, at=NOW, ids=IDS, reason="order", reference="A-1")
            points.spend(conn, "ana", 30, at=NOW, reason="tea cup", by="bot")
            return [(entry.kind, entry.by, entry.data) for entry in history.timeline(conn, "ana")]

    assert store.run_now(unit) == [
        ("points.earned", "system", {"points": 100, "balance": 100, "reason": "order", "reference": "A-1"}),
        ("points.spent", "bot", {"points": 30, "balance": 70, "reason": "tea cup", "reference": None}),
    ]


def test_a_movement_is_known_by_its_reference(store):
    def unit(conn):
        with nothing_kept(conn):
            points.earn(conn, "ana", 100, at=NOW, ids=IDS, reference="A-1")
            return points.is_known(conn, "A-1"), points.is_known(conn, "A-2")

    assert store.run_now(unit) == (True, False)


@pytest.mark.parametrize("count", [0, -1])
def test_less_than_one_point_is_neither_earned_nor_spent(store, count):
    with pytest.raises(ValueError):
        store.run_now(points.earn, "ana", count, at=NOW, ids=IDS)
    with pytest.raises(ValueError):
        store.run_now(points.spend, "ana", count, at=NOW)
