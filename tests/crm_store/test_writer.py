"""Whoever hands in a unit gets an answer, whatever happens, and afterwards the store works again."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError, OperationalError

from crm_store.errors import StoreClosed
from crm_store.unit_of_work import Store
from crm_store.writer import MOST_IN_A_COMMIT, Writer
from tests.crm_store.notes import a_file_for_notes, held_up, note, notes, on_disk, raising, together


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return a_file_for_notes(tmp_path)


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{path}")
    yield store
    store.close()


class Stop(BaseException):
    """No Exception, as KeyboardInterrupt and SystemExit are none."""


HARD_TO_CARRY = [Stop(), StopIteration(), MemoryError(), GeneratorExit(), asyncio.CancelledError()]


@pytest.mark.parametrize("error", HARD_TO_CARRY, ids=lambda error: type(error).__name__)
async def test_whatever_a_unit_raises_reaches_its_caller_and_the_writer_goes_on(store, error):
    among_others = await together(store, (note, "a"), (raising(error), "b"), (note, "c"))
    alone = await together(store, (raising(error), "alone"))

    for raised in (among_others[1], alone[0]):
        assert type(error) in (type(raised), type(raised.__cause__))
    assert among_others[::2] == ["a", "c"]
    assert await store.run(note, "later") == "later"
    assert await store.read(notes) == ["a", "c", "later"]


@pytest.mark.parametrize("error", HARD_TO_CARRY, ids=lambda error: type(error).__name__)
async def test_whatever_a_query_raises_reaches_its_caller(store, error):
    def query(_conn):
        raise error

    raised = (await asyncio.gather(store.read(query), return_exceptions=True))[0]

    assert type(error) in (type(raised), type(raised.__cause__))


async def test_a_commit_that_the_database_refuses_is_everybodys_error(store):
    def answer_to_nothing(conn, word):
        note(conn, word)
        conn.exec_driver_sql("INSERT INTO answers (note) VALUES (4711)")  # checked when the transaction commits

    results = await together(store, (note, "a"), (answer_to_nothing, "b"), (note, "c"))

    assert [type(result) for result in results] == [IntegrityError] * 3
    assert await store.run(note, "later") == "later"
    assert await store.read(notes) == ["later"]


@pytest.mark.parametrize("how_many", [1, 3])
async def test_a_commit_that_fails_is_everybodys_error(store, how_many):
    # The unit that holds the writer up has a commit of its own before theirs.
    fates = [None, OperationalError("COMMIT", None, sqlite3.OperationalError("disk I/O error"))]

    def commit(_conn):
        if fates and (fate := fates.pop(0)) is not None:
            raise fate

    event.listen(store.writing_engine, "commit", commit)
    with held_up(store):
        waiting = [asyncio.ensure_future(store.run(note, f"word {n}")) for n in range(how_many)]
        await asyncio.sleep(0)
    results = await asyncio.gather(*waiting, return_exceptions=True)

    assert [type(result) for result in results] == [OperationalError] * how_many
    assert await store.run(note, "later") == "later"
    assert await store.read(notes) == ["later"]


@pytest.mark.parametrize("how_many", [1, 3])
async def test_a_transaction_that_cannot_begin_is_everybodys_error(store, path, how_many):
    failing = [sqlite3.OperationalError("database is locked")]

    def fail(_conn, _cursor, statement, *_more):
        if failing and statement.startswith("BEGIN"):
            raise OperationalError(statement, None, failing.pop())

    with held_up(store):
        waiting = [asyncio.ensure_future(store.run(note, f"word {n}")) for n in range(how_many)]
        await asyncio.sleep(0)
        event.listen(store.writing_engine, "before_cursor_execute", fail)
    results = await asyncio.gather(*waiting, return_exceptions=True)

    assert [type(result) for result in results] == [OperationalError] * how_many
    assert await store.run(note, "later") == "later"
    assert on_disk(path) == ["later"]


async def test_a_full_disk_is_everybodys_error_and_nobody_is_told_that_it_was_written(store, path):
    pages = store.run_now(lambda conn: conn.exec_driver_sql("PRAGMA page_count").scalar_one())

    def too_much(conn, word):
        # SQLite ends the whole transaction by itself when the disk is full.
        conn.exec_driver_sql(f"PRAGMA max_page_count={pages + 2}")
        try:
            note(conn, word * 100_000)
        finally:
            conn.exec_driver_sql("PRAGMA max_page_count=1000000")

    results = await together(store, (note, "a"), (too_much, "b"), (note, "c"))

    written = [result for result in results if isinstance(result, str)]
    assert written == on_disk(path)
    assert isinstance(results[1], Exception)
    assert await store.run(note, "later") == "later"
    assert on_disk(path) == [*written, "later"]


async def test_a_unit_that_ends_the_transaction_itself_is_found_out(store, path):
    def meddle(conn, word):
        conn.exec_driver_sql("ROLLBACK")
        note(conn, word)

    def meddle_and_fail(conn, word):
        meddle(conn, word)
        raise ValueError(word)

    results = await together(store, (note, "a"), (meddle_and_fail, "b"), (note, "c"))

    assert [result for result in results if isinstance(result, str)] == [word for word in on_disk(path) if word != "b"]
    assert await store.run(note, "later") == "later"


async def test_a_database_that_cannot_be_opened_is_each_callers_error_until_it_can(tmp_path):
    path = tmp_path / "notes.db"
    path.mkdir()
    store = Store(f"sqlite:///{path}")

    results = await asyncio.gather(store.run(note, "a"), store.run(note, "b"), return_exceptions=True)
    path.rmdir()
    a_file_for_notes(tmp_path)

    assert [type(result) for result in results] == [OperationalError] * 2
    assert await store.run(note, "later") == "later"
    store.close()


async def test_a_unit_that_runs_another_one_is_refused_and_does_not_wait_for_itself(store):
    def unit(_conn):
        store.run_now(note, "inner")

    with pytest.raises(RuntimeError, match="cannot wait for another"):
        await asyncio.wait_for(store.run(unit), 30)

    assert await store.run(note, "later") == "later"


def test_units_handed_in_while_the_store_closes_are_written_or_refused(path):
    for _ in range(20):
        store = Store(f"sqlite:///{path}")
        fates: list[str] = []

        def hand_in(word: str, store: Store = store, fates: list[str] = fates) -> None:
            try:
                fates.append(store.run_now(note, word))
            except (StoreClosed, IntegrityError) as exc:
                fates.append(type(exc).__name__)

        callers = [threading.Thread(target=hand_in, args=(f"word {n}",)) for n in range(8)]
        for caller in callers:
            caller.start()
        store.close()
        for caller in callers:
            caller.join(30)

        assert len(fates) == 8, "somebody still waits"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_nobody_waits_for_a_writer_that_ended_by_what_nobody_thought_of(path, monkeypatch):
    store = Store(f"sqlite:///{path}")

    def fail(_self, _batch):
        raise Stop

    with held_up(store):
        monkeypatch.setattr(Writer, "_outcomes", fail)
        waiting = [asyncio.ensure_future(store.run(note, f"word {n}")) for n in range(MOST_IN_A_COMMIT + 2)]
        await asyncio.sleep(0)
    results = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 30)

    assert {type(result) for result in results} == {StoreClosed}
    with pytest.raises(StoreClosed):
        await store.run(note, "later")
    store.close()


async def test_a_loop_that_is_busy_or_gone_leaves_no_unit_unwritten(store):
    waiting = asyncio.ensure_future(store.run(note, "of a busy loop"))
    await asyncio.sleep(0)

    store.run_now(note, "while the loop waits for us")

    assert await waiting == "of a busy loop"
    assert await store.read(notes) == ["of a busy loop", "while the loop waits for us"]


def test_a_unit_whose_loop_has_stopped_is_written_all_the_same(store):
    async def hand_in():
        handed_in = asyncio.ensure_future(store.run(note, "of a loop that stopped"))
        await asyncio.sleep(0)
        return [handed_in]

    loop = asyncio.new_event_loop()
    with held_up(store):
        [handed_in] = loop.run_until_complete(hand_in())
    store.run_now(note, "later")

    assert store.read_now(notes) == ["of a loop that stopped", "later"]
    assert loop.run_until_complete(handed_in) == "of a loop that stopped"
    loop.close()
