"""A house for each test; what is the same for all is made once."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_store.unit_of_work import Store
from flows.standard import load_standard
from tests.bot.house import House, new_house


@pytest.fixture(autouse=True, scope="session")
def flows_read_once() -> Iterator[None]:
    """The flows do not change between these tests, and reading them is most of what a house costs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.wiring.load_standard", functools.cache(load_standard))
        yield


@pytest.fixture
def store(empty_store: Store) -> Store:
    return empty_store


@pytest.fixture
async def house(store: Store, tmp_path: Path) -> House:
    return new_house(store, tmp_path)
