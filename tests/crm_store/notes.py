"""A table of notes on a real file, for tests of how the store writes and not of what."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from crm_store.unit_of_work import Store

TABLES = (
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, word TEXT UNIQUE NOT NULL)",
    "CREATE TABLE answers (note INTEGER REFERENCES notes (id) DEFERRABLE INITIALLY DEFERRED)",
)


def a_file_for_notes(folder: Path) -> Path:
    path = folder / "notes.db"
    with sqlite3.connect(path) as db:
        for table in TABLES:
            db.execute(table)
    db.close()
    return path


def note(conn: Connection, word: str) -> str:
    """A unit that writes a note; the same word twice is refused by the database."""
    conn.exec_driver_sql("INSERT INTO notes (word) VALUES (?)", (word,))
    return word


def notes(conn: Connection) -> list[str]:
    return list(conn.exec_driver_sql("SELECT word FROM notes ORDER BY id").scalars())


def on_disk(path: Path) -> list[str]:
    """What another process would see."""
    db = sqlite3.connect(path)
    try:
        return [word for (word,) in db.execute("SELECT word FROM notes ORDER BY id")]
    finally:
        db.close()


@contextmanager
def held_up(store: Store) -> Iterator[None]:
    """Keep the writer busy, so that what is handed in meanwhile waits and is committed together."""
    begun, go_on = threading.Event(), threading.Event()

    def wait(_conn: Connection) -> None:
        begun.set()
        assert go_on.wait(30)

    holder = threading.Thread(target=store.run_now, args=(wait,))
    holder.start()
    assert begun.wait(30)
    try:
        yield
    finally:
        go_on.set()
        holder.join()


def raising(error: BaseException) -> Callable[[Connection, str], Any]:
    """A unit that writes a note and then fails."""

    def unit(conn: Connection, word: str) -> None:
        note(conn, word)
        raise error

    return unit


async def together(store: Store, *units: tuple[Callable[[Connection, str], Any], str]) -> list[Any]:
    """Run units (function, word) so that all of them wait at once; return results and errors in their order."""
    with held_up(store):
        tasks = [asyncio.ensure_future(store.run(*unit)) for unit in units]
        await asyncio.sleep(0)
    return await asyncio.gather(*tasks, return_exceptions=True)
