"""Whom a customer may be, at the desk."""

from __future__ import annotations

import pytest

from crm_store import customers, history, suggesting
from tests.desk.desks import DeskHouse


async def test_whom_a_customer_may_be_is_shown_as_unproved(desk: DeskHouse) -> None:
    await desk.house.says("ana", "I want to talk to a person")
    desk.house.write(customers.add, id="known", created_at=desk.now, customer_no="C0042", name="Ana Lopez")
    data = {"match": "known", "by": "typed_phone"}
    desk.house.write(
        history.record, at=desk.now, kind=suggesting.SUGGESTED, by="system", customer_id=desk.customer("ana"), data=data
    )
    browser = await desk.agent("li")

    page = (await browser.get(f"/desk/talks/{desk.customer('ana')}")).text

    assert "C0042" in page
    assert "nothing proves it" in page


@pytest.mark.parametrize(("language", "told"), [("en", "typed their e-mail address"), ("zh", "报过这位的邮箱")])
async def test_an_address_that_was_typed_suggests_whose_it_is_and_opens_nothing(
    desk: DeskHouse, language: str, told: str
) -> None:
    desk.house.write(
        customers.add, id="known", created_at=desk.now, customer_no="C0042", name="Ana Lopez", email="ana@example.com"
    )

    await desk.house.says("stranger", "hi, it's me: Ana@Example.com")

    browser = await desk.agent("li")
    await browser.post("/desk/language", language=language)
    page = (await browser.get(f"/desk/customers/{desk.customer('stranger')}")).text
    assert "C0042" in page
    assert told in page
    assert desk.customer("stranger") != "known"
    assert not desk.house.identity("stranger").verified
