"""The registry of privacy knows every table and every column: whoever adds one has thought of erasure and export."""

from __future__ import annotations

import pytest
from sqlalchemy import String

from crm_store.models import metadata
from crm_store.privacy.fates import Deleted, Nobodys, Scrubbed
from crm_store.privacy.registry import REGISTRY

TELL = "say in crm_store/privacy/registry.py how its rows belong to a customer, and what an erasure does with them"


def test_every_table_says_whose_its_rows_are() -> None:
    assert metadata.tables.keys() - REGISTRY.keys() == set(), TELL
    assert REGISTRY.keys() - metadata.tables.keys() == set(), "these are no tables any more"


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_every_column_has_its_fate(name: str) -> None:
    table, belonging = metadata.tables[name], REGISTRY[name]
    match belonging:
        case Deleted():
            told = set(table.columns.keys())
        case Scrubbed(columns=columns, ends=ends):
            told = {*columns, *ends}
        case Nobodys(columns=named):
            told = set(named)

    assert set(table.columns.keys()) == told, TELL


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_a_table_that_points_to_customers_is_somebodys(name: str) -> None:
    points = {key.column.table.name for key in metadata.tables[name].foreign_keys}

    assert not (isinstance(REGISTRY[name], Nobodys) and points & {"customers", "identities", "history", "orders"})


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_a_fate_fits_its_column(name: str) -> None:
    table, belonging = metadata.tables[name], REGISTRY[name]
    for column, fate in (belonging.columns if isinstance(belonging, Scrubbed) else {}).items():
        if fate == "cleared":
            assert table.c[column].nullable, f"{name}.{column}: has to be there, so it can only be emptied or renamed"
        if fate == "renamed":
            assert isinstance(table.c[column].type, String)
