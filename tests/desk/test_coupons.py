"""The customer's page shows what coupons they hold, in both languages."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import Connection

from crm_store import coupon_use, coupons
from crm_store.coupons import Offer
from tests.desk.desks import DeskHouse


def hold_some(conn: Connection, desk: DeskHouse, customer: str) -> list[str]:
    coupons.define(conn, Offer("ten-off", "amount", Decimal("10.00"), currency="CNY", min_spend=Decimal(50)))
    coupons.define(conn, Offer("fifth", "percent", Decimal(20)))
    coupons.define(conn, Offer("tea", "product", sku="TEA-001"))
    codes = [
        coupons.issue(conn, customer, rule, at=desk.now, ids=desk.desk.ids, reference=rule).code
        for rule in ("ten-off", "fifth", "tea")
    ]
    coupon_use.use(conn, codes[2], "A1", Decimal(80), at=desk.now)
    return codes


async def test_the_page_shows_each_coupon_with_its_worth_state_and_end(desk: DeskHouse) -> None:
    await desk.house.says("ana", "hello")
    customer = desk.customer("ana")
    li = await desk.agent("li")
    assert "No coupons." in (await li.get(f"/desk/customers/{customer}")).text
    codes = desk.house.write(hold_some, desk, customer)

    page = (await li.get(f"/desk/customers/{customer}")).text
    await li.post("/desk/language", language="zh")
    in_chinese = (await li.get(f"/desk/customers/{customer}")).text

    assert all(code in page for code in codes)
    for told in ("10.00 CNY off", "from 50 on", "20 % off", "a TEA-001", "to be used", "used</span> A1"):
        assert told in page, told
    for told in ("优惠券", "减 10.00 CNY", "满 50 可用", "减 20%", "兑换 TEA-001", "可用", "已使用"):
        assert told in in_chinese, told
