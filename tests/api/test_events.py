"""What the shop tells: by the API, and by its hook, which is signed and safe to replay."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from crm_store import catalogue, wishes
from crm_store.merging import merge
from crm_store.showing import find_customer
from crm_store.unmerging import unmerge
from tests.api.shops import HOOK_SECRET, KEY, NOW, ShopSystem

SHIPPED = {
    "id": "e-1", "type": "order.shipped",
    "data": {"order_no": "A20001", "customer_id": "C1", "ordered_at": "2026-11-20T09:00:00+08:00", "carrier": "顺丰"},
}  # fmt: skip


@pytest.fixture
async def shop(till: ShopSystem) -> ShopSystem:
    await till.call("PUT", "/customers/C1", {"name": "王雨薇"})
    return till


def kinds(shop: ShopSystem) -> list[str]:
    return [entry["kind"] for entry in shop.known("C1")["timeline"]]


async def test_an_event_of_the_hook_happens_once(shop: ShopSystem) -> None:
    first = await shop.tell(SHIPPED)
    shop.house.clock.move_to(NOW + timedelta(minutes=30))
    again = await shop.tell(SHIPPED, at=NOW + timedelta(minutes=30))

    assert (first.status_code, again.status_code, again.json()["result"]) == (201, 200, "duplicate")
    assert kinds(shop).count("order.shipped") == 1
    assert (await shop.call("GET", "/orders/A20001")).json()["status"] == "shipped"


@pytest.mark.parametrize(
    ("at", "secret", "code"),
    [
        (NOW, "another-secret-altogether", "wrong_signature"),
        (NOW - timedelta(minutes=5, seconds=1), HOOK_SECRET, "stale"),
        (NOW + timedelta(minutes=5, seconds=1), HOOK_SECRET, "stale"),
    ],
)
async def test_a_call_that_is_not_signed_now_and_by_the_shop_does_nothing(
    shop: ShopSystem, at, secret: str, code: str
) -> None:
    answered = await shop.tell(SHIPPED, at=at, secret=secret)

    assert (answered.status_code, answered.json()["error"]["code"]) == (401, code)
    assert "order.shipped" not in kinds(shop)


async def test_a_body_that_was_changed_on_its_way_is_refused(shop: ShopSystem) -> None:
    told = await shop.tell(SHIPPED)
    headers = {name: told.request.headers[name] for name in ("x-shuke-timestamp", "x-shuke-signature")}

    changed = await shop.http.post("/hooks/shop", content=told.request.content + b" ", headers=headers)
    bare = await shop.http.post("/hooks/shop", content=told.request.content)

    assert (changed.status_code, bare.status_code) == (401, 401)


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ({"type": "order.shipped", "data": {"order_no": "A1"}}, "has no id"),
        ({"id": "1", "type": "order.lost"}, "is no event of ours"),
        ({"id": "1", "type": "order.shipped", "data": {}}, "is empty"),
        ({"id": "1", "type": "shop.visit"}, "it happened to nobody"),
        ({"id": "1", "type": "shop.visit", "customer_id": "C9"}, "there is no such customer"),
        ({"id": "1", "type": "shop.visit", "customer_id": "C1", "data": {"a": "b\x00"}}, "cannot be stored"),
        ([], "is no event of ours"),
    ],
)
async def test_what_is_no_event_is_refused_and_may_come_again_mended(shop: ShopSystem, event, told: str) -> None:
    answered = await shop.tell(event)

    assert answered.status_code in (404, 422)
    assert told in answered.json()["error"]["message"]
    mended = await shop.tell({"id": "1", "type": "shop.visit", "customer_id": "C1"})
    assert mended.status_code == 201


async def test_an_event_of_the_shops_own_is_written_into_the_history(shop: ShopSystem) -> None:
    event = {"id": "v1", "type": "shop.store_visit", "customer_id": "C1", "data": {"store": "湖滨"}}

    first = await shop.call("POST", "/events", event)
    again = await shop.call("POST", "/events", event)

    assert (first.status_code, again.status_code) == (201, 200)
    (entry,) = [one for one in shop.known("C1")["timeline"] if one["kind"] == "shop.store_visit"]
    assert (entry["by"], entry["data"]) == ("api:till", {"store": "湖滨"})


async def test_a_number_that_no_database_keeps_is_refused_with_the_mend(shop: ShopSystem) -> None:
    refused = await shop.call("POST", "/events", {"type": "shop.visit", "customer_id": "C1", "data": {"n": 2**64}})

    assert refused.status_code == 422
    assert "send such a number as text" in refused.text


async def test_a_key_or_secret_is_never_in_an_answer_or_a_log(
    shop: ShopSystem, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = await shop.tell(SHIPPED, secret="another-secret-altogether")
    await shop.call("GET", "/customers", key="shk_wrong")
    refused = await shop.call("PUT", "/customers/C1", {"phone": "my phone is 12"})

    said = caplog.text + "".join(capsys.readouterr())
    assert "hook.refused" in said
    assert not any(secret in said + wrong.text for secret in (KEY, HOOK_SECRET, "shk_wrong", "another-secret"))
    assert "my phone is" not in said + refused.text


async def test_the_number_of_who_was_merged_works_and_what_it_brings_is_theirs_again(shop: ShopSystem) -> None:
    await shop.call("PUT", "/customers/C2", {"name": "王小雨"})
    house = shop.house

    def joined(conn: Connection) -> int:
        absorbed, survivor = (find_customer(conn, one) or "" for one in ("C2", "C1"))
        return merge(conn, absorbed, survivor, evidence="agent", by="agent:li", now=NOW)

    number = house.store.run_now(joined)
    row = {"customer_id": "C2", "ordered_at": "2026-11-20T09:00:00+08:00", "items": [{"sku": "T1", "unit_price": 9}]}

    put = await shop.call("PUT", "/orders/A1", row)
    told = await shop.tell(SHIPPED | {"data": SHIPPED["data"] | {"customer_id": "C2"}})
    visit = await shop.tell({"id": "e-2", "type": "shop.visit", "customer_id": "C2"})
    earned = await shop.call("POST", "/customers/C2/points", {"points": 30, "reference": "gift"})
    said = await shop.call("PUT", "/customers/C2", {"name": "小雨"})

    assert [one.status_code for one in (put, told, visit, earned, said)] == [201, 201, 201, 201, 200]
    house.store.run_now(unmerge, number, by="agent:li", now=NOW, ids=house.ids)
    first, second = shop.known("C1"), shop.known("C2")
    assert (first["name"], first["points"], first["orders"]) == ("王雨薇", 0, [])
    assert (second["name"], second["points"]) == ("小雨", 30)
    assert {order["order_no"] for order in second["orders"]} == {"A1", "A20001"}
    happened = ("order.shipped", "shop.visit")
    assert [[kind for kind in happened if kind in {e["kind"] for e in one["timeline"]}] for one in (first, second)] == [
        [], list(happened),
    ]  # fmt: skip


def with_tea_sold_out(conn: Connection) -> None:
    catalogue.add(conn, sku="T1", name_zh="安吉白茶", currency="CNY", stock=0)


def stock_of_tea(shop: ShopSystem) -> int:
    tea = shop.house.store.read_now(catalogue.by_sku, "T1")
    assert tea is not None
    return int(tea.stock)


async def test_what_the_shop_says_of_its_stock_happens_once_and_wakes_who_waits_for_it(shop: ShopSystem) -> None:
    shop.house.store.run_now(with_tea_sold_out)
    wang = shop.house.store.read_now(find_customer, "C1")
    shop.house.store.run_now(wishes.wish, wang, "T1", now=NOW, ids=shop.house.ids)
    filled = {"id": "s-1", "type": "stock.changed", "data": {"sku": "T1", "stock": 12}}

    first = await shop.tell(filled)
    waiting = shop.house.store.read_now(wishes.ready, "", 9)
    sold_out = await shop.call("POST", "/events", filled | {"id": "s-2", "data": {"sku": "T1", "stock": 0}})
    again = await shop.tell(filled)

    assert [(one.status_code, one.json()["result"]) for one in (first, sold_out, again)] == [
        (201, "changed"),
        (201, "changed"),
        (200, "duplicate"),
    ]
    assert [row.customer_id for row in waiting] == [wang]
    assert stock_of_tea(shop) == 0


@pytest.mark.parametrize(
    ("data", "field", "told"),
    [
        ({"sku": "T9", "stock": 3}, "sku", "there is no such product"),
        ({"stock": 3}, "sku", "is empty"),
        ({"sku": "T1"}, "stock", "is empty"),
        ({"sku": "T1", "stock": "many"}, "stock", "is no whole number"),
        ({"sku": "T1", "stock": 1.5}, "stock", "is no whole number"),
        ({"sku": "T1", "stock": 3_000_000_000}, "stock", "is no whole number"),
    ],
)
async def test_a_stock_that_cannot_be_is_refused_by_its_field(shop: ShopSystem, data, field: str, told: str) -> None:
    shop.house.store.run_now(with_tea_sold_out)

    refused = await shop.tell({"id": "s-1", "type": "stock.changed", "data": data})

    assert refused.status_code == 422
    assert (refused.json()["error"]["field"], refused.json()["error"]["message"]) == (field, told)
    assert stock_of_tea(shop) == 0
