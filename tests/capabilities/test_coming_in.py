"""What comes in from a shop's files and systems."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

from crm_store.unit_of_work import Store
from tests.api.shops import KEY, ShopSystem, build_house, build_site
from tests.bot.worlds import Talk, texts
from tests.capabilities.shops import shuke
from tests.servers.web import serving


def test_a_shops_own_files_come_in_and_coming_in_again_changes_nothing(
    shop: Talk, store_url: str, tmp_path: Path
) -> None:
    """Number 8: their columns, their days; afterwards the bot speaks of what they said."""
    customers_file, orders_file, map_file = (tmp_path / name for name in ("会员.csv", "订单.csv", "map.yml"))
    customers_file.write_text(
        "customer_id,name,language,channel,channel_user_id\nC7,周敏,zh,telegram,u7\n", encoding="utf-8"
    )
    orders_file.write_text("单号,会员,下单,发货,承运\nA20007,C7,2026/01/02,2026/01/04,顺丰\n", encoding="utf-8")
    map_file.write_text(
        "columns: {order_no: 单号, customer_id: 会员, ordered_at: 下单, shipped_at: 发货, carrier: 承运}\n"
        "constants: {sku: TEA-001}\ndate_format: '%Y/%m/%d'\n", encoding="utf-8",
    )  # fmt: skip

    def bring_in() -> list[tuple[int, int]]:
        reports = [
            json.loads(shuke(store_url, "--json", "import", "customers", str(customers_file))),
            json.loads(shuke(store_url, "--json", "import", "orders", str(orders_file), "--map", str(map_file))),
        ]
        return [(report["added"], report["unchanged"]) for report in reports]

    assert bring_in() == [(1, 0), (1, 0)]
    before = shop.show("C7")
    assert bring_in() == [(0, 1), (0, 1)]

    assert shop.show("C7") == before
    answer = "".join(texts(shop.say("u7", "A20007 到哪了")))
    assert "A20007 已经发货" in answer


async def test_the_shops_events_come_in_signed_and_replayed_change_nothing(empty_store: Store) -> None:
    """Number 77: paid, shipped, told again; and the customer's page knows."""
    api = build_house(empty_store)
    async with serving(build_site(api)) as address, httpx.AsyncClient(base_url=address) as http:
        shop = ShopSystem(api, http)
        shop.has_key("till", KEY)
        await shop.call("PUT", "/customers/C1", {"name": "王芳"})
        order = {"order_no": "A20001", "customer_id": "C1", "ordered_at": "2026-11-20T09:00:00+08:00"}
        told = [{"id": f"e-{step}", "type": f"order.{step}", "data": order} for step in ("created", "paid", "shipped")]

        answers = [(await shop.tell(event)).status_code for event in (*told, *told)]

    assert answers == [201, 201, 201, 200, 200, 200]
    assert [one["kind"] for one in shop.known("C1")["timeline"]] == ["order.created", "order.paid", "order.shipped"]
    assert shop.known("C1")["orders"][0]["status"] == "shipped"
