"""Databases for tests: empty ones with all tables, on SQLite and on PostgreSQL, cheap enough for one each."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from crm_store import schema
from crm_store.unit_of_work import Store
from tests.servers.postgres import Cluster

_TEMPLATE = "shuke_template"
_MIGRATED = "shuke_migrated"
_TURN_OUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> %s"
# To empty what is in use and to set back what has counted takes 10 ms, a database of
# one's own 70.
_EMPTY = """
DO $$
DECLARE one record; filled text[] := '{}'; has_rows boolean;
BEGIN
    FOR one IN SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE 'SELECT EXISTS (SELECT FROM ' || one.name || ')' INTO has_rows;
        IF has_rows THEN filled := filled || one.name; END IF;
    END LOOP;
    IF filled <> '{}' THEN EXECUTE 'TRUNCATE ' || array_to_string(filled, ', ') || ' CASCADE'; END IF;
    FOR one IN SELECT quote_ident(sequencename) AS name FROM pg_sequences WHERE last_value IS NOT NULL LOOP
        EXECUTE 'ALTER SEQUENCE ' || one.name || ' RESTART';
    END LOOP;
END $$
"""


class SqliteDatabases:
    """Databases that are files in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)
        self._template = folder / "template.db"
        self._migrated = folder / "migrated.db"

    @contextmanager
    def with_tables(self) -> Iterator[str]:
        """Lend a database with all tables and nothing in them."""
        if not self._template.exists():
            store = Store(f"sqlite:///{self._template}", durable=False)
            store.run_now(schema.create)
            store.close()
        with self.bare() as url:
            shutil.copy(self._template, url.removeprefix("sqlite:///"))
            yield url

    @contextmanager
    def migrated(self) -> Iterator[str]:
        """Lend a database as migrations make it, at the newest form, and nothing in it."""
        if not self._migrated.exists():
            schema.upgrade(f"sqlite:///{self._migrated}")
        with self.bare() as url:
            shutil.copy(self._migrated, url.removeprefix("sqlite:///"))
            yield url

    @contextmanager
    def bare(self) -> Iterator[str]:
        """Lend the address of a database that is not there yet."""
        folder = self._folder / str(next(self._numbers))
        folder.mkdir()
        yield f"sqlite:///{folder / 'shuke.db'}"
        shutil.rmtree(folder)


class PostgresDatabases:
    """Databases in a cluster that is started when the first is asked for."""

    def __init__(self, start: Callable[[], Cluster]) -> None:
        self._start = start
        self._numbers = count(1)
        self._has_template = False
        self._has_migrated = False
        self._free: list[str] = []

    @contextmanager
    def with_tables(self) -> Iterator[str]:
        """Lend a database with all tables and nothing in them; it is emptied and lent again."""
        name = self._free.pop() if self._free else self._copy()
        url = self._start().url(name)
        yield url
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_TURN_OUT, [connection.info.backend_pid])
            connection.execute(_EMPTY)
        self._free.append(name)

    @contextmanager
    def migrated(self) -> Iterator[str]:
        """Lend a database as migrations make it, at the newest form, and nothing in it."""
        cluster, name = self._start(), self._new_name()
        if not self._has_migrated:
            schema.upgrade(cluster.create(_MIGRATED))
            self._has_migrated = True
        yield cluster.create(name, template=_MIGRATED)
        cluster.drop(name)

    @contextmanager
    def bare(self) -> Iterator[str]:
        """Lend a database in which there is nothing at all."""
        name = self._new_name()
        yield self._start().create(name)
        self._start().drop(name)

    def _copy(self) -> str:
        cluster, name = self._start(), self._new_name()
        if not self._has_template:
            engine = create_engine(make_url(cluster.create(_TEMPLATE)).set(drivername="postgresql+psycopg"))
            with engine.begin() as conn:
                schema.create(conn)
            engine.dispose()
            self._has_template = True
        cluster.create(name, template=_TEMPLATE)
        return name

    def _new_name(self) -> str:
        return f"test_{next(self._numbers)}"


def open_store(url: str, **how: Any) -> Store:
    """Return a store on a test's database, whose leases follow the test's clock."""
    return Store(url, durable=False, given_time=True, **how)


def examples(store: Store, most: int) -> int:
    """How many examples a property is tried on: a fifth on PostgreSQL, where each statement costs a way there."""
    return max(most // 5, 10) if store.is_shared else most


type Databases = SqliteDatabases | PostgresDatabases
