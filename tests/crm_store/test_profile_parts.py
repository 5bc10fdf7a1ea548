"""Related persons, tags, attributes, zones, consents by channel and the four sides: what each keeps and refuses."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest

from crm_store import (
    attributes,
    catalogue,
    consents,
    customers,
    facets,
    history,
    identities,
    memory,
    orders,
    related,
    tags,
    zones,
)
from crm_store.attributes import Attributes, Unreadable
from crm_store.customers import Birthday
from crm_store.memory import Said
from crm_store.ports import Ulids, VirtualClock
from crm_store.unit_of_work import Store
from tests.crm_store.people import NOW, a_customer

IDS = Ulids(VirtualClock(NOW), Random(7))
BY = "agent:li"
SAID = Said("in-1")
LATER = NOW + timedelta(days=1)


@pytest.fixture
def store(empty_store: Store) -> Store:
    empty_store.run_now(a_customer, "ana")
    return empty_store


def fields(store):
    return [e.data["field"] for e in store.read_now(history.timeline, "ana") if e.kind == "profile.changed"]


def a_child(store, **more):
    return store.run_now(related.add, "ana", "child", SAID, now=NOW, ids=IDS, **more)


def test_a_related_person_has_a_relation_a_name_a_birthday_and_a_note(store):
    moon = Birthday(8, 15, calendar="lunar")

    added = a_child(store, name=" 小米 ", birthday=moon, note="likes drawing")

    assert store.read_now(related.of_customer, "ana") == [added]
    assert added.as_json() == {
        "id": added.id, "relation": "child", "name": "小米", "birthday": moon.as_json(), "note": "likes drawing",
        "source": "in-1",
    }  # fmt: skip
    assert fields(store) == ["related"]


def test_the_same_person_again_is_filled_in_and_not_doubled(store):
    first = a_child(store, name="小米")

    again = a_child(store, name="小米", birthday=Birthday(2, 29))
    a_child(store, name="小米")

    assert again.id == first.id
    assert store.read_now(related.of_customer, "ana") == [again]


@pytest.mark.parametrize(
    ("birthday", "why"),
    [
        (Birthday(2, 30), "no day of the calendar"), (Birthday(2, 29, 2023), "no day of the calendar"),
        (Birthday(5, 1, leap_month=True), "only a lunar month"),
        (Birthday(6, 1, 1991, "lunar", True), "no such leap month"),
        (Birthday(13, 1, calendar="lunar"), "lunar calendar"), (Birthday(5, 1, 1700), "before 1850"),
        (Birthday(5, 1, calendar="maya"), "solar, lunar"),
    ],
)  # fmt: skip
def test_a_birthday_that_is_no_day_is_refused(store, birthday, why):
    with pytest.raises(ValueError, match=why):
        a_child(store, name="小米", birthday=birthday)
    assert store.read_now(related.of_customer, "ana") == []


def test_a_persons_health_needs_leave_and_goes_with_them(store):
    child = a_child(store, name="小米")

    def told():
        return store.run_now(
            related.learn_health, "ana", child.id, "哮喘", SAID, confidence=1, now=NOW, ids=IDS
        )  # fmt: skip

    assert told().outcome == "pending"
    store.run_now(consents.set_consent, "ana", "sensitive", True, now=NOW, evidence="in-2", words="记吧")
    assert told().outcome == "learned"
    assert [(one.about, one.value) for one in store.read_now(memory.known, "ana", NOW)] == [(child.id, "哮喘")]
    assert store.run_now(related.remove, "ana", child.id, SAID, now=LATER)
    assert not store.run_now(related.remove, "ana", child.id, SAID, now=LATER)
    assert store.read_now(memory.known, "ana", NOW) == []
    with pytest.raises(LookupError):
        told()


def test_a_tag_is_kept_once_and_found_by(store):
    assert store.run_now(tags.add, "ana", " big  spender ", now=NOW, by=BY)
    assert not store.run_now(tags.add, "ana", "big spender", now=NOW, by=BY)

    assert store.read_now(tags.of_customer, "ana") == ["big spender"]
    assert store.read_now(tags.bearing, "big spender") == ["ana"]
    assert store.run_now(tags.remove, "ana", "big spender", now=NOW, by=BY)
    assert not store.run_now(tags.remove, "ana", "big spender", now=NOW, by=BY)
    assert fields(store) == ["tags", "tags"]


@pytest.mark.parametrize("tag", ["", "  ", "a,b", "a，b", "x" * 41, "a\x00b"])
def test_a_tag_that_is_none_is_refused(store, tag):
    with pytest.raises(ValueError, match="no comma"):
        store.run_now(tags.add, "ana", tag, now=NOW, by=BY)


def test_attributes_are_read_as_what_they_are():
    kept = Attributes({"n": "1,200", "d": "2026-01-05", "y": "是", "f": False, "x": "12.5", "empty": ""})

    assert (kept.whole("n"), kept.decimal("x"), kept.day("d")) == (1200, Decimal("12.5"), date(2026, 1, 5))
    assert (kept.flag("y"), kept.flag("f"), kept.text("none"), kept.whole("empty")) == (True, False, None, None)
    for read, name in ((kept.whole, "x"), (kept.decimal, "d"), (kept.day, "n"), (kept.flag, "x"), (kept.whole, "f")):
        with pytest.raises(Unreadable, match=f'attribute "{name}" is n'):
            read(name)


def test_an_attribute_is_put_changed_and_dropped(store):
    def put(value):
        return store.run_now(attributes.put, "ana", "rooms", value, now=NOW, by=BY)

    assert [put(3), put(3), put(Decimal("3.5")), put(True), put(date(2026, 1, 5)), put(None), put(None)] == [
        True, False, True, True, True, True, False,
    ]  # fmt: skip
    assert store.read_now(customers.by_id, "ana").attributes is None
    with pytest.raises(ValueError, match="1 to 60"):
        store.run_now(attributes.put, "ana", " ", 1, now=NOW, by=BY)


def test_a_phone_tells_the_zone_where_its_country_has_one_time():
    told = {
        phone: zones.of_phone(phone)
        for phone in ("+8613800138000", "+12125550123", "+61412345678", "+447911123456", "nonsense", None)
    }

    assert told == {
        "+8613800138000": "Asia/Shanghai", "+12125550123": "America/New_York", "+61412345678": None,
        "+447911123456": "Europe/London", "nonsense": None, None: None,
    }  # fmt: skip


def test_the_customers_own_word_stands_above_list_and_phone(store):
    def stands():
        row = store.read_now(customers.by_id, "ana")
        return zones.of_row(row), store.read_now(zones.source_of, row)

    assert stands() == (None, None)
    store.run_now(customers.change, "ana", phone="+8613800138000")
    assert stands() == ("Asia/Shanghai", "phone")
    store.run_now(customers.change, "ana", timezone="Europe/Paris")
    assert stands() == ("Europe/Paris", "import")

    assert store.run_now(zones.say, "ana", "Asia/Tokyo", Said("in-7"), now=LATER)

    assert stands() == ("Asia/Tokyo", "said")
    kept = [(word.zone, word.source, word.evidence) for word in store.read_now(zones.evidence, "ana")]
    assert kept == [("Europe/Paris", "import", "import"), ("Asia/Tokyo", "said", "in-7")]
    assert not store.run_now(zones.say, "ana", "Asia/Tokyo", Said("in-8"), now=LATER)
    with pytest.raises(ValueError, match="no time zone 'Mars'"):
        store.run_now(zones.say, "ana", "Mars", SAID, now=LATER)


def say(store, value, now=NOW, **more):
    return store.run_now(consents.set_consent, "ana", "marketing", value, now=now, evidence="in-1", **more)


def hears(store, *channels):
    found = store.read_now(consents.on_channels, "ana", channels)
    return [found[channel]["marketing"] for channel in channels]


def test_a_no_for_one_channel_narrows_a_yes_for_all(store):
    say(store, True)
    say(store, False, only_on="wechat")

    assert hears(store, "telegram", "wechat") == [True, False]
    assert store.read_now(consents.of_customer, "ana")["marketing"] is True


def test_a_yes_for_all_said_elsewhere_does_not_lift_it_and_one_said_there_does(store):
    say(store, False, only_on="wechat")
    say(store, True, LATER, channel="telegram")
    assert hears(store, "telegram", "wechat") == [True, False]

    say(store, True, LATER, channel="wechat")

    assert hears(store, "telegram", "wechat") == [True, True]


def test_a_no_for_all_stops_every_channel(store):
    say(store, True, only_on="wechat")
    assert hears(store, "telegram", "wechat") == [False, True]

    say(store, False, LATER)

    assert hears(store, "telegram", "wechat") == [False, False]


def test_every_word_is_kept_with_its_proof(store):
    say(store, True, channel="telegram", words="yes please")
    say(store, False, LATER, only_on="wechat", by=BY)

    kept = store.read_now(consents.proofs, "ana")

    assert [(one["value"], one["channel"], one["said_on"], one["words"], one["by"], one["at"]) for one in kept] == [
        (True, None, "telegram", "yes please", "customer", NOW.isoformat()),
        (False, "wechat", None, None, BY, LATER.isoformat()),
    ]
    with pytest.raises(ValueError, match="no purpose 'spam'"):
        store.run_now(consents.set_consent, "ana", "spam", True, now=NOW, evidence="in-1")


def an_order(conn, number, status, at, *lines):
    orders.add(conn, order_no=number, customer_id="ana", status=status, ordered_at=at)
    for line, (sku, quantity, price) in enumerate(lines, 1):
        orders.put_line(
            conn, order_no=number, line=line, sku=sku, quantity=quantity, unit_price=Decimal(price), currency="CNY"
        )


def test_every_value_of_the_four_sides_names_where_it_comes_from(store):
    def live(conn):
        catalogue.add(conn, sku="T1", name_zh="龙井", category="tea")
        catalogue.add(conn, sku="C1", name_zh="杯子", category="cups")
        an_order(conn, "A1", "delivered", NOW - timedelta(days=20), ("T1", 2, "100.00"))
        an_order(conn, "A2", "paid", NOW - timedelta(days=10), ("T1", 1, "100.00"), ("C1", 1, "59.50"))
        an_order(conn, "A3", "cancelled", NOW, ("C1", 9, "59.50"))
        memory.learn(conn, "ana", "likes", "绿茶", Said("in-7"), confidence=0.9, now=NOW, ids=IDS)
        history.record(
            conn, at=NOW, kind="message.in", by="customer", customer_id="ana", channel="telegram", ref="in-7"
        )
        identities.add(conn, id="i-2", channel="wechat", user_id="ana-w", customer_id="ana", now=NOW)

    store.run_now(live)

    sides = store.read_now(lambda conn: facets.of_customer(conn, "ana", now=NOW))

    def told(side):
        return {(one["name"], one["value"]): one["sources"] for one in sides[side]}

    assert told("preference") == {
        ("likes", "绿茶"): ["in-7"], ("buys", "tea"): ["order:A2", "order:A1"], ("buys", "cups"): ["order:A2"]
    }  # fmt: skip
    assert told("behaviour") == {
        ("orders", 2): ["order:A2", "order:A1"], ("last_order_at", NOW.isoformat()): ["order:A3"],
        ("days_between_orders", 10.0): ["order:A2", "order:A1"], ("cancelled", 1): ["order:A3"],
    }  # fmt: skip
    assert told("channels") == {("telegram", 1): ["in-7"], ("wechat", 0): []}
    assert told("value") == {
        ("spent", "359.50"): ["order:A2", "order:A1"], ("average_order", "179.75"): ["order:A2", "order:A1"]
    }  # fmt: skip
