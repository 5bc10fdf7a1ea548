"""Paid orders earn points by the shop's rules, once; a tier follows from what was spent lately."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_store import customers, history, ledgers, points, tickets
from crm_store.imports import ImportSettings, apply_row, apply_shop_event
from crm_store.loyalty import Earning, Loyalty
from crm_store.ports import Ulids, VirtualClock
from crm_store.tiers import TierRules, months_later
from crm_store.unit_of_work import Store
from tests.crm_store.people import DESK, NOW, a_customer, nothing_kept
from tests.servers.databases import examples
from tests.servers.meeting import meet

DAY = timedelta(days=1)
IDS = Ulids(VirtualClock(NOW), Random(7))
TIERS = TierRules({"gold": Decimal(1800), "silver": Decimal(600)}, DESK.zone, "CNY")
EARNING = Earning(Decimal(1), factors={"silver": Decimal("1.5")})
RULES = Loyalty(DESK.zone, "CNY", EARNING, TIERS, DESK)


@pytest.fixture
def store(empty_store: Store) -> Store:
    for number, who in enumerate(("ana", "bo"), 1):
        empty_store.run_now(a_customer, who, number=f"C{number}")
    return empty_store


def rows(rules=RULES):
    return ImportSettings(DESK.zone, loyalty=rules)


def order(number="A10001", price="200.50", **more):
    row = {"order_no": number, "line": 1, "customer_id": "C1", "sku": "tea", "quantity": 1, "unit_price": price}
    return row | {"ordered_at": NOW.isoformat()} | more


def happens(store, event, *, rules=RULES, now=NOW, **row):
    store.run_now(apply_shop_event, f"order.{event}", order(**row), now=now, ids=IDS, settings=rows(rules))


def balance(store, who="ana", now=NOW):
    return store.read_now(points.balance, who, now)


def tier(store, who="ana"):
    return store.read_now(customers.by_id, who).tier


def told(store, prefix, who="ana"):
    return [entry for entry in store.read_now(history.timeline, who) if entry.kind.startswith(prefix)]


def test_an_order_earns_when_it_is_paid_and_once_however_often_that_is_told(store):
    happens(store, "created")
    before = balance(store)

    for event in ("paid", "paid", "shipped", "delivered"):
        happens(store, event)
    store.run_now(apply_row, "orders", order(status="delivered"), now=NOW, ids=IDS, settings=rows())

    assert (before, balance(store)) == (0, 200)
    (earned,) = told(store, "points.")
    assert earned.data == {"points": 200, "balance": 200, "reason": "order", "reference": "order:A10001"}
    ((_, expires_at),) = [(lot.points, lot.expires_at) for lot in store.read_now(points.live_lots, "ana", NOW)]
    assert expires_at.astimezone(DESK.zone).isoformat() == "2027-11-23T00:00:00+08:00"


def test_further_items_earn_and_items_that_come_back_give_back(store):
    happens(store, "paid")

    happens(store, "paid", line=2, price="99.50")
    more = balance(store)
    happens(store, "delivered", line=3, quantity=-1, price="100")

    assert (more, balance(store)) == (300, 200)


def test_an_order_that_is_refunded_gives_its_points_back_and_what_is_missing_is_owed(store):
    happens(store, "paid")
    store.run_now(points.spend, "ana", 150, at=NOW)

    happens(store, "refunded")
    happens(store, "refunded")

    assert (balance(store), store.read_now(points.owed, "ana")) == (0, 150)
    happens(store, "paid", number="A10002", price="400")
    assert (balance(store), store.read_now(points.owed, "ana")) == (250, 0)


def test_what_is_missing_is_forgiven_where_the_shop_does_so(store):
    kind = replace(RULES, earning=replace(EARNING, missing="forgiven"))
    happens(store, "paid", rules=kind)
    store.run_now(points.spend, "ana", 150, at=NOW)

    happens(store, "refunded", rules=kind)

    assert (balance(store), store.read_now(points.owed, "ana")) == (0, 0)


def test_a_tier_earns_by_its_factor_and_an_order_keeps_the_rate_it_was_paid_at(store):
    happens(store, "paid", price="600")
    assert tier(store) == "silver"

    happens(store, "delivered", price="600")
    assert balance(store) == 600
    happens(store, "paid", number="A10002", price="100")
    assert balance(store) == 750


def test_an_order_that_proves_to_be_somebody_elses_takes_its_points_along(store):
    happens(store, "paid", price="600")

    happens(store, "paid", price="600", customer_id="C2")

    assert (balance(store), balance(store, "bo")) == (0, 600)
    assert (tier(store), tier(store, "bo")) == ("regular", "silver")


@pytest.mark.parametrize(
    "rules",
    [
        replace(RULES, earning=None, tiers=None),
        replace(RULES, earning=replace(EARNING, since=NOW.date() + DAY), tiers=None),
        replace(RULES, currency="USD", tiers=replace(TIERS, currency="USD")),
        None,
    ],
    ids=["no rules", "paid before they began", "another currency", "none at all"],
)
def test_where_the_shop_has_no_rule_nothing_is_earned_and_a_tier_stays_as_the_list_says(store, rules):
    store.run_now(customers.change, "bo", tier="vip")

    happens(store, "paid", rules=rules, price="5000", customer_id="C2")

    assert balance(store, "bo") == 0
    assert tier(store, "bo") == ("vip" if rules is None or rules.tiers is None else "regular")


def test_a_tier_rises_with_the_order_that_lifts_it_and_open_cases_follow(store):
    desk = replace(DESK, answers=replace(DESK.answers, shares={"gold": 0.5}))
    opened = store.run_now(
        tickets.open_ticket, customer_id="ana", conversation_id=None, channel=None, category="delivery",
        priority="high", order_no=None, summary="", now=NOW, ids=IDS, desk=desk,
    )  # fmt: skip

    happens(store, "paid", rules=replace(RULES, desk=desk), price="1800")
    happens(store, "delivered", rules=replace(RULES, desk=desk), price="1800")

    (changed,) = told(store, "tier.")
    assert changed.data == {"from": None, "to": "gold", "spent": "1800", "currency": "CNY", "months": 12}
    (ticket,) = store.read_now(tickets.of_customer, "ana")
    assert ticket.due_at < opened.due_at


async def test_a_tier_falls_at_the_midnight_at_which_there_is_too_little_for_it_once(store):
    happens(store, "paid", price="600")
    last_day = (NOW + 365 * DAY).astimezone(DESK.zone).replace(hour=23)

    kept = [await ledgers.keep_ledgers(store, last_day + hours, RULES) for hours in (0 * DAY, DAY, DAY, 2 * DAY)]

    assert [one.tiers for one in kept] == [0, 1, 0, 0]
    assert tier(store) == "regular"
    assert [(entry.data["from"], entry.data["to"]) for entry in told(store, "tier.")] == [
        (None, "silver"), ("silver", "regular"),
    ]  # fmt: skip


async def test_a_tier_is_kept_for_the_time_of_grace_but_not_for_money_that_went_back(store):
    rules = replace(RULES, tiers=replace(TIERS, grace=30 * DAY))
    happens(store, "paid", price="600", rules=rules)
    happens(store, "paid", price="600", rules=rules, number="B10001", customer_id="C2")

    happens(store, "refunded", price="600", rules=rules, number="B10001", customer_id="C2")
    await ledgers.keep_ledgers(store, NOW + 380 * DAY, rules)
    kept = tier(store)
    await ledgers.keep_ledgers(store, NOW + 400 * DAY, rules)

    assert (kept, tier(store), tier(store, "bo")) == ("silver", "regular", "regular")


def test_months_end_on_their_last_day():
    assert [str(months_later(NOW.date().replace(day=1, month=3), n) - DAY) for n in (-24, -12, 0, 12)] == [
        "2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28",
    ]  # fmt: skip
    assert str(months_later(NOW.date().replace(month=8, day=31), 6)) == "2027-02-28"


ORDERS = ("A1", "A2", "A3")
words = st.tuples(
    st.sampled_from(ORDERS), st.sampled_from(["created", "paid", "delivered", "refunded", "cancelled"]),
    st.integers(1, 3), st.integers(-1, 3), st.integers(1, 400),
)  # fmt: skip


@pytest.fixture(scope="module")
def shared(module_store: Store) -> Store:
    module_store.run_now(a_customer, "ana", number="C1")
    return module_store


def test_whatever_the_shop_says_points_and_tier_are_those_of_its_orders(shared):
    """What was earned less what was given back is what the orders are worth; no more, no less."""
    flat = replace(RULES, earning=Earning(Decimal("0.5")))

    def live_through(conn, said):
        status, items = {}, {}
        for number, event, line, quantity, price in said:
            row = order(number, str(price), line=line, quantity=quantity)
            apply_shop_event(conn, f"order.{event}", row, now=NOW, ids=IDS, settings=rows(flat))
            status[number] = event
            items.setdefault(number, {})[line] = quantity * price
            worth = {one: sum(items[one].values()) if status[one] in ("paid", "delivered") else 0 for one in status}
            due = sum(max(int(money * Decimal("0.5")), 0) for money in worth.values())
            assert points.balance(conn, "ana", NOW) - points.owed(conn, "ana") == due
            spent = sum(worth.values())
            expected = "gold" if spent >= 1800 else "silver" if spent >= 600 else "regular"
            assert (customers.by_id(conn, "ana").tier or "regular") == expected

    @settings(max_examples=examples(shared, 60), deadline=None)
    @given(said=st.lists(words, min_size=3, max_size=12))
    def whatever_is_said(said):
        def unit(conn):
            with nothing_kept(conn):
                live_through(conn, said)

        shared.run_now(unit)

    whatever_is_said()


def test_an_order_that_is_told_twice_at_once_earns_once(postgres_url):
    here, there = Store(postgres_url), Store(postgres_url)
    here.run_now(a_customer, "ana", number="C1")
    here.run_now(apply_shop_event, "order.created", order(price="700"), now=NOW, ids=IDS, settings=rows())

    def paid(conn):
        return apply_shop_event(conn, "order.paid", order(price="700"), now=NOW, ids=IDS, settings=rows())

    outcomes = meet(*[(one, paid) for one in (here, there)] * 3)

    assert not [one for one in outcomes if isinstance(one, Exception)]
    assert (balance(here), tier(here)) == (700, "silver")
    assert len(told(here, "tier.")) == 1
    here.close()
    there.close()
