"""On PostgreSQL units run side by side; where two meet, one of them is run again and nothing is lost or doubled."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from crm_store.errors import ChangedMeanwhile, StoreBusy, StoreClosed
from crm_store.pool import MOST_RUNS
from crm_store.unit_of_work import Store

WITHIN = 20.0


@pytest.fixture
def store(postgres_url: str) -> Iterator[Store]:
    with psycopg.connect(postgres_url, autocommit=True) as conn:
        conn.execute("CREATE TABLE words (word text PRIMARY KEY, said int NOT NULL DEFAULT 0)")
    store = Store(postgres_url)
    yield store
    store.close()
    with psycopg.connect(postgres_url, autocommit=True) as conn:
        conn.execute("DROP TABLE words")


def add(conn: Connection, word: str) -> None:
    conn.execute(text("INSERT INTO words (word) VALUES (:word)"), {"word": word})


def say(conn: Connection, word: str) -> None:
    conn.execute(text("UPDATE words SET said = said + 1 WHERE word = :word"), {"word": word})


def words(store: Store) -> dict[str, int]:
    rows = store.read_now(lambda conn: conn.execute(text("SELECT word, said FROM words")).all())
    return {row.word: row.said for row in rows}


def test_units_run_at_the_same_time(store):
    both = threading.Barrier(2, timeout=WITHIN)

    def meet(conn: Connection, word: str) -> None:
        both.wait()  # neither could pass alone
        add(conn, word)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda word: store.run_now(meet, word), ["a", "b"]))

    assert set(words(store)) == {"a", "b"}


def test_who_comes_second_to_a_new_key_finds_it_when_run_again(store):
    both = threading.Barrier(2, timeout=WITHIN)
    runs: list[str] = []

    def find_or_add(conn: Connection) -> None:
        runs.append("run")
        known = conn.execute(text("SELECT 1 FROM words WHERE word = 'new'")).first()
        if len(runs) <= 2:
            both.wait()
        if known is None:
            add(conn, "new")
        say(conn, "new")

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda _: store.run_now(find_or_add), range(2)))

    assert words(store) == {"new": 2}
    assert len(runs) == 3


def test_a_deadlock_costs_one_of_them_a_second_run_and_nothing_else(store):
    store.run_now(add, "a")
    store.run_now(add, "b")
    both = threading.Barrier(2, timeout=WITHIN)
    runs: list[str] = []

    def crosswise(conn: Connection, first: str, second: str) -> None:
        runs.append(first)
        say(conn, first)
        if len(runs) <= 2:
            both.wait()
        say(conn, second)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda pair: store.run_now(crosswise, *pair), [("a", "b"), ("b", "a")]))

    assert words(store) == {"a": 2, "b": 2}
    assert len(runs) == 3


def test_what_changed_under_its_hands_is_done_again_a_few_times_and_then_told(store):
    runs: list[int] = []

    def unlucky(conn: Connection) -> None:
        runs.append(1)
        add(conn, f"try {len(runs)}")
        raise ChangedMeanwhile("again and again")

    with pytest.raises(ChangedMeanwhile):
        store.run_now(unlucky)

    assert len(runs) == MOST_RUNS
    assert words(store) == {}


def test_a_unit_whose_commit_fails_is_not_run_again(store, postgres_url):
    with psycopg.connect(postgres_url, autocommit=True) as conn:
        conn.execute("ALTER TABLE words ADD CONSTRAINT once UNIQUE (said) DEFERRABLE INITIALLY DEFERRED")
    store.run_now(add, "first")
    runs: list[int] = []

    def clash(conn: Connection) -> None:
        runs.append(1)
        add(conn, "second")  # with the same count, which is looked at when it commits

    with pytest.raises(IntegrityError):
        store.run_now(clash)

    assert len(runs) == 1
    assert words(store) == {"first": 0}


def test_connections_that_died_while_they_lay_idle_are_made_again(store, postgres_url):
    store.run_now(add, "before")
    assert words(store) == {"before": 0}

    with psycopg.connect(postgres_url, autocommit=True) as conn:
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    store.run_now(add, "after")

    assert words(store) == {"before": 0, "after": 0}


def test_a_unit_that_waits_for_another_unit_is_refused(store):
    with pytest.raises(RuntimeError, match="cannot wait for another"):
        store.run_now(lambda _conn: store.run_now(add, "inner"))

    assert words(store) == {}


def test_reading_writes_nothing(store):
    with pytest.raises(DBAPIError, match="read-only transaction"):
        store.read_now(add, "word")

    assert words(store) == {}


def test_what_is_read_is_one_snapshot(store):
    store.run_now(add, "a")

    def twice(conn: Connection) -> tuple[Any, Any]:
        count = text("SELECT count(*) FROM words")
        before = conn.execute(count).scalar_one()
        store.run_now(add, "b")
        return before, conn.execute(count).scalar_one()

    assert store.read_now(twice) == (1, 1)


def test_too_many_waiting_units_are_refused_and_the_others_done(postgres_url, store):
    few = Store(postgres_url, most_waiting=1)
    go = threading.Event()
    refused = 0
    with ThreadPoolExecutor(20) as threads:
        started = [threads.submit(few.run_now, lambda _conn: go.wait(WITHIN)) for _ in range(20)]
        next(as_completed(started, timeout=WITHIN))  # the first to be done is one that was refused
        go.set()
        for one in started:
            if isinstance(one.exception(), StoreBusy):
                refused += 1
    few.close()

    assert 1 <= refused <= 20 - 8 - 1
    with pytest.raises(StoreClosed):
        few.run_now(add, "late")
