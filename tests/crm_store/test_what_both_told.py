"""What both of two merged customers told the same of: shown once while they are one, and each one's own after."""

from datetime import timedelta
from random import Random

import pytest

from crm_store import customers, identities, related, tags, zones
from crm_store.memory import Said
from crm_store.merging import merge
from crm_store.origins import bringing
from crm_store.ports import Ulids, VirtualClock
from crm_store.unit_of_work import Store
from crm_store.unmerging import unmerge
from tests.crm_store.people import NOW, a_customer

IDS = Ulids(VirtualClock(NOW), Random(7))
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def couple(empty_store: Store) -> Store:
    empty_store.run_now(a_customer, "ana")
    empty_store.run_now(a_customer, "bob")
    return empty_store


def joined(store):
    return store.run_now(merge, "bob", "ana", evidence="agent", by="agent:li", now=NOW)


def parted(store, number):
    store.run_now(unmerge, number, by="agent:li", now=LATER, ids=IDS)


def brought(store, who, unit, *args, **kwargs):
    """Do something as a turn of this user's would."""

    def turn(conn):
        way = identities.find(conn, "telegram", who)
        with bringing(way.side):
            return unit(conn, way.customer_id, *args, **kwargs)

    return store.run_now(turn)


def a_child(store, who, name, note=None):
    return brought(store, who, related.add, "child", Said(f"in-{who}"), now=NOW, ids=IDS, name=name, note=note)


def around(store, who):
    return [(one.name, one.note) for one in store.read_now(related.of_customer, who)]


def test_a_child_of_whom_both_have_told_is_one_child_while_they_are_one(couple):
    a_child(couple, "ana", "小明")
    number = joined(couple)
    a_child(couple, "bob", "小明", "likes tea")
    assert around(couple, "ana") == [("小明", "likes tea")]

    parted(couple, number)

    assert (around(couple, "ana"), around(couple, "bob")) == ([("小明", None)], [("小明", "likes tea")])


def test_whom_a_colleague_forgets_is_forgotten_whoever_has_told_of_them(couple):
    ours = a_child(couple, "ana", "小明")
    number = joined(couple)
    a_child(couple, "bob", "小明", "likes tea")

    assert couple.run_now(related.remove, "ana", ours.id, Said("agent:li", by="agent:li"), now=LATER)

    assert around(couple, "ana") == []
    parted(couple, number)
    assert around(couple, "bob") == []


def test_one_side_forgets_only_whom_it_has_told_of(couple):
    ours = a_child(couple, "ana", "小明")
    joined(couple)

    assert not brought(couple, "bob", related.remove, ours.id, Said("in-2"), now=LATER)
    assert around(couple, "ana") == [("小明", None)]


def test_a_tag_taken_off_both_is_the_others_again_after_an_unmerge(couple):
    for who in ("ana", "bob"):
        brought(couple, who, tags.add, "vip", now=NOW, by="agent:li")
    number = joined(couple)
    assert couple.read_now(tags.of_customer, "ana") == ["vip"]

    assert couple.run_now(tags.remove, "ana", "vip", now=LATER, by="agent:li")
    assert couple.read_now(tags.of_customer, "ana") == []
    parted(couple, number)

    assert (couple.read_now(tags.of_customer, "ana"), couple.read_now(tags.of_customer, "bob")) == ([], ["vip"])


def test_the_last_word_on_where_they_live_counts_though_it_repeats_an_older_one_of_their_own(couple):
    brought(couple, "bob", zones.say, "Asia/Tokyo", Said("in-1"), now=NOW)
    number = joined(couple)
    brought(couple, "ana", zones.say, "Europe/Paris", Said("in-2"), now=NOW)

    assert brought(couple, "bob", zones.say, "Asia/Tokyo", Said("in-3"), now=LATER)

    assert couple.read_now(customers.by_id, "ana").timezone == "Asia/Tokyo"
    parted(couple, number)
    theirs = {who: couple.read_now(customers.by_id, who).timezone for who in ("ana", "bob")}
    assert theirs == {"ana": "Europe/Paris", "bob": "Asia/Tokyo"}
