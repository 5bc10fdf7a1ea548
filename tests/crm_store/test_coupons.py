"""A coupon is used once, none is issued beyond its stock, and points and coupon go together or not at all."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import ClassVar
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_store import checking, coupon_use, coupons, history, ledgers, points
from crm_store.coupons import Offer
from crm_store.errors import NotAllowed, NotEnoughPoints
from crm_store.imports import ImportSettings, apply_rows, apply_shop_event
from crm_store.loyalty import Loyalty
from crm_store.ports import Ulids, VirtualClock
from crm_store.unit_of_work import Store
from tests.crm_store.people import NOW, a_customer, nothing_kept
from tests.servers.databases import examples
from tests.servers.meeting import meet

DAY = timedelta(days=1)
IDS = Ulids(VirtualClock(NOW), Random(7))
TEN_OFF = Offer(
    "ten-off", "amount", Decimal(10), currency="CNY", min_spend=Decimal(50), points=100, per_customer=2, stock=3
)
SPEND = Decimal(80)
NO_RULES = Loyalty(ZoneInfo("Asia/Shanghai"), "CNY")


def begin(store):
    for who in ("ana", "bo"):
        store.run_now(a_customer, who)
        store.run_now(points.earn, who, 500, at=NOW, ids=IDS)
    store.run_now(coupons.define, TEN_OFF)


@pytest.fixture
def store(empty_store: Store) -> Store:
    begin(empty_store)
    return empty_store


def redeem(store, who="ana", reference="r1", at=NOW):
    return store.run_now(coupon_use.redeem, who, "ten-off", at=at, ids=IDS, reference=reference)


def use(store, code, order="A1", spend=SPEND, at=NOW):
    return store.run_now(coupon_use.use, code, order, spend, at=at)


def state(store, code):
    return store.read_now(coupons.by_code, code).state


def told(store, prefix="coupon.", who="ana"):
    return [entry.kind for entry in store.read_now(history.timeline, who) if entry.kind.startswith(prefix)]


def balance(store, who="ana"):
    return store.read_now(points.balance, who, NOW)


def refused(store, code, unit, *args, **more):
    with pytest.raises(NotAllowed) as refusal:
        store.run_now(unit, *args, **more)
    assert refusal.value.code == code


def test_points_buy_a_coupon_once_and_it_is_used_once(store):
    one, again = redeem(store), redeem(store)

    off = [use(store, one.code), use(store, one.code)]

    assert one.code == again.code
    assert (balance(store), off) == (400, [Decimal(10), Decimal(10)])
    assert told(store) == ["coupon.issued", "coupon.used"]
    refused(store, "coupon_used", coupon_use.use, one.code, "A2", SPEND, at=NOW)


def test_who_has_too_few_points_gets_no_coupon_and_loses_no_point(store):
    store.run_now(points.spend, "ana", 450, at=NOW)

    with pytest.raises(NotEnoughPoints):
        redeem(store)

    assert (balance(store), store.read_now(coupons.of_customer, "ana")) == (50, [])


def test_nobody_gets_more_than_one_may_and_none_is_issued_beyond_the_stock(store):
    redeem(store, reference="r1")
    redeem(store, reference="r2")

    refused(store, "coupon_limit", coupon_use.redeem, "ana", "ten-off", at=NOW, ids=IDS, reference="r3")
    redeem(store, "bo", "r4")
    refused(store, "coupon_gone", coupon_use.redeem, "bo", "ten-off", at=NOW, ids=IDS, reference="r5")

    assert (balance(store), balance(store, "bo")) == (300, 400)


def test_a_coupon_that_is_reserved_waits_for_its_order_alone_and_not_for_ever(store):
    code = redeem(store).code
    assert store.run_now(coupon_use.reserve, code, "A1", SPEND, at=NOW) == Decimal(10)

    refused(store, "coupon_reserved", coupon_use.use, code, "A2", SPEND, at=NOW)
    later = NOW + coupon_use.HOLD_FOR
    assert use(store, code, "A2", at=later) == Decimal(10)


def test_an_order_that_was_reserved_for_may_use_its_coupon_though_it_expires_meanwhile(store):
    code = redeem(store).code
    store.run_now(coupon_use.reserve, code, "A1", SPEND, at=NOW + 30 * DAY - timedelta(minutes=1))

    assert use(store, code, at=NOW + 30 * DAY + timedelta(minutes=1)) == Decimal(10)


def test_a_coupon_that_is_let_go_can_be_used_by_another_order(store):
    code = redeem(store).code
    store.run_now(coupon_use.reserve, code, "A1", SPEND, at=NOW)
    store.run_now(coupon_use.release, code, "A2", at=NOW)
    assert state(store, code) == "reserved", "that one had not reserved it"

    store.run_now(coupon_use.release, code, "A1", at=NOW)

    use(store, code, "A2")
    assert told(store) == ["coupon.issued", "coupon.reserved", "coupon.released", "coupon.used"]


def test_an_order_that_is_too_small_uses_none(store):
    code = redeem(store).code

    refused(store, "coupon_min_spend", coupon_use.use, code, "A1", Decimal("49.99"), at=NOW)
    refused(store, "no_coupon", coupon_use.use, "ABCD", "A1", SPEND, at=NOW)


def test_the_coupon_of_an_order_that_is_no_more_comes_back_within_a_time(store):
    code = redeem(store).code
    use(store, code)

    refused(store, "coupon_not_used", coupon_use.undo, code, "A2", at=NOW)
    refused(store, "coupon_undo_late", coupon_use.undo, code, "A1", at=NOW + 8 * DAY)
    store.run_now(coupon_use.undo, code, "A1", at=NOW + 7 * DAY)

    assert use(store, code, "A2") == Decimal(10)


def test_a_coupon_that_is_cancelled_gives_its_points_back_and_its_place(store):
    code = redeem(store).code

    given = [store.run_now(coupon_use.cancel, code, at=NOW, ids=IDS) for _ in range(2)]

    assert (given, balance(store), state(store, code)) == ([100, 0], 500, "cancelled")
    refused(store, "coupon_cancelled", coupon_use.use, code, "A1", SPEND, at=NOW)
    for number in range(2):
        redeem(store, reference=f"again {number}")
    use(store, redeem(store, reference="again 0").code)
    refused(store, "coupon_used", coupon_use.cancel, redeem(store, reference="again 0").code, at=NOW, ids=IDS)


async def test_the_clock_writes_a_coupon_off_at_its_end_and_once(store):
    code = redeem(store).code
    end = NOW + 30 * DAY
    assert store.read_now(ledgers.next_moment, NO_RULES, after=NOW) == end

    for at in (end - DAY, end + 5 * DAY, end + 6 * DAY):
        await ledgers.keep_ledgers(store, at, NO_RULES)

    assert (state(store, code), told(store)) == ("expired", ["coupon.issued", "coupon.expired"])
    assert store.read_now(history.timeline, "ana")[-1].at == end
    refused(store, "coupon_expired", coupon_use.use, code, "A1", SPEND, at=NOW)


def test_a_rule_that_changes_changes_nothing_that_a_customer_holds(store):
    code = redeem(store).code
    store.run_now(coupons.define, Offer("ten-off", "percent", Decimal(5)))

    assert use(store, code, spend=Decimal("60")) == Decimal(10)
    refused(store, "not_for_points", coupon_use.redeem, "ana", "ten-off", at=NOW, ids=IDS, reference="r2")
    other = store.run_now(coupons.issue, "ana", "ten-off", at=NOW, ids=IDS, reference="gift")
    assert use(store, other.code, "A2", Decimal("19.90")) == Decimal("1.00")
    for number in range(2):
        store.run_now(coupons.issue, "bo", "ten-off", at=NOW, ids=IDS, reference=f"gift {number}")
    refused(store, "stock_issued", coupons.define, TEN_OFF)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "percent", "value": Decimal(101)}, {"kind": "amount", "value": Decimal(5)}, {"kind": "product"},
        {"kind": "amount", "value": Decimal(0), "currency": "CNY"},
        {"kind": "percent", "value": Decimal(5), "stock": 0},
    ],
    ids=["more than all", "no currency", "no product", "nothing", "none"],
)  # fmt: skip
def test_a_coupon_that_could_not_be_meant_is_refused(wrong):
    with pytest.raises(ValueError):
        Offer("wrong", **wrong)


@pytest.mark.parametrize(
    ("fault", "what"),
    [
        ("UPDATE coupons SET state = 'used'", "is used, and not by an order at a time"),
        ("UPDATE coupons SET state = 'reserved'", "is reserved, and not for an order until a time"),
        ("UPDATE coupon_rules SET issued = 2", "counts others than were issued"),
        ("UPDATE coupon_rules SET stock = 0", "more were issued than its stock"),
    ],
    ids=["used", "reserved", "counted", "stock"],
)
def test_a_coupon_that_cannot_be_is_found(store, fault, what):
    redeem(store)
    assert store.read_now(lambda conn: list(checking.checks()["coupons"](conn))) == []

    store.run_now(lambda conn: conn.exec_driver_sql(fault))

    assert [find.what for find in store.read_now(lambda conn: list(checking.checks()["coupons"](conn)))] == [what]


DEEDS = ("redeem", "reserve", "release", "use", "undo", "cancel", "clock")
deeds = st.tuples(
    st.sampled_from(DEEDS), st.sampled_from(["ana", "bo"]), st.integers(0, 3), st.sampled_from(["A1", "A2"]),
    st.integers(0, 9),
)  # fmt: skip


@pytest.fixture(scope="module")
def shared(module_store: Store) -> Store:
    begin(module_store)
    return module_store


def test_whatever_is_done_a_coupon_is_used_by_one_order_and_points_are_never_lost(shared):
    def do(conn, codes, step, who, which, order, now):
        if step == "redeem":
            reference = f"{who}-{which}"
            codes.setdefault(reference, None)
            codes[reference] = coupon_use.redeem(conn, who, "ten-off", at=now, ids=IDS, reference=reference).code
            return
        known = [code for code in codes.values() if code]
        if not known:
            return
        code = known[which % len(known)]
        match step:
            case "reserve":
                coupon_use.reserve(conn, code, order, SPEND, at=now)
            case "release":
                coupon_use.release(conn, code, order, at=now)
            case "use":
                coupon_use.use(conn, code, order, SPEND, at=now)
            case "undo":
                coupon_use.undo(conn, code, order, at=now)
            case "cancel":
                coupon_use.cancel(conn, code, at=now, ids=IDS)
            case "clock":
                for one in coupon_use.due(conn, now, most=9):
                    coupon_use.expire(conn, one, now)

    def hold(conn, now, used_by):
        rows = {row.code: row for who in ("ana", "bo") for row in coupons.of_customer(conn, who)}
        standing = [row for row in rows.values() if row.state != "cancelled"]
        assert len(standing) == coupons.rule_named(conn, "ten-off").issued <= 3
        for who in ("ana", "bo"):
            theirs = [row for row in standing if row.customer_id == who]
            assert len(theirs) <= 2
            assert points.balance(conn, who, now) == 500 - 100 * len(theirs)
        for code, order in used_by.items():
            assert (rows[code].state, rows[code].order_no) == ("used", order), "and by no other"
        assert list(checking.checks()["coupons"](conn)) == []

    def live_through(conn, life):
        now, codes, used_by = NOW, {}, {}
        for step, who, which, order, days in life:
            now += days * DAY
            with suppress(NotAllowed):
                do(conn, codes, step, who, which, order, now)
            used_by = {
                row.code: used_by.get(row.code, row.order_no) if step != "undo" else row.order_no
                for who in ("ana", "bo") for row in coupons.of_customer(conn, who) if row.state == "used"
            }  # fmt: skip
            hold(conn, now, used_by)

    @settings(max_examples=examples(shared, 100), deadline=None)
    @given(life=st.lists(deeds, min_size=4, max_size=20))
    def whatever_is_done(life):
        def unit(conn):
            with nothing_kept(conn):
                live_through(conn, life)

        shared.run_now(unit)

    whatever_is_done()


def test_coupons_redeemed_and_used_at_once_are_neither_too_many_nor_used_twice(postgres_url):
    here, there = Store(postgres_url), Store(postgres_url)
    begin(here)
    code = redeem(here, reference="first").code

    def buy(who, number):
        return lambda conn: coupon_use.redeem(conn, who, "ten-off", at=NOW, ids=IDS, reference=f"{who}{number}").code

    def spend(order):
        return lambda conn: coupon_use.use(conn, code, order, SPEND, at=NOW)

    works = [buy("ana", 1), buy("bo", 1), spend("A1"), spend("A2"), buy("ana", 2), buy("bo", 2), buy("bo", 1)]
    outcomes = meet(*[(here if number % 2 else there, work) for number, work in enumerate(works)])

    assert all(isinstance(one, str | Decimal | NotAllowed) for one in outcomes), outcomes
    assert sorted(isinstance(one, NotAllowed) for one in outcomes[2:4]) == [False, True]
    held = [*here.read_now(coupons.of_customer, "ana"), *here.read_now(coupons.of_customer, "bo")]
    assert len(held) == 3
    assert balance(here) + balance(here, "bo") == 1000 - 100 * len(held)
    assert here.read_now(lambda conn: [*checking.checks()["coupons"](conn), *checking.checks()["points"](conn)]) == []
    here.close()
    there.close()


class TestAnOrderThatIsNoMore:
    """Its coupons come back in the transaction that says so, whoever says it."""

    ORDER: ClassVar = {"order_no": "A1", "ordered_at": "2026-11-22T10:00:00+08:00", "sku": "T1", "status": "paid"}
    SETTINGS = ImportSettings(NO_RULES.zone)

    def load(self, store, *rows, at=NOW):
        return store.run_now(apply_rows, "orders", rows, now=at, ids=IDS, settings=self.SETTINGS)

    @pytest.mark.parametrize("status", ["cancelled", "refunded"])
    def test_gives_its_coupon_back_once_and_another_may_use_it(self, store, status):
        self.load(store, self.ORDER)
        code = redeem(store).code
        use(store, code)

        for _ in range(2):
            self.load(store, self.ORDER | {"status": status})

        assert told(store) == ["coupon.issued", "coupon.used", "coupon.returned"]
        refused(store, "order_ended", coupon_use.use, code, "A1", SPEND, at=NOW)
        assert use(store, code, "A2") == Decimal(10)

    def test_does_so_by_the_shops_own_event_too(self, store):
        self.load(store, self.ORDER)
        code = redeem(store).code
        use(store, code)
        event = {"now": NOW, "ids": IDS, "settings": self.SETTINGS}

        for _ in range(2):
            store.run_now(apply_shop_event, "order.refunded", {"order_no": "A1"}, **event)

        assert (state(store, code), told(store)[-1]) == ("issued", "coupon.returned")

    def test_lets_go_what_it_had_reserved(self, store):
        self.load(store, self.ORDER)
        code = redeem(store).code
        store.run_now(coupon_use.reserve, code, "A1", SPEND, at=NOW)

        self.load(store, {"order_no": "A1", "status": "cancelled"})

        assert (state(store, code), told(store)[-1]) == ("issued", "coupon.released")

    def test_keeps_a_coupon_that_was_used_too_long_ago(self, store):
        self.load(store, self.ORDER)
        code = redeem(store).code
        use(store, code)

        self.load(store, {"order_no": "A1", "status": "cancelled"}, at=NOW + 8 * DAY)

        assert state(store, code) == "used"

    def test_is_not_what_a_further_row_says(self, store):
        code = redeem(store).code
        use(store, code)

        self.load(store, self.ORDER, self.ORDER | {"sku": "T2", "status": "cancelled"})

        assert state(store, code) == "used"

    def test_takes_nothing_back_when_the_order_is_not_written(self, store):
        self.load(store, self.ORDER)
        code = redeem(store).code
        use(store, code)

        def stop(conn):
            apply_rows(
                conn, "orders", [{"order_no": "A1", "status": "cancelled"}], now=NOW, ids=IDS, settings=self.SETTINGS
            )
            raise ValueError("the process dies here")

        with pytest.raises(ValueError):
            store.run_now(stop)

        assert state(store, code) == "used"


def test_a_reference_names_one_coupon_of_one_customer(store):
    redeem(store)

    refused(store, "reference_taken", coupons.issue, "bo", "ten-off", at=NOW, ids=IDS, reference="r1")
    refused(store, "reference_taken", coupon_use.redeem, "bo", "ten-off", at=NOW, ids=IDS, reference="r1")
