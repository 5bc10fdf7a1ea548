"""Joining and leaving: told once, nothing taken that was not said, and every step counted once a customer."""

from datetime import timedelta
from random import Random
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest

from crm_store import checking, consents, customers, funnels, history, membership, points, tiers
from crm_store.customers import Birthday
from crm_store.membership import Enrolment
from crm_store.memory import Said
from crm_store.ports import Ulids, VirtualClock
from crm_store.tiers import TierRules
from crm_store.unit_of_work import Store
from tests.crm_store.people import NOW, a_customer
from tests.flows.talks import DESK
from tests.servers.meeting import meet

IDS = Ulids(VirtualClock(NOW), Random(7))
SAID = Said("in-1")
ALL = Enrolment("+8613700001111", Birthday(8, 15, 1990, "lunar"), MappingProxyType({"care": True, "marketing": False}))


@pytest.fixture
def store(empty_store: Store) -> Store:
    for who in ("ana", "bo"):
        empty_store.run_now(a_customer, who)
        empty_store.run_now(points.earn, who, 500, at=NOW, ids=IDS)
    return empty_store


def join(store, who="ana", told=ALL):
    return store.run_now(membership.join, who, told, SAID, now=NOW)


def leave(store, who="ana", *, forfeits=False):
    return store.run_now(membership.leave, who, SAID, forfeits=forfeits, desk=DESK, now=NOW)


def row(store, who="ana"):
    return store.read_now(customers.by_id, who)


def told(store, *kinds, who="ana"):
    return [entry.kind for entry in store.read_now(history.timeline, who) if entry.kind in kinds]


def test_whoever_joins_is_a_member_with_what_they_told_and_joining_again_changes_nothing(store):
    assert (join(store), join(store)) == (True, False)

    now = row(store)
    assert (now.member, customers.birthday_of(now)) == (True, Birthday(8, 15, 1990, "lunar"))
    assert store.read_now(consents.of_customer, "ana") == {"service": True, "care": True, "marketing": False}
    kinds = ("member.joined", "profile.changed", "consent.changed")
    assert told(store, *kinds) == ["member.joined", *["profile.changed"] * 2, *["consent.changed"] * 2]


def test_a_typed_phone_is_noted_and_finds_nobody(store):
    join(store)

    assert customers.is_unproved(row(store), "+8613700001111")
    assert store.read_now(customers.by_phone, "+8613700001111") is None


def test_who_was_born_on_29_february_joins_with_their_own_rule(store):
    join(store, told=Enrolment(birthday=Birthday(2, 29), feb29="mar1"))

    assert store.read_now(customers.by_id, "ana").feb29 == "mar1"


def test_a_birthday_that_is_none_lets_nobody_join(store):
    with pytest.raises(ValueError, match="no day of the calendar"):
        join(store, told=Enrolment(birthday=Birthday(2, 30)))

    assert not row(store).member


def test_two_who_join_at_once_join_once(postgres_url):
    here, there = Store(postgres_url), Store(postgres_url)
    here.run_now(a_customer, "ana")

    outcomes = meet(*[(one, lambda conn: membership.join(conn, "ana", ALL, SAID, now=NOW)) for one in (here, there)])

    assert sorted(outcomes) == [False, True]
    assert told(here, "member.joined") == ["member.joined"]
    here.close()
    there.close()


@pytest.mark.parametrize(("forfeits", "left"), [(False, 500), (True, 0)])
def test_points_of_who_leaves_wait_or_are_gone_and_consent_stays(store, forfeits, left):
    join(store)

    gone = leave(store, forfeits=forfeits)

    assert gone.forfeited == 500 - left
    assert store.read_now(points.balance, "ana", NOW) == left
    assert store.read_now(consents.of_customer, "ana")["care"]
    assert store.read_now(membership.has_left, "ana")
    assert leave(store) is None, "they are no member any more"
    assert store.read_now(lambda conn: list(checking.checks()["points"](conn))) == []


def test_a_tier_ends_with_the_membership_and_orders_do_not_bring_it_back(store):
    rules = TierRules({"silver": 0}, ZoneInfo("Asia/Shanghai"), "CNY")
    join(store)
    store.run_now(tiers.settle, "ana", rules, now=NOW, desk=None)
    had = row(store).tier

    leave(store)
    store.run_now(tiers.settle, "ana", rules, now=NOW, desk=None)

    assert (had, row(store).tier) == ("silver", None)
    join(store)
    store.run_now(tiers.settle, "ana", rules, now=NOW, desk=None)
    assert row(store).tier == "silver"


def test_each_customer_counts_once_a_step(store):
    for who, step in (("ana", "begun"), ("ana", "phone"), ("ana", "begun"), ("bo", "begun")):
        store.run_now(funnels.reach, who, membership.FUNNEL, step, now=NOW)
    join(store)

    found = store.read_now(
        funnels.reached, membership.FUNNEL, membership.STEPS, since=NOW, until=NOW + timedelta(days=1)
    )
    later = store.read_now(
        funnels.reached, membership.FUNNEL, membership.STEPS, since=NOW + timedelta(days=1), until=NOW + timedelta(2)
    )

    assert [(one.step, one.customers, one.share) for one in found] == [
        ("begun", 2, 1.0), ("phone", 1, 0.5), ("birthday", 0, 0.0), ("consent", 0, 0.0), ("confirm", 0, 0.0),
        ("joined", 1, 0.5),
    ]  # fmt: skip
    assert {one.customers for one in later} == {0}
