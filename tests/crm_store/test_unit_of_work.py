"""What callers of the store rely on: committed when it returns, together, apart when one fails, and snapshots."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError, OperationalError

from crm_store.errors import StoreBusy, StoreClosed
from crm_store.unit_of_work import Store
from crm_store.writer import MOST_IN_A_COMMIT
from tests.crm_store.notes import a_file_for_notes, held_up, note, notes, on_disk, raising, together


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return a_file_for_notes(tmp_path)


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{path}")
    yield store
    store.close()


def commits_of(store: Store) -> list[int]:
    """Grows by one with each commit of the writer."""
    commits: list[int] = []
    event.listen(store.writing_engine, "commit", lambda _conn: commits.append(1))
    return commits


async def test_what_a_unit_wrote_is_seen_by_others_when_run_returns(store, path):
    answer = await store.run(note, "hello")

    assert answer == "hello"
    assert on_disk(path) == ["hello"]


async def test_results_are_those_of_each_caller(store):
    results = await asyncio.gather(*(store.run(note, f"word {n}") for n in range(300)))

    assert results == [f"word {n}" for n in range(300)]
    assert sorted(await store.read(notes)) == sorted(results)


def test_what_was_answered_survives_the_kill_of_the_process(path):
    script = (
        "import os, signal\n"
        "from crm_store.unit_of_work import Store\n"
        "from tests.crm_store.notes import note\n"
        f"store = Store('sqlite:///{path}')\n"
        "for n in range(20):\n"
        "    store.run_now(note, f'word {n}')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )

    killed = subprocess.run([sys.executable, "-c", script], check=False, timeout=60)

    assert killed.returncode == -9
    assert on_disk(path) == [f"word {n}" for n in range(20)]


async def test_units_that_wait_are_committed_together(store):
    commits = commits_of(store)

    await together(store, *[(note, f"word {n}") for n in range(MOST_IN_A_COMMIT)])

    assert len(commits) == 2, "one for the unit that held the writer up, one for all others"


async def test_units_are_written_in_the_order_of_their_coming(store):
    words = [f"word {n}" for n in range(2 * MOST_IN_A_COMMIT)]

    await together(store, *[(note, word) for word in words])

    assert await store.read(notes) == words


async def test_a_unit_that_fails_harms_nobody_else(store):
    results = await together(
        store, (note, "a"), (raising(ValueError("no")), "b"), (note, "c"), (note, "a"), (note, "d")
    )

    assert results[0] == "a"
    assert isinstance(results[1], ValueError)
    assert results[2] == "c"
    assert isinstance(results[3], IntegrityError)
    assert results[4] == "d"
    assert await store.read(notes) == ["a", "c", "d"], "exactly once each, and nothing of those that failed"


async def test_a_unit_may_fall_back_on_a_savepoint_of_its_own(store):
    def careful(conn, word):
        try:
            with conn.begin_nested():
                note(conn, word)
        except IntegrityError:
            note(conn, f"{word} again")
        return word

    results = await together(store, (note, "a"), (careful, "a"), (raising(ValueError("no")), "x"), (careful, "b"))

    assert results[1] == "a"
    assert results[3] == "b"
    assert await store.read(notes) == ["a", "a again", "b"]


async def test_a_unit_whose_caller_has_gone_before_it_began_is_left_out(store):
    with held_up(store):
        gone = asyncio.ensure_future(store.run(note, "gone"))
        stays = asyncio.ensure_future(store.run(note, "stays"))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)

    assert await stays == "stays"
    assert await store.read(notes) == ["stays"]


async def test_too_many_waiting_are_refused_at_once(path):
    store = Store(f"sqlite:///{path}", most_waiting=3)
    with held_up(store):
        waiting = [asyncio.ensure_future(store.run(note, f"word {n}")) for n in range(3)]
        await asyncio.sleep(0)

        with pytest.raises(StoreBusy):
            await store.run(note, "one too many")

    await asyncio.gather(*waiting)
    store.close()
    assert on_disk(path) == ["word 0", "word 1", "word 2"]


async def test_closing_finishes_what_waits_and_then_refuses(store, path):
    with held_up(store):
        waiting = [asyncio.ensure_future(store.run(note, f"word {n}")) for n in range(100)]
        await asyncio.sleep(0)
        closing = asyncio.get_running_loop().run_in_executor(None, store.close)

    await closing
    assert [await task for task in waiting] == [f"word {n}" for n in range(100)]
    assert len(on_disk(path)) == 100
    with pytest.raises(StoreClosed):
        await store.run(note, "late")
    with pytest.raises(StoreClosed):
        store.run_now(note, "late")
    with pytest.raises(StoreClosed):
        await store.read(notes)
    with pytest.raises(StoreClosed):
        store.read_now(notes)
    store.close()  # a second time does nothing


async def test_a_reader_sees_one_moment_while_others_write(store):
    await store.run(note, "before")

    def look_twice(conn):
        first = notes(conn)
        store.run_now(note, "meanwhile")
        return first, notes(conn)

    first, second = await store.read(look_twice)

    assert first == second == ["before"]
    assert await store.read(notes) == ["before", "meanwhile"]


async def test_a_query_that_writes_is_refused(store):
    with pytest.raises(OperationalError, match="readonly"):
        await store.read(note, "sneaked in")

    assert await store.read(notes) == []


def test_two_processes_write_to_one_file(store, path):
    script = (
        "import sys\n"
        "from crm_store.unit_of_work import Store\n"
        "from tests.crm_store.notes import note\n"
        f"store = Store('sqlite:///{path}')\n"
        "for n in range(100):\n"
        "    store.run_now(note, f'theirs {n}')\n"
        "store.close()\n"
    )
    other = subprocess.Popen([sys.executable, "-c", script])

    ours = [store.run_now(note, f"ours {n}") for n in range(100)]
    assert other.wait(60) == 0

    words = store.read_now(notes)
    assert [word for word in words if word.startswith("ours")] == ours
    assert [word for word in words if word.startswith("theirs")] == [f"theirs {n}" for n in range(100)]
