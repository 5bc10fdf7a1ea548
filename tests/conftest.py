"""What tests of every kind run on: a database of their own, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_store import schema
from crm_store.unit_of_work import Store
from tests.servers.databases import Databases, PostgresDatabases, SqliteDatabases, open_store
from tests.servers.postgres import Cluster, NotInstalled, running_cluster

POSTGRES = frozenset({"cluster", "postgres_databases", "postgres_url", "here", "there"})
"""Fixtures that start one."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a PostgreSQL, so that the everyday suite runs where there is none."""
    for item in items:
        asked = getattr(item, "fixturenames", ())
        params = getattr(getattr(item, "callspec", None), "params", {})
        if params.get("databases") == "postgresql" or not POSTGRES.isdisjoint(asked):
            item.add_marker(pytest.mark.postgres)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The PostgreSQL of this test run, started for the first test that asks for it."""
    if os.environ.get("SHUKE_TEST_POSTGRES") == "0":
        pytest.skip("SHUKE_TEST_POSTGRES=0: nothing is tested on PostgreSQL")
    try:
        with running_cluster() as running:
            yield running
    except NotInstalled as exc:
        pytest.fail(str(exc), pytrace=False)


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabases:
    return SqliteDatabases(tmp_path_factory.mktemp("databases"))


@pytest.fixture(scope="session")
def postgres_databases(request: pytest.FixtureRequest) -> PostgresDatabases:
    return PostgresDatabases(lambda: request.getfixturevalue("cluster"))


@pytest.fixture(scope="session")
def migrated_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database as migrations make it, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "shuke.db"
    schema.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Databases:
    """Where a test gets databases: it runs once on SQLite and once on PostgreSQL."""
    found: Databases = request.getfixturevalue(
        "sqlite_databases" if request.param == "sqlite" else "postgres_databases"
    )
    return found


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """An empty database with all tables, on SQLite and on PostgreSQL."""
    with databases.with_tables() as url:
        yield url


@pytest.fixture
def bare_database_url(databases: Databases) -> Iterator[str]:
    """A database without a table, on SQLite and on PostgreSQL."""
    with databases.bare() as url:
        yield url


@pytest.fixture(scope="module")
def module_database_url(databases: Databases) -> Iterator[str]:
    """As `database_url`, one for all tests of a module, which leave nothing in it."""
    with databases.with_tables() as url:
        yield url


@pytest.fixture
def empty_store(database_url: str) -> Iterator[Store]:
    """A store on an empty database, on SQLite and on PostgreSQL."""
    store = open_store(database_url)
    yield store
    store.close()


@pytest.fixture(scope="module")
def module_store(module_database_url: str) -> Iterator[Store]:
    """As `empty_store`, one for all tests of a module, which leave nothing in it."""
    store = open_store(module_database_url)
    yield store
    store.close()


@pytest.fixture
def sqlite_url(sqlite_databases: SqliteDatabases) -> Iterator[str]:
    """An empty database with all tables, on SQLite alone."""
    with sqlite_databases.with_tables() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_databases: PostgresDatabases) -> Iterator[str]:
    """An empty database with all tables, on PostgreSQL alone."""
    with postgres_databases.with_tables() as url:
        yield url


@pytest.fixture
def here(postgres_url: str) -> Iterator[Store]:
    """One of two processes on one PostgreSQL."""
    store = open_store(postgres_url)
    yield store
    store.close()


@pytest.fixture
def there(postgres_url: str) -> Iterator[Store]:
    """The other one, beside `here`."""
    store = open_store(postgres_url)
    yield store
    store.close()
