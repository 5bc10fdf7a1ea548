"""What customers change in their own profile: written down, recorded, and proving nothing by itself."""

from datetime import UTC, datetime

import pytest

from crm_store import customers, history, identities, linking, profile
from crm_store.customers import Birthday
from crm_store.memory import Said
from crm_store.unit_of_work import Store

NOW = datetime(2026, 1, 5, 1, tzinfo=UTC)
SAID = Said("in-1")
NEW = "+8613900002222"


@pytest.fixture
def store(empty_store: Store) -> Store:
    return empty_store


@pytest.fixture
def wang(store: Store) -> str:
    store.run_now(customers.add, id="wang", created_at=NOW, name="王芳", phone="+8613800001234")
    return "wang"


def row(store: Store, key: str):
    return store.read_now(customers.by_id, key)


def changes(store: Store) -> list[str]:
    return [one.data["field"] for one in store.read_now(history.timeline, "wang") if one.kind == "profile.changed"]


@pytest.mark.parametrize(
    ("field", "value"), [("name", "王小芳"), ("email", "w@example.com"), ("city", "杭州"), ("address", "文三路18号")]
)
def test_a_change_is_kept_and_recorded_once(store, wang, field, value):
    assert store.run_now(profile.change, wang, field, value, SAID, now=NOW)
    assert not store.run_now(profile.change, wang, field, value, SAID, now=NOW)

    kept = row(store, wang)
    assert (kept.attributes or {}).get("address", getattr(kept, field, None)) == value
    assert changes(store) == [field]


def test_a_birthday_of_29_february_is_kept_by_the_rule_that_its_owner_gave(store, wang):
    def told(rule):
        return store.run_now(profile.change_birthday, wang, Birthday(2, 29, 1992), SAID, now=NOW, feb29=rule)

    assert [told(None), told("mar1"), told("mar1"), told(None), told("feb28")] == [True, True, False, False, True]
    assert row(store, wang).feb29 == "feb28"


def test_a_birthday_has_to_be_a_day(store, wang):
    assert store.run_now(profile.change_birthday, wang, Birthday(8, 15, None, "lunar"), SAID, now=NOW)
    with pytest.raises(ValueError, match="no day"):
        store.run_now(profile.change_birthday, wang, Birthday(2, 31), SAID, now=NOW)

    assert customers.birthday_of(row(store, wang)) == Birthday(8, 15, None, "lunar")
    assert changes(store) == ["birthday"]


def test_who_has_the_phone_that_somebody_only_typed_is_not_them(store, wang):
    store.run_now(profile.change, wang, "phone", NEW, SAID, now=NOW)
    stranger = an_identity(store, "stranger")

    linked = store.run_now(linking.link_phone, stranger, NEW, now=NOW)

    assert linked == "stranger"
    assert row(store, wang).phone == NEW


def test_their_own_platforms_word_proves_the_phone(store, wang):
    store.run_now(profile.change, wang, "phone", NEW, SAID, now=NOW)
    own = an_identity(store, "own", customer=wang)

    assert store.run_now(linking.link_phone, own, NEW, now=NOW) == wang

    assert not customers.is_unproved(row(store, wang), NEW)
    assert store.run_now(linking.link_phone, an_identity(store, "second"), NEW, now=NOW) == wang


def test_who_types_somebody_elses_number_does_not_get_between_them_and_it(store, wang):
    typed = an_identity(store, "stranger")
    store.run_now(profile.change, "stranger", "phone", "+8613800001234", SAID, now=NOW)

    brought = store.run_now(linking.link_phone, an_identity(store, "second"), "+8613800001234", now=NOW)
    joined = store.run_now(linking.link_phone, typed, "+8613800001234", now=NOW)

    assert (brought, joined) == (wang, wang)
    assert not customers.is_unproved(row(store, wang), "+8613800001234")
    assert store.read_now(customers.by_phone, "+8613800001234") == wang


def test_what_is_no_part_of_a_profile_is_refused(store, wang):
    with pytest.raises(ValueError, match="no 'tier'"):
        store.run_now(profile.change, wang, "tier", "gold", SAID, now=NOW)


def test_how_somebody_is_called_is_noted_and_taken_back(store, wang):
    store.run_now(profile.call, wang, "小王")
    assert row(store, wang).attributes == {"called": "小王"}

    store.run_now(profile.call, wang, None)
    assert row(store, wang).attributes is None


def an_identity(store: Store, name: str, customer: str | None = None):
    if customer is None:
        store.run_now(customers.add, id=name, created_at=NOW)
    store.run_now(
        identities.add, id=f"{name}-id", channel="telegram", user_id=name, customer_id=customer or name, now=NOW,
        verified=customer is not None,
    )  # fmt: skip
    return store.read_now(identities.find, "telegram", name)
