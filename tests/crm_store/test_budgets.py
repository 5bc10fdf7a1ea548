"""A budget is never exceeded, in no span of time and by no number of processes, and nothing of it is wasted."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select

from crm_store import budgets
from crm_store.unit_of_work import Store
from tests.crm_store.people import NOW

MS = timedelta(milliseconds=1)
EVERY = 100 * MS

steps = st.tuples(st.integers(0, 400), st.integers(1, 4))
"""How many milliseconds pass, then how much is wanted."""


@pytest.fixture(scope="module")
def store(module_store: Store) -> Store:
    return module_store


class Bucket:
    """What a budget should be, in the plainest way: credit that grows with time up to a limit."""

    def __init__(self, burst: int) -> None:
        self.most = self.credit = burst * EVERY
        self.seen = NOW

    def take(self, now: datetime, cost: int) -> timedelta:
        self.credit, self.seen = min(self.most, self.credit + (now - self.seen)), now
        if self.credit < cost * EVERY:
            return cost * EVERY - self.credit
        self.credit -= cost * EVERY
        return timedelta(0)


def most_in_a_window(moments: list[datetime], window: timedelta) -> int:
    return max((sum(start <= other <= start + window for other in moments) for start in moments), default=0)


@settings(max_examples=60, deadline=None)
@given(burst=st.integers(4, 8), life=st.lists(steps, max_size=40))
def test_it_is_a_bucket_that_fills_with_time_and_never_overflows(store, burst, life):
    bucket, now = Bucket(burst), NOW

    def live(conn):
        nonlocal now
        for passed, cost in life:
            now += passed * MS
            assert budgets.take(conn, "shop", now=now, every=EVERY, burst=burst, cost=cost) == bucket.take(now, cost)
        conn.execute(budgets.budgets.delete())

    store.run_now(live)


@settings(max_examples=40, deadline=None)
@given(burst=st.integers(1, 5), moments=st.lists(st.integers(0, 3_000), min_size=1, max_size=80))
def test_clocks_that_disagree_make_it_stricter_and_never_looser(store, burst, moments):
    """The moments are those of several machines, and are not in order."""

    def live(conn):
        asked = [NOW + moment * MS for moment in moments]
        taken = [at for at in asked if not budgets.take(conn, "shop", now=at, every=EVERY, burst=burst)]
        conn.execute(budgets.budgets.delete())
        return taken

    taken = store.run_now(live)

    for window in (0 * MS, 250 * MS, 1_000 * MS):
        assert most_in_a_window(taken, window) <= burst + window / EVERY


def test_who_waits_as_long_as_told_gets_it_and_no_sooner(store):
    def live(conn):
        waits = [budgets.take(conn, "a chat", now=NOW, every=EVERY, burst=2) for _ in range(3)]
        sooner = budgets.take(conn, "a chat", now=NOW + waits[-1] - MS, every=EVERY, burst=2)
        then = budgets.take(conn, "a chat", now=NOW + waits[-1], every=EVERY, burst=2)
        return waits, sooner, then

    assert store.run_now(live) == ([0 * MS, 0 * MS, EVERY], MS, 0 * MS)


def test_who_may_take_less_leaves_the_rest_to_others(store):
    def live(conn):
        care = [budgets.take(conn, "bot", now=NOW, every=EVERY, burst=3) for _ in range(4)]
        replies = [budgets.take(conn, "bot", now=NOW, every=EVERY, burst=5) for _ in range(3)]
        return [not wait for wait in care], [not wait for wait in replies]

    assert store.run_now(live) == ([True, True, True, False], [True, True, False])


def test_what_is_given_back_can_be_taken_again(store):
    def live(conn):
        budgets.take(conn, "mail", now=NOW, every=EVERY, burst=2, cost=2)
        budgets.give_back(conn, "mail", every=EVERY)
        return [budgets.take(conn, "mail", now=NOW, every=EVERY, burst=2) for _ in range(2)]

    assert store.run_now(live) == [0 * MS, EVERY]


@pytest.mark.parametrize("cost", [0, 3])
def test_what_could_never_be_taken_is_an_error(store, cost):
    with pytest.raises(ValueError, match=f"{cost} of a budget that holds 2"):
        store.run_now(budgets.take, "x", now=NOW, every=EVERY, burst=2, cost=cost)


def test_to_take_is_one_statement(store):
    seen: list[str] = []

    def live(conn):
        def see(_conn, _cursor, statement, *_):
            seen.append(statement)

        event.listen(conn, "before_cursor_execute", see)
        budgets.take(conn, "one", now=NOW, every=EVERY, burst=2)
        budgets.take(conn, "one", now=NOW, every=EVERY, burst=2)
        event.remove(conn, "before_cursor_execute", see)

    store.run_now(live)

    assert [statement.split()[0] for statement in seen] == ["INSERT", "INSERT"]


def test_full_budgets_are_forgotten_and_the_others_kept(store):
    def live(conn):
        conn.execute(budgets.budgets.delete())
        budgets.take(conn, "full soon", now=NOW, every=EVERY, burst=2)
        budgets.take(conn, "full later", now=NOW, every=EVERY, burst=2, cost=2)
        forgotten = budgets.forget_full(conn, now=NOW + EVERY)
        return forgotten, list(conn.execute(select(budgets.budgets.c.name)).scalars())

    assert store.run_now(live) == (1, ["full later"])


TAKER = """
import sys
from datetime import UTC, datetime, timedelta
from crm_store import budgets
from crm_store.unit_of_work import Store

store = Store(sys.argv[1], durable=False)
print("ready", flush=True)
sys.stdin.readline()
ends = datetime.now(UTC) + timedelta(seconds=1.5)
while (now := datetime.now(UTC)) < ends:
    if not store.run_now(budgets.take, "telegram", now=now, every=timedelta(seconds=1) / 30, burst=1):
        print(now.isoformat())
store.close()
"""


def test_two_processes_share_one_budget(store):
    """30 a second: 31 in any closed window of a second, however the two take turns."""
    root = Path(__file__).parents[2]
    takers = [
        subprocess.Popen(
            [sys.executable, "-c", TAKER, store.url], cwd=root, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(2)
    ]
    for taker in takers:
        assert taker.stdout is not None
        assert taker.stdout.readline() == "ready\n"
    taken = [[datetime.fromisoformat(line) for line in out.split()] for out in told_to_begin(takers)]

    together = [moment for mine in taken for moment in mine]
    assert all(taken), "each of them got something"
    assert len(together) > 15
    assert most_in_a_window(together, timedelta(seconds=1)) <= 31


def told_to_begin(takers: list[subprocess.Popen[str]]) -> list[str]:
    for taker in takers:
        assert taker.stdin is not None
        taker.stdin.write("\n")
        taker.stdin.flush()
    told = [taker.communicate(timeout=60)[0] for taker in takers]
    assert [taker.returncode for taker in takers] == [0, 0]
    return told
