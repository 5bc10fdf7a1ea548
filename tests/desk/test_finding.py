"""Looking a customer up at the desk, as people type what they know of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_store import customers
from crm_store.unit_of_work import Store
from tests.bot.house import new_house
from tests.desk.desks import DeskHouse


@pytest.mark.parametrize(
    ("region", "phone", "typed"),
    [("CN", "+8613912345678", "139 1234 5678"), ("GB", "+447911123456", "07911 123456")],
)
async def test_a_phone_typed_without_its_country_is_one_of_the_shops_country(
    store: Store, tmp_path: Path, region: str, phone: str, typed: str
) -> None:
    desk = DeskHouse(new_house(store, tmp_path, given={"shop": {"region": region}}))
    desk.house.write(customers.add, id="ana", created_at=desk.now, name="Ana Whitfield", phone=phone)
    browser = await desk.agent("li")

    found = (await browser.get("/desk/customers", params={"q": typed})).text

    assert "Ana Whitfield" in found
    desk.desk.live.close()
    desk.passwords.close()
