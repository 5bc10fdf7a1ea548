"""A prepared statement does what SQLAlchemy's own way does, on both databases: values, errors, listeners."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from sqlalchemy import Boolean, Column, Connection, Integer, MetaData, String, Table, bindparam, event, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError, IntegrityError

from crm_store.base import Exact, Json, UtcDateTime
from crm_store.prepared import Prepared
from crm_store.unit_of_work import Store

things = Table(
    "things",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", String, unique=True),
    Column("at", UtcDateTime),
    Column("price", Exact),
    Column("about", Json),
    Column("good", Boolean, default=False),
)
ADD = Prepared(insert(things))
ADD_ONCE = Prepared(insert(things).on_conflict_do_nothing(index_elements=["name"]).returning(things.c.id))
BY_NAME = Prepared(select(things, (things.c.id > 1).label("later")).where(things.c.name == bindparam("name")))
RENAME = Prepared(update(things).where(things.c.name == bindparam("old")).values(name=bindparam("new"), good=True))

AT = datetime(2026, 11, 22, 9, 0, 0, 5, tzinfo=timezone(timedelta(hours=8)))
CUP = {"id": 1, "name": "杯子", "at": AT, "price": Decimal("19.90"), "about": {"color": "蓝"}, "good": True}
NOTHING = {"id": 2, "name": "100%", "at": None, "price": None, "about": None, "good": False}


@pytest.fixture
def store(empty_store: Store) -> Iterator[Store]:
    empty_store.run_now(things.create)
    yield empty_store
    empty_store.run_now(things.drop)


@contextmanager
def watched(store: Store) -> Iterator[list[str]]:
    """Listen to the engine, so that the ordinary way is taken."""
    seen: list[str] = []

    def executed(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(store.writing_engine, "before_cursor_execute", executed)
    yield seen
    event.remove(store.writing_engine, "before_cursor_execute", executed)


def fill(conn: Connection) -> None:
    ADD.run_each(conn, [CUP, NOTHING])


def found(conn: Connection, name: str) -> dict[str, Any] | None:
    row = BY_NAME.one_or_none(conn, {"name": name})
    return None if row is None else row._asdict()


def everything(conn: Connection) -> Any:
    """Do all that there is to do; return what came of it."""
    fill(conn)
    again = ADD_ONCE.all(conn, {**CUP, "id": 3})
    new = ADD_ONCE.one_or_none(conn, {**CUP, "id": 3, "name": "cup"})
    met = RENAME.run(conn, {"old": "cup", "new": "mug"}), RENAME.run(conn, {"old": "nobody", "new": "x"})
    return again, new.id, met, found(conn, "杯子"), found(conn, "100%"), found(conn, "mug"), found(conn, "cup")


def test_what_is_written_is_read_back_as_it_was(store):
    again, new, met, cup, nothing, mug, cup_in_english = store.run_now(everything)

    assert (again, new, met) == ([], 3, (1, 0))
    assert cup == {**CUP, "later": False}
    assert cup["at"].tzinfo is UTC
    assert nothing == {**NOTHING, "later": True}
    assert (mug["name"], mug["good"], cup_in_english) == ("mug", True, None)


def test_who_listens_to_the_engine_hears_of_each_statement_and_nothing_else_changes(store):
    with watched(store) as seen:
        with_listener = store.run_now(everything)
    store.run_now(lambda conn: conn.execute(things.delete()))

    assert len([one for one in seen if "things" in one]) == 9
    assert store.run_now(everything) == with_listener


def test_what_a_failed_unit_wrote_is_gone(store):
    def fails(conn: Connection) -> None:
        fill(conn)
        raise LookupError

    with pytest.raises(LookupError):
        store.run_now(fails)

    assert store.run_now(found, "杯子") is None


def test_an_error_is_sqlalchemys_and_hides_what_customers_said(store):
    store.run_now(fill)

    with pytest.raises(IntegrityError) as caught:
        store.run_now(lambda conn: ADD.run(conn, {**CUP, "id": 4, "about": {"said": "a secret"}}))

    assert "a secret" not in str(caught.value)
    assert store.run_now(found, "杯子") is not None


def test_outside_a_transaction_one_is_begun(store):
    with store.writing_engine.connect() if store.is_shared else store._reading.connect() as conn:
        assert BY_NAME.all(conn, {"name": "杯子"}) == []
        assert conn.in_transaction()


def test_the_same_statement_takes_other_columns_another_time(store):
    store.run_now(lambda conn: ADD.run(conn, {"id": 1, "name": "a", "good": True}))
    store.run_now(lambda conn: ADD.run(conn, {"name": "b", "id": 2, "good": False, "about": [1]}))

    assert store.run_now(found, "a")["about"] is None
    assert store.run_now(found, "b")["about"] == [1]


def test_a_parameter_that_is_missing_is_named(store):
    with pytest.raises((KeyError, DBAPIError), match="new"):
        store.run_now(lambda conn: RENAME.run(conn, {"old": "a"}))


@pytest.mark.parametrize(
    ("statement", "params"),
    [
        (select(things).where(things.c.id.in_(bindparam("ids", expanding=True))), {"ids": [1, 2]}),
        (insert(things), {"id": 1, "name": "the default of good is Python's"}),
    ],
    ids=["expanding", "default"],
)
def test_what_is_not_the_same_each_time_is_refused(store, statement, params):
    with pytest.raises(ValueError, match="not to be prepared"):
        store.run_now(lambda conn: Prepared(statement).run(conn, params))


def test_a_connection_that_died_is_not_used_again(store):
    if not store.is_shared:
        pytest.skip("a file has no connection to lose")
    runs: list[int] = []

    def cut_off(conn: Connection) -> None:
        runs.append(1)
        (own,) = conn.exec_driver_sql("SELECT pg_backend_pid()").scalars()
        fill(conn)
        if len(runs) == 1:
            with psycopg.connect(store.url, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s, 5000)", (own,))
        found(conn, "杯子")

    store.run_now(cut_off)

    assert len(runs) == 2
    assert store.run_now(found, "杯子") is not None


def test_a_unit_that_writes_where_only_reading_is_allowed_is_refused(store):
    with pytest.raises(DBAPIError, match=r"read-?only"):
        store.read_now(fill)
