"""What the tests of the store share."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_store.unit_of_work import Store
from tests.crm_store.importing import Shop


@pytest.fixture
def shop(empty_store: Store, tmp_path: Path) -> Shop:
    return Shop(empty_store, tmp_path)
