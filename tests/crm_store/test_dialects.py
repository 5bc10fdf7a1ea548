"""One code for two databases: every prepared statement and every table is understood by both."""

import importlib
import pkgutil
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import StatementError
from sqlalchemy.schema import CreateTable
from sqlalchemy.sql.expression import Executable

import crm_store
from crm_store.base import Exact, UtcDateTime
from crm_store.engines import sqlite_engine
from crm_store.models import metadata
from crm_store.prepared import Prepared

DIALECTS = [sqlite.dialect(), postgresql.dialect()]
BOTH = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)


def prepared_statements():
    for module in pkgutil.iter_modules(crm_store.__path__, "crm_store."):
        for name, value in vars(importlib.import_module(module.name)).items():
            for number, one in enumerate(value if isinstance(value, list) else [value]):
                statement = one.statement if isinstance(one, Prepared) else one
                if isinstance(statement, Executable):
                    yield f"{module.name}.{name}[{number}]", statement


# An insert takes its other columns from the rows that it is executed with.
@pytest.mark.filterwarnings("ignore:Column .* is marked as a member of the primary key:sqlalchemy.exc.SAWarning")
@BOTH
def test_every_prepared_statement_compiles(dialect):
    names = [name for name, statement in prepared_statements() if str(statement.compile(dialect=dialect))]

    assert len(names) > 60


@BOTH
def test_every_table_can_be_made(dialect):
    for table in metadata.sorted_tables:
        assert str(CreateTable(table).compile(dialect=dialect))


values = Table(
    "values", MetaData(), Column("id", Integer, primary_key=True), Column("at", UtcDateTime), Column("price", Exact)
)


@pytest.fixture
def conn(tmp_path):
    engine = sqlite_engine(f"sqlite:///{tmp_path}/values.db")
    with engine.connect() as conn:
        values.create(conn)
        yield conn
    engine.dispose()


@pytest.mark.parametrize("microseconds", [0, 1, 999_999])
def test_a_moment_comes_back_aware_in_utc_and_sorts_by_time(conn, microseconds):
    shanghai = timezone(timedelta(hours=8))
    at = datetime(2026, 11, 22, 9, 0, 0, microseconds, tzinfo=shanghai)

    conn.execute(insert(values), [{"id": 1, "at": at}, {"id": 2, "at": at.astimezone(UTC) - timedelta(microseconds=1)}])
    found = conn.execute(select(values).order_by(values.c.at)).all()

    assert [row.id for row in found] == [2, 1]
    assert found[1].at == at
    assert found[1].at.utcoffset() == timedelta(0)


def test_a_moment_without_a_zone_is_refused(conn):
    with pytest.raises(StatementError, match="without a time zone"):
        conn.execute(insert(values), {"id": 1, "at": datetime(2026, 11, 22, 9)})  # noqa: DTZ001 - that is the point


@pytest.mark.parametrize("price", ["199.50", "0.1", "-0.000001", "12345678901234567890.12"])
def test_a_price_is_never_rounded(conn, price):
    conn.execute(insert(values), {"id": 1, "price": Decimal(price)})

    assert str(conn.execute(select(values.c.price)).scalar_one()) == price
