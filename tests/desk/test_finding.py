"""Looking a customer up at the desk, as people type what they know of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from crm_store import customers
from crm_store.audit import audit
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


async def test_who_was_shown_by_looking_customers_up_is_audited_and_never_what_was_typed(desk: DeskHouse) -> None:
    for name in ("ana", "ann"):
        desk.house.write(customers.add, id=name, created_at=desk.now, name=f"{name} Whitfield")
    browser = await desk.agent("li")

    for typed in ("Whitfield", "Nobody at all"):
        await browser.get("/desk/customers", params={"q": typed})

    looks = select(audit.c.by, audit.c.customer_id, audit.c.data).where(audit.c.action == "find_customer")
    kept = desk.house.read(lambda conn: conn.execute(looks.order_by(audit.c.id)).all())
    assert [tuple(row) for row in kept] == [
        ("agent:li", "ana", None),
        ("agent:li", "ann", None),
        ("agent:li", None, None),
    ]


async def test_who_was_shown_in_the_list_that_comes_without_a_search_is_audited_as_well(desk: DeskHouse) -> None:
    await desk.house.says("ana", "hello")
    browser = await desk.agent("li")

    page = (await browser.get("/desk/customers")).text

    looks = select(audit.c.by, audit.c.customer_id, audit.c.data).where(audit.c.action == "find_customer")
    kept = desk.house.read(lambda conn: conn.execute(looks).all())
    assert desk.customer("ana") in page
    assert [tuple(row) for row in kept] == [("agent:li", desk.customer("ana"), None)]
