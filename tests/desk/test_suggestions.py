"""Whom a customer may be, at the desk."""

from __future__ import annotations

from crm_store import customers, history, suggesting
from tests.desk.desks import DeskHouse


async def test_whom_a_customer_may_be_is_shown_as_unproved(desk: DeskHouse) -> None:
    await desk.house.says("ana", "I want to talk to a person")
    desk.house.write(customers.add, id="known", created_at=desk.now, customer_no="C0042", name="Ana Lopez")
    data = {"match": "known", "by": "phone"}
    desk.house.write(
        history.record, at=desk.now, kind=suggesting.SUGGESTED, by="system", customer_id=desk.customer("ana"), data=data
    )
    browser = await desk.agent("li")

    page = (await browser.get(f"/desk/talks/{desk.customer('ana')}")).text

    assert "C0042" in page
    assert "nothing proves it" in page
