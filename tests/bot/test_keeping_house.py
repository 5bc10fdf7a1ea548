"""The clock keeps house once a day, in the night, whoever of several does it; and finishes what was killed."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.forgetting import Places
from bot.keeping_house import KeepingHouse, old_exports
from bot.reviewing import write_learnt
from crm_store import learning
from crm_store.history import history
from crm_store.inbox import inbox
from crm_store.privacy import erasures
from crm_store.privacy.erasing import erase
from crm_store.privacy.erasures import Hashes
from crm_store.privacy.settings import PrivacySettings
from nlu.learnt import messages_in
from tests.bot.house import House


@pytest.fixture
def places(house: House) -> Places:
    return Places(house.root / "var", house.root / "shop/nlu", house.root / "var/models")


@pytest.fixture
def keeping(house: House, places: Places) -> KeepingHouse:
    return KeepingHouse(
        house.store, PrivacySettings(), places, clock=house.clock, zone=ZoneInfo("Asia/Shanghai")
    )  # fmt: skip


def later(house: House, **span: float) -> None:
    house.clock.move_to(house.clock.now() + timedelta(**span))


async def test_what_is_too_old_goes_once_a_day_and_not_in_the_evening(house: House, keeping: KeepingHouse) -> None:
    await house.says("ana", "hello")
    later(house, days=40, hours=-6)  # three in the morning
    await keeping.look()
    assert len(house.rows(inbox)) == 1

    later(house, hours=1)
    await keeping.look()

    assert house.rows(inbox) == []


async def test_a_day_is_done_by_one_of_several(house: House, keeping: KeepingHouse) -> None:
    await keeping.look()
    await house.says("ana", "hello")
    later(house, hours=1)

    await keeping.look()

    assert len(house.rows(inbox)) == 1


async def test_an_erasure_that_was_killed_behind_its_transaction_is_finished(
    house: House, keeping: KeepingHouse, places: Places
) -> None:
    await house.says("ana", "hello")
    who = house.identity("ana").customer_id
    places.exports.mkdir(parents=True)
    (places.exports / f"customer-{who}-x.json").write_text("all of it")
    house.write(erase, who, by="user:me", hashes=Hashes(b"k"), now=house.clock.now())

    await keeping.look()

    assert list(places.exports.iterdir()) == []
    assert [row.finished_at for row in house.read(erasures.every)] == [house.clock.now()]


async def test_what_was_learnt_of_somebody_who_refuses_since_goes_within_the_hour(
    house: House, keeping: KeepingHouse, places: Places
) -> None:
    for who in ("ana", "bob"):
        await house.says(who, "where is my parcel")
    said = {str(one.customer_id): str(one.ref) for one in house.rows(history) if one.kind == "message.in"}
    how = {"language": "en", "words": "where is my parcel", "by": "user:me", "now": house.clock.now()}
    for message in said.values():
        house.write(learning.accept, message, "track_order", **how)
    write_learnt(house.store, places)
    ana, bob = (str(house.identity(who).customer_id) for who in ("ana", "bob"))
    house.write(learning.say, ana, False, evidence="agent:li", by="agent:li", now=house.clock.now())

    await keeping.look()

    assert messages_in(places.training) == {said[bob]}


async def test_exports_are_kept_for_a_while(house: House, places: Places) -> None:
    places.exports.mkdir(parents=True)
    (places.exports / "customer-x.json").write_text("all of it")
    written = (places.exports / "customer-x.json").stat().st_mtime
    now = house.clock.now().fromtimestamp(written, house.clock.now().tzinfo)

    assert old_exports(places, PrivacySettings(), now + timedelta(days=29), delete=True) == 0
    assert old_exports(places, PrivacySettings(), now + timedelta(days=31), delete=True) == 1
