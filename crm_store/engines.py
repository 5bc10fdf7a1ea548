"""How each database is opened: what its connections are told before anything else."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import orjson
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool

from crm_store.errors import StoreError

Kind = Literal["sqlite", "postgresql"]
GIVEN_TIME = "_shuke_given_time"
"""Set on a dialect whose leases follow the caller's clock instead of the database's (`crm_store.leases`)."""
_IDLE_AT_MOST = 60_000
"""Milliseconds that a transaction may do nothing: whoever forgot it must not hold its rows for ever."""


def kind_of(url: str) -> Kind:
    """Return which database a URL names.

    Raises:
        StoreError: it is no URL, or names another database.
    """
    try:
        name = make_url(url).get_backend_name()
    except ArgumentError:
        name = ""
    if name == "sqlite":
        return "sqlite"
    if name == "postgresql":
        return "postgresql"
    raise StoreError("the store's URL has to be sqlite:///PATH or postgresql://USER@HOST/NAME")


def open_engine(
    url: str, *, pool_size: int = 1, durable: bool = True, read_only: bool = False, given_time: bool = False
) -> Engine:
    """Return an engine for either database; ``durable=False`` spares the disk for what is thrown away anyhow."""
    if kind_of(url) == "sqlite":
        return sqlite_engine(url, pool_size=pool_size, durable=durable, read_only=read_only)
    return postgres_engine(url, pool_size=pool_size, durable=durable, read_only=read_only, given_time=given_time)


def sqlite_engine(url: str, *, pool_size: int = 1, durable: bool = True, read_only: bool = False) -> Engine:
    """Return an engine in WAL mode that checks foreign keys and reads JSON by orjson.

    Its transactions have to be begun by hand, with `crm_store.writer.BEGIN`. A listener would do it
    for us, but an engine with any listener asks for more of them at each statement,
    a tenth of what a statement costs.
    """
    path = make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = _engine(url, pool_size, {"check_same_thread": False, "timeout": 10, "cached_statements": 512})

    def prepare(dbapi_connection: Any, _record: Any) -> None:
        # The driver would begin transactions on its own, and deferred.
        dbapi_connection.isolation_level = None
        synchronous = "synchronous=FULL" if durable else "synchronous=OFF"
        # What is deleted is gone from the file too, however SQLite was built.
        for pragma in ("busy_timeout=10000", "journal_mode=WAL", synchronous, "foreign_keys=ON", "secure_delete=ON"):
            dbapi_connection.execute(f"PRAGMA {pragma}")
        if read_only:
            dbapi_connection.execute("PRAGMA query_only=ON")

    event.listen(engine, "connect", prepare)
    return engine


def postgres_engine(
    url: str, *, pool_size: int = 1, durable: bool = True, read_only: bool = False, given_time: bool = False
) -> Engine:
    """Return an engine on psycopg 3; what only reads sees one snapshot for each transaction."""
    # Our questions are short: compiling one, where the planner thinks it dear, costs a hundred times its answer.
    options = f"-c timezone=UTC -c jit=off -c idle_in_transaction_session_timeout={_IDLE_AT_MOST}"
    if not durable:
        options += " -c synchronous_commit=off"
    engine = _engine(driver_url(url), pool_size, {**CONNECT, "options": options})
    setattr(engine.dialect, GIVEN_TIME, given_time)

    def prepare(dbapi_connection: Any, _record: Any) -> None:
        if read_only:
            from psycopg import IsolationLevel

            dbapi_connection.isolation_level = IsolationLevel.REPEATABLE_READ
            dbapi_connection.read_only = True

    event.listen(engine, "connect", prepare)
    return engine


CONNECT: dict[str, Any] = {
    "connect_timeout": 10,
    "application_name": "shuke",
    "keepalives_idle": 30,
    "keepalives_interval": 10,
}
"""A server that is gone without a word is noticed within a minute or so."""


def driver_url(url: str) -> URL:
    """Return a postgresql:// URL with the driver that we speak it by."""
    return make_url(url).set(drivername="postgresql+psycopg")


def _engine(url: str | URL, pool_size: int, connect_args: dict[str, Any]) -> Engine:
    return create_engine(
        url,
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,  # customers' words are among them, and errors reach logs
        connect_args=connect_args,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
    )
