"""What a customer agreed to hear: service unless stopped, the rest only by their word, and each change is told."""

import pytest

from crm_store import consents, history
from crm_store.unit_of_work import Store
from tests.crm_store.people import NOW, a_customer


@pytest.fixture
def store(empty_store: Store) -> Store:
    empty_store.run_now(a_customer, "ana")
    return empty_store


def say(store, purpose, value, evidence="in-1"):
    return store.run_now(consents.set_consent, "ana", purpose, value, now=NOW, evidence=evidence)


def told(store):
    entries = store.read_now(history.timeline, "ana")
    return [(entry.data["purpose"], entry.data["value"]) for entry in entries if entry.kind == "consent.changed"]


def test_who_said_nothing_hears_of_service_alone(store):
    assert store.read_now(consents.of_customer, "ana") == {"service": True, "care": False, "marketing": False}


def test_an_opt_in_and_an_opt_out_change_care_and_marketing_together(store):
    store.run_now(consents.set_marketing, "ana", True, now=NOW, evidence="in-1")
    assert store.read_now(consents.of_customer, "ana") == {"service": True, "care": True, "marketing": True}

    store.run_now(consents.set_marketing, "ana", False, now=NOW, evidence="in-2")
    assert store.read_now(consents.of_customer, "ana") == {"service": True, "care": False, "marketing": False}
    assert told(store) == [("care", True), ("marketing", True), ("care", False), ("marketing", False)]


def test_the_same_word_again_changes_nothing_and_is_not_told(store):
    assert say(store, "care", True)

    assert not say(store, "care", True, "in-2")

    assert told(store) == [("care", True)]


def test_all_can_be_stopped(store):
    say(store, "service", False)

    assert store.read_now(consents.of_customer, "ana")["service"] is False
