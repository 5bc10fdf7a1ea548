"""The number of a customer who was merged goes on working, and what it brings is theirs again once they part."""

from decimal import Decimal

import pytest

from crm_store import checking, coupons, customers, identities, points
from crm_store.coupons import Offer
from crm_store.imports import ImportSettings, holding
from crm_store.loyalty import Earning, Loyalty
from crm_store.merging import merge
from crm_store.orders import orders
from crm_store.tiers import TierRules
from crm_store.unmerging import unmerge
from tests.crm_store.importing import NOW, SETTINGS, Shop
from tests.crm_store.people import a_customer

ORDER = {
    "order_no": "B1", "customer_id": "C002", "ordered_at": "2026-11-01T10:00:00+08:00", "status": "paid", "sku": "tea",
    "quantity": "1", "unit_price": "9",
}  # fmt: skip
EARNS = ImportSettings(
    SETTINGS.zone,
    loyalty=Loyalty(SETTINGS.zone, "CNY", Earning(Decimal(1)), TierRules({}, SETTINGS.zone, "CNY")),
)


@pytest.fixture
def couple(shop: Shop) -> Shop:
    shop.write(a_customer, "ana", number="C001", name="Ana", city="上海", attributes={"size": "M"})
    shop.write(a_customer, "bob", number="C002", name="Bob", city="上海", attributes={"size": "L"})
    return shop


def joined(shop, absorbed="bob", survivor="ana"):
    return shop.write(merge, absorbed, survivor, evidence="agent", by="agent:li", now=NOW)


def parted(shop, number):
    shop.write(unmerge, number, by="agent:li", now=NOW, ids=shop.ids)
    assert shop.store.read_now(faults) == []


def faults(conn):
    looks = checking.checks()
    return [find for name, look in looks.items() if name not in ("form", "file") for find in look(conn)]


def whose(shop):
    return {row.order_no: row.customer_id for row in shop.rows(orders)}


def test_an_order_of_who_was_merged_is_taken_and_theirs_again_after_the_unmerge(couple):
    number = joined(couple)

    assert couple.load("orders", ORDER, settings=EARNS) == ["added"]

    assert whose(couple) == {"B1": "ana"}
    parted(couple, number)
    assert whose(couple) == {"B1": "bob"}
    assert couple.show("C002")["points"] == 9
    assert couple.show("C001")["points"] == 0
    assert "order.paid" in couple.kinds("C002")
    assert "order.paid" not in couple.kinds("C001")


@pytest.mark.parametrize("named", [{}, {"customer_id": "C002"}], ids=["by its number alone", "with its customer"])
def test_a_step_of_an_order_from_before_the_merge_is_its_own_customers(couple, named):
    couple.load("orders", ORDER)
    number = joined(couple)

    shipped = {"order_no": "B1", "status": "shipped", "shipped_at": "2026-11-02"} | named
    assert couple.load("orders", shipped) == ["changed"]
    assert couple.hears("order.delivered", {"order_no": "B1"} | named) == "changed"

    parted(couple, number)
    steps = ["order.created", "order.paid", "order.shipped", "order.delivered"]
    assert sorted(kind for kind in couple.kinds("C002") if kind.startswith("order.")) == sorted(steps)
    assert not [kind for kind in couple.kinds("C001") if kind.startswith("order.")]


def test_an_order_that_the_list_gives_to_the_other_of_the_two_is_the_others(couple):
    couple.load("orders", ORDER)
    number = joined(couple)

    assert couple.load("orders", ORDER | {"customer_id": "C001"}) == ["changed"]
    assert couple.load("orders", ORDER | {"customer_id": "C001"}) == ["unchanged"]

    parted(couple, number)
    assert whose(couple) == {"B1": "ana"}
    assert "order.paid" in couple.kinds("C001")


def test_points_and_coupons_of_who_was_merged_are_taken_and_theirs_again(couple):
    couple.write(coupons.define, Offer("tea", "percent", Decimal(5)))
    number = joined(couple)

    assert couple.load("points", {"customer_id": "C002", "points": "50", "reference": "r1"}) == ["added"]
    assert couple.load("coupons", {"customer_id": "C002", "coupon": "tea", "reference": "k1"}) == ["added"]
    assert couple.load("points", {"customer_id": "C002", "points": "50", "reference": "r1"}) == ["unchanged"]

    parted(couple, number)
    balances = {who: couple.store.read_now(points.balance, who, NOW) for who in ("ana", "bob")}
    assert balances == {"ana": 0, "bob": 50}
    held = {who: len(couple.store.read_now(coupons.of_customer, who)) for who in ("ana", "bob")}
    assert held == {"ana": 0, "bob": 1}


def test_a_number_is_followed_through_a_merge_within_a_merge(couple):
    couple.write(a_customer, "cat", number="C003")
    first, second = joined(couple), joined(couple, "ana", "cat")

    assert couple.load("orders", ORDER) == ["added"]

    parted(couple, second)
    assert whose(couple) == {"B1": "ana"}
    parted(couple, first)
    assert whose(couple) == {"B1": "bob"}


def test_what_a_list_says_of_who_was_merged_is_theirs_alone_after_the_unmerge(couple):
    number = joined(couple)
    row = {"customer_id": "C002", "name": "Bobby", "size": "XL", "channel": "telegram", "channel_user_id": "bob2"}

    assert couple.load("customers", row) == ["changed"]
    assert couple.load("customers", row) == ["unchanged"]

    parted(couple, number)
    rows = {who: couple.store.read_now(customers.by_id, who) for who in ("ana", "bob")}
    assert {who: (row.name, row.attributes) for who, row in rows.items()} == {
        "ana": ("Ana", {"size": "M"}), "bob": ("Bobby", {"size": "XL"}),
    }  # fmt: skip
    way = couple.store.read_now(identities.find, "telegram", "bob2")
    assert way.customer_id == "bob"


def test_a_list_that_says_of_both_what_it_always_said_changes_neither(couple):
    joined(couple)

    lists = [{"customer_id": "C001", "name": "Ana"}, {"customer_id": "C002", "name": "Bob"}]
    assert couple.load("customers", *lists) == ["unchanged", "unchanged"]

    assert couple.store.read_now(customers.by_id, "ana").name == "Ana"


def test_an_import_holds_whom_a_merged_number_names_in_one_statement(here):
    here.run_now(a_customer, "ana", number="C001")
    here.run_now(a_customer, "bob", number="C002")
    here.run_now(merge, "bob", "ana", evidence="agent", by="agent:li", now=NOW)
    named = {"customers": ["C002"], "phones": [], "ways": [], "orders": []}

    def held(conn):
        return list(conn.execute(holding._HOLD, named).scalars()), conn.execute(holding._KNOWN, named).scalar_one()

    assert here.run_now(held) == (["ana"], 1)
