"""After an erasure: nothing of it in free pages, in the write-ahead log or in parts of the search index.

The engine has SQLite overwrite what is deleted; but a database from before it did has old
words in free pages, and the log holds pages as they were.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import psycopg
from sqlalchemy.engine import make_url

from crm_store import search_index
from crm_store.patience import Patience
from crm_store.rehearsal import RunsUnits

Outcome = Literal["rewritten", "overwritten", "log in use", "vacuumed"]
REWRITE_UP_TO = 256 * 2**20
"""Bytes of a SQLite file that is written anew in some seconds, in which nobody else can write."""
_PATIENCE = Patience(timedelta(seconds=5), rest=timedelta(milliseconds=100))


def scrub(store: RunsUnits, url: str) -> Outcome:
    """Leave nothing of what was erased where a reader of the files would find it; return how far that went.

    ``rewritten``: the whole file was. ``overwritten``: what was deleted is, and the log is
    empty. ``log in use``: as that, but somebody reads all the time; the log is emptied when
    they end. ``vacuumed``: PostgreSQL has cleared its tables; its own log is its operator's.
    """
    if not url.startswith("sqlite:"):
        with psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False),
                             autocommit=True) as conn:  # fmt: skip
            conn.execute("VACUUM")
        return "vacuumed"
    store.run_now(search_index.scrub)
    path = Path(make_url(url).database or "")
    small = path.stat().st_size <= REWRITE_UP_TO
    with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as db:
        db.execute("PRAGMA secure_delete=ON")
        if small:
            db.execute("VACUUM")
        if not _emptied(db):
            return "log in use"
    return "rewritten" if small else "overwritten"


def _emptied(db: Any) -> bool:
    def emptied() -> bool | None:
        busy, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return None if busy else True

    return _PATIENCE.until(emptied) is not None
