"""What points buy in a chat: points and coupon together or not at all, and undone to the very lots."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_store import checking, coupon_use, coupons, points, rewards
from crm_store.coupons import Offer
from crm_store.errors import NotAllowed, NotEnoughPoints
from crm_store.ports import Ulids, VirtualClock
from crm_store.rewards import Vouchers
from crm_store.unit_of_work import Store
from tests.crm_store.people import NOW, a_customer, nothing_kept
from tests.servers.databases import examples
from tests.servers.meeting import meet

MINUTE = timedelta(minutes=1)
IDS = Ulids(VirtualClock(NOW), Random(7))
VOUCHERS = Vouchers({200: Decimal(2), 700: Decimal(8)}, "CNY", 90)
TEA = Offer("tea", "product", sku="TEA-001", points=300, per_customer=2, stock=3)
SOON = NOW + timedelta(days=3)


def begin(store):
    for who in ("ana", "bo"):
        store.run_now(a_customer, who)
        store.run_now(points.earn, who, 400, at=NOW, ids=IDS, expires_at=SOON)
        store.run_now(points.earn, who, 600, at=NOW, ids=IDS)
    store.run_now(coupons.define, TEA)


@pytest.fixture
def store(empty_store: Store) -> Store:
    begin(empty_store)
    return empty_store


def redeem(conn, who, rule, message, at=NOW):
    (reward,) = [one for one in rewards.rewards(conn, who, VOUCHERS) if one.rule == rule]
    return rewards.redeem(conn, who, reward, VOUCHERS, at=at, ids=IDS, message=message)


def undo(conn, who, at=NOW, within=10 * MINUTE):
    return rewards.undo(conn, who, since=at - within, at=at, ids=IDS)


def lots(store, who="ana"):
    return [(lot.points, lot.expires_at) for lot in store.read_now(points.live_lots, who, NOW)]


def refused(store, code, unit, *args, **more):
    with pytest.raises(NotAllowed) as refusal:
        store.run_now(unit, *args, **more)
    assert refusal.value.code == code


def test_coupons_with_a_price_and_vouchers_are_the_rewards_the_cheapest_first(store):
    store.run_now(coupons.define, Offer("gift", "percent", Decimal(10)))
    store.run_now(redeem, "bo", "voucher:200", "m0")

    found = store.read_now(rewards.rewards, "ana", VOUCHERS)

    assert [(one.rule, one.points) for one in found] == [("voucher:200", 200), ("tea", 300), ("voucher:700", 700)]


def test_a_message_buys_once_however_often_it_comes(store):
    one, again = store.run_now(redeem, "ana", "tea", "m1"), store.run_now(redeem, "ana", "tea", "m1")

    assert one.code == again.code
    assert sum(count for count, _ in lots(store)) == 700


def test_what_is_undone_goes_back_into_the_very_lots(store):
    before = lots(store)
    row = store.run_now(redeem, "ana", "voucher:700", "m1")
    between = lots(store)

    undone, back = store.run_now(undo, "ana", at=NOW + 9 * MINUTE)

    assert between == [(300, None)]
    assert (undone.code, back) == (row.code, 700)
    assert lots(store) == before
    assert store.read_now(coupons.by_code, row.code).state == "cancelled"


def test_undone_twice_is_undone_once_and_what_was_redeemed_before_it_stays(store):
    first = store.run_now(redeem, "ana", "voucher:200", "m1")
    store.run_now(redeem, "ana", "tea", "m2", at=NOW + MINUTE)
    store.run_now(undo, "ana", at=NOW + 2 * MINUTE)

    refused(store, "nothing_redeemed", undo, "ana", at=NOW + 2 * MINUTE)

    assert store.read_now(coupons.by_code, first.code).state == "issued"


def test_too_late_or_used_it_stays(store):
    code = store.run_now(redeem, "ana", "tea", "m1").code

    refused(store, "nothing_redeemed", undo, "ana", at=NOW + 11 * MINUTE)
    store.run_now(coupon_use.use, code, "A1", Decimal(80), at=NOW)
    refused(store, "coupon_used", undo, "ana", at=NOW + MINUTE)

    assert sum(count for count, _ in lots(store)) == 700


def test_limits_and_stock_are_told_before_anybody_tries(store):
    store.run_now(redeem, "ana", "tea", "m1")
    store.run_now(redeem, "ana", "tea", "m2")
    store.run_now(redeem, "bo", "tea", "m3")

    told = {
        who: {one.rule: one.refused for one in store.read_now(rewards.rewards, who, VOUCHERS)} for who in ("ana", "bo")
    }

    assert [told["ana"]["tea"], told["bo"]["tea"], told["bo"]["voucher:200"]] == ["gone", "gone", None]
    store.run_now(undo, "bo")
    assert [one.refused for one in store.read_now(rewards.rewards, "ana", VOUCHERS) if one.rule == "tea"] == ["limit"]


def test_a_voucher_whose_worth_has_changed_is_given_as_it_is_now(store):
    store.run_now(redeem, "ana", "voucher:200", "m1")
    now = Vouchers({200: Decimal(3)}, "CNY", 30)
    (reward,) = [one for one in store.read_now(rewards.rewards, "ana", now) if one.rule == "voucher:200"]

    row = store.run_now(rewards.redeem, "ana", reward, now, at=NOW, ids=IDS, message="m2")

    assert (row.value, row.expires_at) == (Decimal(3), NOW + timedelta(days=30))


deeds = st.lists(
    st.tuples(
        st.sampled_from(["voucher:200", "voucher:700", "tea", "undo", "again"]),
        st.sampled_from(["ana", "bo"]),
        st.integers(0, 12),
    ),
    min_size=3,
    max_size=14,
)


@pytest.fixture(scope="module")
def shared(module_store: Store) -> Store:
    begin(module_store)
    return module_store


def test_whatever_is_redeemed_and_undone_no_point_is_lost_or_made(shared):
    def live_through(conn, life):
        now, said = NOW, []
        for number, (deed, who, minutes) in enumerate(life):
            now += minutes * MINUTE
            with suppress(NotAllowed, NotEnoughPoints):
                if deed == "undo":
                    undo(conn, who, now)
                elif deed == "again" and said:
                    redeem(conn, *said[-1], at=now)
                elif deed != "again":
                    said.append((who, deed, f"m{number}"))
                    redeem(conn, *said[-1], at=now)
            hold(conn, now)

    def hold(conn, now):
        for who in ("ana", "bo"):
            standing = [row for row in coupons.of_customer(conn, who) if row.state != "cancelled"]
            paid = sum(coupons.rule_named(conn, row.rule).points for row in standing)
            assert points.balance(conn, who, now) == 1000 - paid >= 0
        tea = coupons.rule_named(conn, "tea")
        assert 0 <= tea.issued <= tea.stock
        assert [*checking.checks()["coupons"](conn), *checking.checks()["points"](conn)] == []

    @settings(max_examples=examples(shared, 60), deadline=None)
    @given(life=deeds)
    def whatever_is_done(life):
        def unit(conn):
            with nothing_kept(conn):
                live_through(conn, life)

        shared.run_now(unit)

    whatever_is_done()


def test_two_who_write_at_once_spend_no_point_twice_and_never_the_last_reward(postgres_url):
    here, there = Store(postgres_url), Store(postgres_url)
    begin(here)
    first = here.run_now(redeem, "ana", "tea", "first")

    def buy(who, rule, message):
        return lambda conn: redeem(conn, who, rule, message).code

    def take_back(who):
        return lambda conn: undo(conn, who)[0].code

    works = [
        buy("ana", "voucher:700", "m1"), buy("ana", "voucher:700", "m2"), buy("bo", "tea", "m3"),
        buy("bo", "tea", "m4"), buy("bo", "tea", "m3"), take_back("ana"), take_back("ana"),
        buy("bo", "voucher:200", "m5"),
    ]  # fmt: skip
    outcomes = meet(*[(here if number % 2 else there, work) for number, work in enumerate(works)])

    assert all(isinstance(one, str | NotAllowed | NotEnoughPoints) for one in outcomes), outcomes
    for who in ("ana", "bo"):
        standing = [row for row in here.read_now(coupons.of_customer, who) if row.state != "cancelled"]
        paid = sum(here.read_now(coupons.rule_named, row.rule).points for row in standing)
        assert here.read_now(points.balance, who, NOW) == 1000 - paid >= 0
        assert len({row.reference for row in standing}) == len(standing)
    assert 0 <= here.read_now(coupons.rule_named, "tea").issued <= 3
    assert first.code
    assert here.read_now(lambda conn: [*checking.checks()["coupons"](conn), *checking.checks()["points"](conn)]) == []
    here.close()
    there.close()
