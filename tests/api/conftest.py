from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from crm_store.unit_of_work import Store
from tests.api.shops import KEY, ShopSystem, build_house, build_site
from tests.servers.web import serving


@pytest.fixture
async def till(empty_store: Store) -> AsyncIterator[ShopSystem]:
    """A system of the shop with a key for everything."""
    house = build_house(empty_store)
    async with serving(build_site(house)) as address, httpx.AsyncClient(base_url=address) as http:
        system = ShopSystem(house, http)
        system.has_key("till", KEY)
        yield system
