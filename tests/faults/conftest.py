"""What the tests of faults run on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.faults.apart import Open, Shop
from tests.servers.databases import PostgresDatabases
from tests.servers.telegram_api import TelegramApi


@pytest.fixture
async def open_shop(tmp_path: Path, postgres_databases: PostgresDatabases) -> AsyncIterator[Open]:
    with postgres_databases.bare() as url:
        async with TelegramApi() as telegram, AsyncExitStack() as stack:

            async def make(**environment: str) -> Shop:
                return Shop(tmp_path, url, telegram, stack, **environment)

            yield make
