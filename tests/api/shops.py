"""A shop's own systems, which call the API as they would."""

from __future__ import annotations

from datetime import datetime, time
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import orjson
from fastapi import FastAPI

from bot.api.app import PATH, build_api
from bot.api.calling import SCOPES, House
from bot.api.events import hook, signature
from bot.web import build_app
from crm_store import api_keys
from crm_store.desk_hours import DeskHours
from crm_store.imports import ImportSettings
from crm_store.ports import Ulids, VirtualClock
from crm_store.showing import customer_json, find_customer
from crm_store.unit_of_work import Store

NOW = datetime.fromisoformat("2026-11-23T10:00:00+08:00")
ZONE = ZoneInfo("Asia/Shanghai")
KEY = "shk_a-key-that-may-do-everything"
DESK = DeskHours(ZONE, time(9), time(21), frozenset(range(7)))
HOOK_SECRET = "what-the-shop-signs-with"


def build_house(store: Store) -> House:
    clock = VirtualClock(NOW)
    return House(store, clock, Ulids(clock, Random(7)), ImportSettings(ZONE))


def build_site(house: House) -> FastAPI:
    """The whole application as `shuke run web` serves it, without desk and chat."""
    return build_app(
        house.store, nlu_ready=lambda: True, clock=house.clock, ids=house.ids,
        routers=[hook(house, HOOK_SECRET)], mounted={PATH: build_api(house, DESK)},
    )  # fmt: skip


class ShopSystem:
    """Calls with one key."""

    def __init__(self, house: House, http: httpx.AsyncClient) -> None:
        self.house = house
        self.http = http

    async def call(
        self, method: str, path: str, body: Any = None, *, key: str = KEY, named: str | None = None
    ) -> httpx.Response:
        headers = {"authorization": f"Bearer {key}"} | ({"idempotency-key": named} if named else {})
        return await self.http.request(method, PATH + path, json=body, headers=headers)

    async def tell(self, event: Any, *, at: datetime = NOW, secret: str = HOOK_SECRET) -> httpx.Response:
        body, stamp = orjson.dumps(event), str(int(at.timestamp()))
        headers = {"x-shuke-timestamp": stamp, "x-shuke-signature": signature(secret, stamp, body)}
        return await self.http.post("/hooks/shop", content=body, headers=headers)

    def has_key(self, name: str, key: str, *scopes: str) -> None:
        self.house.store.run_now(api_keys.add, name, key, scopes=list(scopes or SCOPES), now=NOW)

    def known(self, id: str) -> dict[str, Any]:
        def page(conn):
            return customer_json(conn, find_customer(conn, id), self.house.clock.now())

        return self.house.store.read_now(page)


WANG = {"name": "王雨薇", "language": "zh", "phone": "13800001208", "channel": "telegram", "channel_user_id": "u1"}
ORDER = {
    "customer_id": "C1", "ordered_at": "2026-11-20T09:00:00+08:00",
    "items": [{"sku": "T1", "unit_price": "19.90"}, {"sku": "T2", "quantity": 2, "unit_price": 5}],
}  # fmt: skip


async def with_wang(till: ShopSystem) -> None:
    assert (await till.call("PUT", "/customers/C1", WANG)).status_code == 201
