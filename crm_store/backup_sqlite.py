"""Backups of a SQLite database: taken while it is in use, checked before they count, put back with the old one kept.

A backup is one file, the database itself; it is written beside its place under
another name and renamed when it is whole, checked and on the disk.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import make_url

from crm_store import schema
from crm_store.backup_files import OURS, Backup, Before, Progress, check_form, nothing_before, written_beside
from crm_store.errors import BackupError

PAGES_AT_A_TIME = 2_000
SUFFIX = ".db"
_BESIDE = ("-wal", "-shm")


def is_there(url: str) -> bool:
    """Return whether there is a database file."""
    return file_of(url).is_file()


def refuse_while_in_use(url: str) -> None:
    """The lock that a running Shuke holds on the file's neighbour says that already."""


def backup(url: str, target: Path, *, force: bool = False, progress: Progress) -> Backup:
    """Copy the database as it is now into ``target``, readable by its owner alone; others go on working meanwhile.

    Raises:
        BackupError: the file is there already, or cannot be written, or the copy is not whole; ``target`` is as before.
    """
    source = file_of(url)
    if not source.is_file():
        raise BackupError(f"{source}: there is no database to back up; ./shuke db upgrade makes one")
    if target.exists() and not force:
        raise BackupError(f"{target}: is there already; name another file, or overwrite it with --force")
    if target.exists() and target.samefile(source):
        raise BackupError(f"{target}: is the database itself; name another file")
    with written_beside(target) as part:
        _copy(source, part, progress)
        checked = verify(part)
    return Backup(target, checked.revision, checked.size)


def verify(file: Path) -> Backup:
    """Look whether a file is a whole database of ours that this program can bring up to date.

    Raises:
        BackupError: it is not; the text says what it is instead.
    """
    if not file.is_file():
        raise BackupError(f"{file}: there is no such file; name a backup that is there")
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as db:
            tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if "alembic_version" not in tables or not tables.issuperset(OURS):
                raise BackupError(f"{file}: is a database, but none of ours; name a backup by ./shuke db backup")
            found = [told for (told,) in db.execute("PRAGMA integrity_check(1)")]
            revisions = [name for (name,) in db.execute("SELECT version_num FROM alembic_version")]
    except sqlite3.DatabaseError as exc:
        raise BackupError(f"{file}: is no database, or not whole ({exc}); name another backup") from None
    if found != ["ok"]:
        raise BackupError(f"{file}: is damaged; name another backup")
    check_form(file, revisions)
    return Backup(file, revisions[0], file.stat().st_size)


def restore(url: str, file: Path, *, stamp: str, progress: Progress, before: Before = nothing_before) -> Path | None:
    """Put a backup in the database's place and bring it up to date; return where the replaced one is kept, if any.

    ``stamp`` names what is kept; ``before`` gets the new database's address when it is up to date.
    The caller sees to it that nobody begins to work on the database.

    Raises:
        BackupError: the file is not whole or not ours, or somebody works on the database; nothing has changed.
    """
    verify(file)
    target = file_of(url)
    if target.exists() and target.samefile(file):
        raise BackupError(f"{file}: is the database itself; name a backup")
    target.parent.mkdir(parents=True, exist_ok=True)
    kept = None
    with written_beside(target) as part:
        _copy(file, part, progress)
        schema.upgrade(f"sqlite:///{part}")
        before(f"sqlite:///{part}")
        _one_file(part)
        verify(part)
        if target.exists():
            kept = _keep(target, target.with_name(f"{target.name}.replaced-{stamp}"))
    return kept


def file_of(url: str) -> Path:
    """Return the file of a ``sqlite:///`` address."""
    return Path(make_url(url).database or "")


def _keep(target: Path, kept: Path) -> Path:
    """Leave the database under another name too, with what has not been written into its file yet."""
    if kept.exists():
        raise BackupError(f"{kept}: is there already; move it away")
    try:
        _one_file(target)
    except sqlite3.OperationalError:
        raise BackupError(f"{target}: somebody works on it; stop every shuke first") from None
    except sqlite3.DatabaseError:
        # Damaged: that may be why it is replaced. Whoever wants to save something from it needs all three files.
        for ending in _BESIDE:
            with contextlib.suppress(FileNotFoundError):
                os.rename(f"{target}{ending}", f"{kept}{ending}")
    os.link(target, kept)
    return kept


def _one_file(path: Path) -> None:
    """Write everything into the database's one file; fails with OperationalError where anybody else has it open."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=2)) as db:
        [(mode,)] = db.execute("PRAGMA journal_mode=DELETE")
        if mode != "delete":
            raise sqlite3.OperationalError("the database is in use")


def _copy(source: Path, target: Path, progress: Progress) -> None:
    def told(_status: int, left: int, pages: int) -> None:
        progress(1 - left / max(pages, 1))

    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as there,
            closing(sqlite3.connect(target)) as here,
        ):
            there.isolation_level = None
            # One snapshot for the whole copy: else each commit of others would begin it anew.
            there.execute("BEGIN")
            there.execute("SELECT count(*) FROM sqlite_master").fetchone()
            there.backup(here, pages=PAGES_AT_A_TIME, progress=told)
        _one_file(target)
    except sqlite3.Error as exc:
        raise BackupError(f"{source}: could not be copied to {target.parent} ({exc})") from None
