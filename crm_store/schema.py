"""The tables: brought to the present form by migrations, or made at once for a world that is thrown away."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_mock_engine, event, func, select
from sqlalchemy.schema import ExecutableDDLElement

from crm_store import models
from crm_store.engines import kind_of, open_engine
from crm_store.writer import BEGIN

MIGRATIONS = Path(__file__).with_name("migrations")
_ONE_AT_A_TIME = 0x5348554B45  # "SHUKE": several processes that start together bring the database up to date once


def upgrade(url: str, revision: str = "head") -> None:
    """Bring a database to a revision, creating it where there is none; each migration is one transaction."""
    _migrate(url, command.upgrade, revision)


def downgrade(url: str, revision: str) -> None:
    """Take a database back to an earlier revision; what the later tables held is gone."""
    _migrate(url, command.downgrade, revision)


def is_current(url: str) -> bool:
    """Return whether the database stands at the newest migration."""
    engine = open_engine(url)
    try:
        with engine.connect() as conn:
            present = MigrationContext.configure(conn).get_current_revision()
        return present == newest()
    finally:
        engine.dispose()


def revisions() -> frozenset[str]:
    """Return the forms of the database that this program knows."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def newest() -> str:
    """Return the form that this program works with."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None, "there are migrations"
    return head


def create(conn: Connection) -> None:
    """Make all tables at once, without migrations: a unit of work for a store that is new."""
    for statement in _statements(conn.dialect.name):
        conn.exec_driver_sql(statement)


@cache
def _statements(dialect: str) -> tuple[str, ...]:
    """Return what makes the tables: to word it takes longer than to make them, and worlds are begun by the hundred."""
    made: list[str] = []

    def note(statement: ExecutableDDLElement, *_: object, **__: object) -> None:
        made.append(str(statement.compile(dialect=engine.dialect)))

    engine = create_mock_engine(f"{dialect}://", note)
    models.metadata.create_all(engine, checkfirst=False)
    return tuple(made)


def _migrate(url: str, step: Callable[[Config, str], None], revision: str) -> None:
    engine = open_engine(url)
    is_sqlite = kind_of(url) == "sqlite"

    def begin(conn: Connection) -> None:
        conn.exec_driver_sql(BEGIN)

    if is_sqlite:
        event.listen(engine, "begin", begin)
    try:
        with engine.connect() as conn:
            if not is_sqlite:
                conn.execute(select(func.pg_advisory_lock(_ONE_AT_A_TIME)))
                conn.commit()
            config = _config()
            config.attributes["connection"] = conn
            step(config, revision)
    finally:
        engine.dispose()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
