"""Migrations lead to exactly the tables that the models declare, there and back again."""

import re
import shutil
import sqlite3
from datetime import UTC, datetime

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import func, inspect, select
from sqlalchemy.exc import DBAPIError

from crm_store import agents, customers, history, schema
from crm_store.engines import open_engine
from crm_store.models import metadata
from crm_store.search_index import is_ours
from crm_store.unit_of_work import Store
from tests.crm_store.planting import plant

NOW = datetime(2026, 11, 22, 1, tzinfo=UTC)


@pytest.fixture
def url(bare_database_url: str) -> str:
    return bare_database_url


def layout(url: str) -> dict[str, list[str]]:
    """Every table, column and index, and what belongs to them; in what order they stand is all the same."""
    return layout_on_postgres(url) if url.startswith("postgresql") else layout_on_sqlite(url)


def layout_on_postgres(url: str) -> dict[str, list[str]]:
    """Columns with their types, indexes and constraints as PostgreSQL writes them down itself."""
    with psycopg.connect(url) as db:
        rows = db.execute(
            "SELECT table_name || '.' || column_name, data_type || ' ' || is_nullable || ' ' || is_identity"
            " || coalesce(' ' || regexp_replace(column_default, '[0-9]+', ''), '')"
            " FROM information_schema.columns WHERE table_schema = 'public'"
            " UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
            " UNION ALL SELECT conrelid::regclass || ' ' || conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace"
            " UNION ALL SELECT 'trigger ' || tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
            " UNION ALL SELECT 'function ' || proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        ).fetchall()
    return {name: [text] for name, text in rows if not name.startswith("alembic")}


def layout_on_sqlite(url: str) -> dict[str, list[str]]:
    """The parts of the texts that made the tables and indexes."""
    db = sqlite3.connect(url.removeprefix("sqlite:///"))
    rows = db.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'alembic%'")
    found = {f"{kind} {name}": sorted(re.findall(r"[^\s(),\"]+", sql)) for kind, name, sql in rows}
    db.close()
    return found


def differences(url: str) -> list:
    engine = open_engine(url)
    with engine.connect() as conn:
        context = MigrationContext.configure(
            conn, opts={"compare_type": True, "target_metadata": metadata, "include_name": is_ours}
        )
        found = compare_metadata(context, metadata)
    engine.dispose()
    return found


def fill(url: str) -> None:
    store = Store(url)
    store.run_now(customers.add, id="c1", created_at=NOW, name="陈小姐")
    store.run_now(history.record, at=NOW, kind="message.in", by="customer", customer_id="c1", text="你好")
    store.close()


def test_migrations_make_what_the_models_declare(url, database_url):
    schema.upgrade(url)

    assert differences(url) == []
    assert layout(url) == layout(database_url), "the predicates of partial indexes, too"


def test_a_migrated_database_says_that_it_is_current(url):
    assert not schema.is_current(url)

    schema.upgrade(url)
    assert schema.is_current(url)

    schema.downgrade(url, "base")
    assert not schema.is_current(url)


def test_upgrading_again_changes_nothing(url):
    schema.upgrade(url)
    fill(url)
    before = layout(url)

    schema.upgrade(url)

    store = Store(url)
    assert [entry.text for entry in store.read_now(history.timeline, "c1")] == ["你好"]
    store.close()
    assert layout(url) == before


def test_a_database_with_data_goes_down_to_nothing_and_up_again(url):
    schema.upgrade(url)
    fill(url)
    before = layout(url)

    schema.downgrade(url, "base")
    assert layout(url) == {}

    schema.upgrade(url)
    assert layout(url) == before
    fill(url)


def rows_of(url: str) -> dict[str, int]:
    """Return how many rows each table of the models has that is there."""
    engine = open_engine(url)
    with engine.connect() as conn:
        there = set(inspect(conn).get_table_names()) & set(metadata.tables)
        found = {
            name: conn.execute(select(func.count()).select_from(metadata.tables[name])).scalar_one() for name in there
        }
    engine.dispose()
    return found


def test_with_something_in_every_table_of_a_customer_each_migration_goes_down_and_up_again(url):
    schema.upgrade(url)
    store = Store(url)
    store.run_now(lambda conn: agents.ensure(conn, "li", now=NOW, role="agent"))
    store.run_now(plant)
    store.close()
    full, before = rows_of(url), layout(url)
    revisions = sorted(path.name[:4] for path in (schema.MIGRATIONS / "versions").glob("[0-9]*.py"))

    for revision in reversed(revisions[:-1]):
        schema.downgrade(url, revision)
    oldest = rows_of(url)
    for revision in revisions[1:]:
        schema.upgrade(url, revision)

    assert all(oldest[name] == full[name] for name in oldest), "what was there from the beginning stays"
    assert {name: count for name, count in rows_of(url).items() if count < oldest.get(name, 0)} == {}
    assert layout(url) == before
    assert differences(url) == []
    schema.downgrade(url, "base")
    assert layout(url) == {}
    schema.upgrade(url)
    assert layout(url) == before


def test_a_migration_that_fails_leaves_nothing_behind(url, tmp_path, monkeypatch):
    schema.upgrade(url)
    before = layout(url)
    migrations = tmp_path / "migrations"
    shutil.copytree(schema.MIGRATIONS, migrations, ignore=shutil.ignore_patterns("__pycache__"))
    (migrations / "versions" / "9999_broken.py").write_text(
        "from alembic import op\n"
        f"revision, down_revision, branch_labels, depends_on = '9999', '{schema.newest()}', None, None\n"
        "def upgrade():\n"
        "    op.execute('CREATE TABLE half (id INTEGER)')\n"
        "    op.execute('CREATE TABLE customers (id INTEGER)')\n"
        "def downgrade(): ...\n"
    )
    monkeypatch.setattr(schema, "MIGRATIONS", migrations)

    with pytest.raises(DBAPIError, match="already exists"):
        schema.upgrade(url)

    assert layout(url) == before
    assert not schema.is_current(url)
    monkeypatch.undo()
    assert schema.is_current(url)
