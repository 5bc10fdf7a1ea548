"""Whatever happens to points, in whatever order, the ledger says what single points in a plain list would say."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from crm_store import checking, history, points, points_expiry, points_refunds, take_backs
from crm_store.errors import NotAllowed, NotEnoughPoints
from crm_store.ports import Ulids, VirtualClock
from crm_store.unit_of_work import Store
from tests.crm_store.people import NOW, a_customer, nothing_kept
from tests.servers.databases import examples

DAY = timedelta(days=1)
GRACE = timedelta(days=6)
IDS = Ulids(VirtualClock(NOW), Random(7))

later = st.integers(0, 6)
some = st.integers(1, 60)
lasting = st.one_of(st.none(), st.integers(1, 12), st.integers(1, 12))
which = st.integers(0, 3)
share = st.sampled_from([0.1, 0.4, 0.7, 1, 1.5])
"""Of what there is; more than that is refused."""
steps = st.one_of(
    st.tuples(st.just("earn"), later, some, lasting),
    st.tuples(st.just("order earns"), later, some, lasting),
    st.tuples(st.just("spend"), later, share, st.none()),
    st.tuples(st.just("refund"), later, share, which),
    st.tuples(st.just("take back"), later, share, which),
    st.tuples(st.just("forgive"), later, share, which),
    st.tuples(st.just("clock"), later, st.just(1), st.none()),
)
lives = st.lists(steps, min_size=6, max_size=25)


@dataclass(eq=False)
class Point:
    """One single point."""

    end: datetime | None
    earned: datetime
    lot: int
    order: str | None = None
    state: str = "live"


class Purse:
    """What the ledger should be, in the plainest way."""

    def __init__(self) -> None:
        self.all: list[Point] = []
        self.lots = 0
        self.spends: list[list[Point]] = []
        self.owed = 0
        self.lapsed: dict[str, int] = {}
        self.taken: dict[str, int] = {}
        self.expired: list[datetime] = []

    def live(self, now):
        alive = [one for one in self.all if one.state == "live" and (one.end is None or one.end > now)]
        return sorted(alive, key=lambda one: (one.end is None, one.end or NOW, one.earned, one.lot))

    def earn(self, count, end, now, order=None):
        self.lots += 1
        self.all += [Point(end, now, self.lots, order) for _ in range(count)]
        self.settle(now)

    def settle(self, now):
        paying = self.live(now)[: self.owed]
        for one in paying:
            one.state = "taken"
        self.owed -= len(paying)

    def spend(self, count, now):
        drawn = self.live(now)[:count]
        for one in drawn:
            one.state = "spent"
        self.spends.append(drawn)

    def refund(self, drawn, count, now):
        last_first = drawn[::-1][:count]
        del drawn[len(drawn) - count :]
        lots = {}
        for one in last_first:
            if one.end is None or one.end > now:
                one.state = "live"
            else:
                if one.lot not in lots:
                    self.lots += 1
                    lots[one.lot] = self.lots
                self.all.append(Point(now + GRACE, now, lots[one.lot]))
        self.settle(now)

    def clock(self, now):
        for one in self.all:
            if one.state == "live" and one.end is not None and one.end <= now:
                one.state = "expired"
                self.expired.append(one.end)

    def take_back(self, order, count, now, *, forgiven):
        self.clock(now)
        unspent = sum(one.order == order and one.state == "expired" for one in self.all)
        lapsed = min(count, unspent - self.lapsed.get(order, 0))
        self.lapsed[order] = self.lapsed.get(order, 0) + lapsed
        self.taken[order] = self.taken.get(order, 0) + count
        drawn = sorted(self.live(now), key=lambda one: one.order != order)[: count - lapsed]
        for one in drawn:
            one.state = "taken"
        if not forgiven:
            self.owed += count - lapsed - len(drawn)

    def earned_by(self, order):
        return sum(one.order == order for one in self.all) - self.taken.get(order, 0)


@pytest.fixture(scope="module")
def store(module_store: Store) -> Store:
    module_store.run_now(a_customer, "ana")
    return module_store


def live_through(conn, life):
    purse, now, orders = Purse(), NOW, []
    for number, (step, days, amount, extra) in enumerate(life):
        now += days * DAY
        match step:
            case "earn" | "order earns":
                end = now + extra * DAY if extra is not None else None
                order = f"A{number}" if step == "order earns" else None
                orders += [order] if order else []
                points.earn(conn, "ana", amount, at=now, expires_at=end, ids=IDS, order_no=order)
                purse.earn(amount, end, now, order)
            case "spend":
                spend(conn, purse, max(int(len(purse.live(now)) * amount), 1), now)
            case "refund" if purse.spends:
                give_back(conn, purse, extra % len(purse.spends), amount, now, f"r{number}")
            case "take back" | "forgive" if orders:
                order = orders[extra % len(orders)]
                if back := int(purse.earned_by(order) * min(amount, 1)):
                    missing = "forgiven" if step == "forgive" else "owed"
                    take_backs.take_back(conn, "ana", back, order_no=order, at=now, ids=IDS, missing=missing)
                    purse.take_back(order, back, now, forgiven=step == "forgive")
            case "clock":
                points_expiry.expire(conn, "ana", now)
                purse.clock(now)
        compare(conn, purse, now)
    tell_of_expiry(conn, purse)


def spend(conn, purse, count, now):
    reference = f"s{len(purse.spends)}"
    if count > len(purse.live(now)):
        with pytest.raises(NotEnoughPoints):
            points.spend(conn, "ana", count, at=now, reference=reference)
        return
    points.spend(conn, "ana", count, at=now, reference=reference)
    purse.spend(count, now)


def give_back(conn, purse, which, amount, now, reference):
    spent, drawn = f"s{which}", purse.spends[which]
    count = max(int(len(drawn) * amount), 1)

    def refund():
        return points_refunds.refund(conn, "ana", spent, count, at=now, ids=IDS, grace=GRACE, reference=reference)

    if count > len(drawn):
        with pytest.raises(NotAllowed):
            refund()
        return
    assert refund() == count
    purse.refund(drawn, count, now)
    assert refund() == count, "told twice, made once"
    assert points_refunds.refundable(conn, "ana", spent) == len(drawn)


def compare(conn, purse, now):
    left = purse.live(now)
    assert points.balance(conn, "ana", now) == len(left)
    there = [(lot.points, lot.expires_at) for lot in points.live_lots(conn, "ana", now)]
    assert [end for count, end in there for _ in range(count)] == [one.end for one in left]
    assert points.owed(conn, "ana") == purse.owed
    assert not (left and purse.owed), "who owes has nothing"
    assert list(checking.checks()["points"](conn)) == []


def tell_of_expiry(conn, purse):
    """Every point that expired is told once, at its end."""
    told = [entry for entry in history.timeline(conn, "ana") if entry.kind == "points.expired"]
    assert [entry.at for entry in told for _ in range(entry.data["points"])] == sorted(purse.expired)
    moved = select(points.entries.c.at, points.entries.c.points).where(points.entries.c.kind == "expired")
    assert sorted(row.at for row in conn.execute(moved) for _ in range(-row.points)) == sorted(purse.expired)


@pytest.mark.parametrize("most", [50, pytest.param(150, marks=pytest.mark.long)])
def test_whatever_happens_the_ledger_says_what_single_points_would(store, most):
    @settings(max_examples=examples(store, most), deadline=None)
    @given(life=lives)
    def whatever_happens(life):
        def unit(conn):
            with nothing_kept(conn):
                live_through(conn, life)

        store.run_now(unit)

    whatever_happens()
