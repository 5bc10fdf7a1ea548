"""Where there is a key, phones and e-mail addresses are unreadable in the database and found as before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from crm_store import attributes, customers, finding, merges, sealing, sealing_all
from crm_store.privacy import scrubbing
from crm_store.sealing import MARK, SealError
from crm_store.unit_of_work import Store
from tests.crm_store.people import NOW

PHONE, EMAIL = "+8613912345678", "ana@example.com"
KEY, OTHER = sealing.new_key(), sealing.new_key()


@pytest.fixture(autouse=True)
def no_key_afterwards() -> Iterator[None]:
    yield
    sealing.use(())


def add(store: Store, id: str = "ana", **more: Any) -> None:
    store.run_now(customers.add, id=id, created_at=NOW, **{"phone": PHONE, "email": EMAIL} | more)


def as_stored(conn: Connection) -> list[tuple[str, str]]:
    return [tuple(row) for row in conn.execute(text("SELECT phone, email FROM customers ORDER BY id"))]


def test_what_is_stored_is_sealed_and_read_as_it_was(empty_store: Store) -> None:
    sealing.use((KEY,))

    add(empty_store)

    assert all(one.startswith(MARK) for one in empty_store.read_now(as_stored)[0])
    row = empty_store.read_now(customers.by_id, "ana")
    assert row is not None
    assert (row.phone, row.email) == (PHONE, EMAIL)


def test_a_phone_is_found_by_equality(empty_store: Store) -> None:
    sealing.use((KEY,))
    add(empty_store)
    add(empty_store, "ben", phone="+8613900000000", email=None)

    assert empty_store.read_now(customers.by_phone, PHONE) == "ana"


@pytest.mark.parametrize("typed", ["13912345678", "+86 139 1234 5678", "ANA@example.com"])
def test_the_desk_finds_whole_phones_and_addresses(empty_store: Store, typed: str) -> None:
    sealing.use((KEY,))
    add(empty_store)

    assert [row.id for row in empty_store.read_now(finding.find, typed, region="CN")] == ["ana"]


@pytest.mark.parametrize("typed", ["sealed", "AA", "a="])
def test_what_a_seal_looks_like_finds_nobody(empty_store: Store, typed: str) -> None:
    sealing.use((KEY,))
    add(empty_store)

    assert empty_store.read_now(finding.find, typed, region="CN") == []


def test_a_database_from_before_is_sealed_and_then_anew_by_another_key(empty_store: Store) -> None:
    for number in range(3):
        add(empty_store, f"c{number}", phone=f"+861391234567{number}")
    for keys in ((KEY,), (OTHER, KEY)):
        sealing.use(keys)
        assert empty_store.read_now(sealing_all.is_unsealed)
        while empty_store.run_now(sealing_all.seal_batch):
            pass
        assert not empty_store.read_now(sealing_all.is_unsealed)

    sealing.use((OTHER,))
    assert empty_store.read_now(customers.by_phone, "+8613912345671") == "c1"
    if not empty_store.is_shared:
        scrubbing.scrub(empty_store, empty_store.url)
        file = Path(empty_store.url.removeprefix("sqlite:///"))
        assert all(b"1391234567" not in path.read_bytes() for path in file.parent.iterdir())


def test_what_a_merge_keeps_of_both_is_sealed_too(empty_store: Store) -> None:
    both = {"customer": {"phone": PHONE}}
    columns = {
        "survivor_id": "a", "absorbed_no": None, "evidence": "contact", "by": "system", "at": NOW, "history_until": 0,
        "outbox_until": 0, "absorbed": None, "joint": both, "marks": None,
    }  # fmt: skip
    empty_store.run_now(merges.add, absorbed_id="b", survivor=both, **columns)
    sealing.use((KEY,))
    number = empty_store.run_now(merges.add, absorbed_id="c", survivor=both, **columns)

    assert empty_store.run_now(sealing_all.seal_batch) == 1
    assert empty_store.run_now(sealing_all.seal_batch) == 1
    assert empty_store.run_now(sealing_all.seal_batch) == 0

    stored = empty_store.read_now(lambda conn: conn.execute(text("SELECT survivor, joint FROM merges")).all())
    assert PHONE not in repr(stored)
    kept = empty_store.read_now(merges.by_id, number)
    assert kept is not None
    assert (kept.survivor, kept.absorbed, kept.joint) == (both, None, both)


ADDRESS = {"收货地址": "杭州市西湖区文三路 90 号", "floor": 3}


def attributes_as_stored(store: Store) -> str:
    return repr(store.read_now(lambda conn: conn.execute(text("SELECT attributes FROM customers")).all()))


def test_an_address_among_the_shops_own_attributes_is_sealed_and_read_and_changed_as_before(
    empty_store: Store,
) -> None:
    sealing.use((KEY,))
    add(empty_store, attributes=ADDRESS)
    empty_store.run_now(attributes.put, "ana", "floor", 4, now=NOW, by="import")

    row = empty_store.read_now(customers.by_id, "ana")

    assert row is not None
    assert row.attributes == ADDRESS | {"floor": 4}
    assert MARK in attributes_as_stored(empty_store)
    assert "floor" not in attributes_as_stored(empty_store)


def test_addresses_of_before_there_was_a_key_are_sealed_by_the_same_command_and_refused_until_then(
    empty_store: Store,
) -> None:
    add(empty_store, phone=None, email=None, attributes=ADDRESS)
    sealing.use((KEY,))
    with pytest.raises(SealError, match="db seal"):
        empty_store.read_now(sealing_all.refuse_unsealed)

    assert [empty_store.run_now(sealing_all.seal_batch) for _ in range(2)] == [1, 0]

    empty_store.read_now(sealing_all.refuse_unsealed)
    row = empty_store.read_now(customers.by_id, "ana")
    assert row is not None
    assert row.attributes == ADDRESS
    assert "floor" not in attributes_as_stored(empty_store)


@pytest.mark.parametrize(
    "kept", [{"sealed": "yes"}, {"sealed": "sealed:0123abcd:AAAA"}, {"sealed": "{"}, {"sealed": 1}]
)
@pytest.mark.parametrize("keys", [(), (KEY,)], ids=["without a key", "with a key"])
def test_an_attribute_that_is_called_sealed_is_an_attribute(
    empty_store: Store, kept: dict[str, Any], keys: tuple[str, ...]
) -> None:
    add(empty_store, "before", attributes=kept)
    sealing.use(keys)
    while empty_store.run_now(sealing_all.seal_batch):
        pass
    add(empty_store, "after", attributes=kept)

    rows = [empty_store.read_now(customers.by_id, id) for id in ("before", "after")]

    assert [row.attributes for row in rows if row is not None] == [kept, kept]


def test_without_its_key_nothing_is_read_and_the_mend_is_said(empty_store: Store) -> None:
    sealing.use((KEY,))
    add(empty_store)
    sealing.use((OTHER,))

    with pytest.raises(SealError, match="SHUKE_PRIVACY_STORE_KEY"):
        empty_store.read_now(customers.by_id, "ana")


def test_what_was_changed_in_the_database_is_noticed() -> None:
    sealing.use((KEY,))
    sealed = sealing.seal(PHONE)
    head, _, body = sealed.rpartition(":")

    with pytest.raises(SealError, match="changed"):
        sealing.opened(f"{head}:{'B' if body[0] == 'A' else 'A'}{body[1:]}")


@pytest.mark.parametrize("key", ["", "secret", "QUJD"])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(SealError, match="--new-key"):
        sealing.use((key,))
