"""Several stores move the same customers' points at once, each its own random mix: the ledger stays a ledger."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from random import Random

import pytest
from sqlalchemy import Connection, select

from crm_store import checking, customers, orders, points, points_expiry, points_refunds, take_backs
from crm_store.errors import NotAllowed, NotEnoughPoints
from crm_store.finds import Find
from crm_store.ports import Ulids, VirtualClock
from crm_store.unit_of_work import Store
from tests.crm_store.people import NOW, a_customer

DAY = timedelta(days=1)
PEOPLE = ("ana", "bo", "cy")
WRITERS, STEPS = 3, 70
WITHIN = 60
"""Seconds; whoever is not done by then waits for somebody who waits for them."""


def prepare(conn: Connection) -> None:
    ids = Ulids(VirtualClock(NOW), Random(0))
    for who in PEOPLE:
        a_customer(conn, who)
        orders.add(conn, order_no=f"A-{who}", customer_id=who, status="paid", ordered_at=NOW)
        points.earn(conn, who, 300, at=NOW, expires_at=NOW + 90 * DAY, ids=ids)


def step(conn: Connection, kind: str, who: str, about: tuple[int, int, datetime, str, str], ids: Ulids) -> None:
    number, days, at, name, spent = about
    match kind:
        case "earn":
            points.earn(conn, who, number, at=at, expires_at=at + days * DAY, ids=ids, reference=name)
        case "order earns":
            points.earn(conn, who, number, at=at, expires_at=at + days * DAY, ids=ids, order_no=f"A-{who}")
        case "spend":
            points.spend(conn, who, number, at=at, reference=spent)
        case "refund":
            customers.hold(conn, who)
            count = min(number, points_refunds.refundable(conn, who, spent)) or number
            points_refunds.refund(conn, who, spent, count, at=at, ids=ids, reference=f"back:{name}")
        case "take back":
            customers.hold(conn, who)
            count = min(number, take_backs.earned_by(conn, who, f"A-{who}"))
            if count == 0:
                raise NotAllowed("the order has earned nothing that is still to be taken back")
            take_backs.take_back(conn, who, count, order_no=f"A-{who}", at=at, ids=ids)
        case _:
            points_expiry.expire(conn, who, at)


KINDS = ("earn", "order earns", "spend", "spend", "spend", "refund", "refund", "take back", "expire")


def write(store: Store, seed: int, writer: int, together: threading.Barrier) -> Counter[str]:
    """Do this writer's mix; return how often each kind of step was done."""
    draw, ids = Random(f"{seed}/{writer}"), Ulids(VirtualClock(NOW), Random(f"ids {seed}/{writer}"))
    done: Counter[str] = Counter()
    together.wait(WITHIN)
    for nth in range(STEPS):
        kind, who = draw.choice(KINDS), draw.choice(PEOPLE)
        # All spend and give back by the same few references, so that several refund one.
        spent = f"s{draw.randrange(4)}"
        about = (draw.randint(1, 90), draw.randint(1, 20), NOW + nth * DAY / 4, f"s{writer}.{nth}", spent)
        try:
            store.run_now(step, kind, who, about, ids)
        except (NotAllowed, NotEnoughPoints):
            continue
        done[kind] += 1
    return done


def finds_of(conn: Connection, name: str) -> list[Find]:
    return list(checking.checks()[name](conn))


@pytest.mark.parametrize("seed", range(3))
def test_whatever_several_write_at_once_the_ledger_adds_up_and_nobody_has_less_than_nothing(
    postgres_url: str, seed: int
) -> None:
    stores = [Store(postgres_url) for _ in range(WRITERS)]
    stores[0].run_now(prepare)
    together = threading.Barrier(WRITERS)

    with ThreadPoolExecutor(WRITERS) as threads:
        writing = [threads.submit(write, store, seed, number, together) for number, store in enumerate(stores)]
        done = sum((one.result(WITHIN) for one in writing), Counter())

    checked = stores[0]
    assert set(done) == set(KINDS), "every kind of step was done at least once"
    found = {name: checked.read_now(finds_of, name) for name in ("points", "references", "statuses")}
    assert found == {"points": [], "references": [], "statuses": []}
    for days in range(0, STEPS // 4 + 30):
        for who in PEOPLE:
            assert checked.read_now(points.balance, who, NOW + days * DAY) >= 0
    assert min(checked.read_now(lambda conn: conn.execute(select(points.lots.c.remaining)).scalars().all())) >= 0
    for store in stores:
        store.close()
