"""Stages of customers and of opportunities: only steps that there are, each with who, when and why."""

from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_store import customers, history, opportunities, stages
from crm_store.errors import NotAllowed
from crm_store.ports import Ulids, VirtualClock
from crm_store.unit_of_work import Store
from tests.crm_store.people import NOW, a_customer, nothing_kept
from tests.servers.databases import examples

IDS = Ulids(VirtualClock(NOW), Random(7))
BY = "agent:li"


@pytest.fixture
def store(empty_store: Store) -> Store:
    empty_store.run_now(a_customer, "ana")
    return empty_store


def go(store, to, why="so"):
    return store.run_now(stages.move, "ana", to, why=why, now=NOW, by=BY)


def a_sofa(store, **more):
    return store.run_now(
        opportunities.open_one, "ana", " A  sofa ", Decimal("4999.90"), "cny", now=NOW, by=BY, ids=IDS, **more
    )


def move(store, key, to, **more):
    return store.run_now(opportunities.move, "ana", key, to, now=NOW + timedelta(days=1), by=BY, **more)


def told(store, kind):
    return [(entry.by, entry.data) for entry in store.read_now(history.timeline, "ana") if entry.kind == kind]


def test_a_step_is_recorded_with_who_and_why(store):
    assert go(store, "new", "first order A1")

    assert store.read_now(customers.by_id, "ana").stage == "new"
    assert told(store, "profile.changed") == [
        (BY, {"field": "stage", "from": None, "to": "new", "why": "first order A1"})
    ]


def test_a_jump_is_refused_with_the_steps_that_there_are_and_nothing_changes(store):
    go(store, "dormant")

    with pytest.raises(NotAllowed, match="from dormant to loyal; from there to won_back, lost"):
        go(store, "loyal")
    assert store.read_now(customers.by_id, "ana").stage == "dormant"
    assert len(told(store, "profile.changed")) == 1


def test_the_same_stage_again_is_no_step(store):
    go(store, "new")

    assert not go(store, "new")
    assert len(told(store, "profile.changed")) == 1


def test_an_opportunity_has_a_stage_a_value_and_a_probability(store):
    sofa = a_sofa(store)

    offered = move(store, move(store, sofa.id, "qualified").id, "offered", probability=60, why="asked for a quote")

    assert (sofa.title, sofa.stage, sofa.value, sofa.currency, sofa.probability) == (
        "A sofa", "new", Decimal("4999.90"), "CNY", 10,
    )  # fmt: skip
    assert (offered.stage, offered.probability, offered.weighted) == ("offered", 60, Decimal("2999.940"))
    assert store.read_now(opportunities.of_customer, "ana") == [offered]
    assert [data["why"] for _, data in told(store, "opportunity.moved")] == [None, "asked for a quote"]


def test_an_illegal_jump_of_an_opportunity_is_refused(store):
    sofa = a_sofa(store)

    with pytest.raises(NotAllowed, match="from new to won; from there to qualified, lost"):
        move(store, sofa.id, "won")
    assert store.read_now(opportunities.of_customer, "ana") == [sofa]


def test_what_was_won_is_closed_for_ever_and_certain(store):
    key = a_sofa(store).id
    for to in ("qualified", "offered"):
        move(store, key, to)

    won = move(store, key, "won", probability=3)

    assert (won.probability, won.closed_at) == (100, NOW + timedelta(days=1))
    with pytest.raises(NotAllowed, match="from won to lost; from there to nowhere"):
        move(store, key, "lost")


@pytest.mark.parametrize(
    ("wrong", "so"),
    [
        (("  ", Decimal(1), "CNY", None), "1 to 120 characters"),
        (("sofa", Decimal(-1), "CNY", None), "worth 0 or more"),
        (("sofa", Decimal("NaN"), "CNY", None), "worth 0 or more"),
        (("sofa", Decimal(1), "yuan", None), "three letters"),
        (("sofa", Decimal(1), "CNY", 101), "0 to 100"),
    ],
)
def test_an_opportunity_that_cannot_be_one_is_refused_with_the_mend(store, wrong, so):
    *given, probability = wrong

    with pytest.raises(ValueError, match=so):
        store.run_now(opportunities.open_one, "ana", *given, now=NOW, by=BY, ids=IDS, probability=probability)


def test_another_customers_opportunity_is_none(store):
    sofa = a_sofa(store)
    store.run_now(a_customer, "bo")

    with pytest.raises(LookupError):
        store.run_now(opportunities.move, "bo", sofa.id, "lost", now=NOW, by=BY)


def attempt(conn, key, to):
    for step in (
        lambda: stages.move(conn, "ana", to, why=None, now=NOW, by=BY),
        lambda: opportunities.move(conn, "ana", key, to, now=NOW, by=BY),
    ):
        try:
            step()
        except NotAllowed:
            continue


def walked(conn):
    """Follow the recorded steps, each of which is one that there is; return where they lead."""
    stage, deal = None, "new"
    for entry in history.timeline(conn, "ana"):
        if entry.kind == "profile.changed":
            assert entry.data["from"] == stage
            assert entry.data["to"] in stages.STEPS[stage]
            stage = entry.data["to"]
        elif entry.kind == "opportunity.moved":
            assert entry.data["from"] == deal
            assert entry.data["stage"] in opportunities.STEPS[deal]
            deal = entry.data["stage"]
    return stage, deal


def test_whatever_is_tried_only_allowed_steps_happen(store):
    @settings(max_examples=examples(store, 60), deadline=None)
    @given(tries=st.lists(st.sampled_from([*stages.STAGES, *opportunities.STAGES, "nonsense"]), max_size=25))
    def whatever_is_tried(tries):
        def unit(conn):
            with nothing_kept(conn):
                deal = opportunities.open_one(conn, "ana", "x", Decimal(1), "CNY", now=NOW, by=BY, ids=IDS)
                for to in tries:
                    attempt(conn, deal.id, to)
                stands = customers.by_id(conn, "ana").stage, opportunities.of_customer(conn, "ana")[0].stage
                assert walked(conn) == stands

        store.run_now(unit)

    whatever_is_tried()
