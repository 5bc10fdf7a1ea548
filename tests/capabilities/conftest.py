"""The shop in which capabilities are proved, and the desk's fixtures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.worlds import A10293, ANA, TEA, WANG, Talk, a_world
from tests.desk.conftest import desk, flows_read_once, house, store  # noqa: F401 - the desk's fixtures


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'shop.db'}"


@pytest.fixture
def shop(store_url: str) -> Iterator[Talk]:
    """A world whose store the commands can be pointed at, with two customers on file."""
    with a_world(store_url=store_url) as talk:
        talk.load("products", TEA)
        talk.load("customers", WANG, ANA)
        talk.load("orders", A10293)
        yield talk
