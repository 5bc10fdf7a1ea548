"""A desk for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bot.conftest import flows_read_once, house, store  # noqa: F401 - the house below the desk
from tests.bot.house import House
from tests.desk.desks import DeskHouse


@pytest.fixture
def desk(house: House) -> Iterator[DeskHouse]:  # noqa: F811
    desk = DeskHouse(house)
    yield desk
    desk.desk.live.close()
    desk.passwords.close()
