"""Backups, whichever database it is: SQLite's is a copy of its file, PostgreSQL's a dump by its own tools."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from crm_store import backup_sqlite
from crm_store.backup_files import Backup, Before, Progress, nothing_before
from crm_store.engines import kind_of


def backup(url: str, target: Path, *, force: bool = False, progress: Progress) -> Backup:
    """Copy the database as it is now into ``target``, readable by its owner alone; others go on working meanwhile.

    ``progress`` is told a fraction, rising to 1.

    Raises:
        BackupError: the file is there already, or cannot be written, or the copy is not whole; ``target`` is as before.
    """
    made: Backup = _of(url).backup(url, target, force=force, progress=progress)
    return made


def restore(
    url: str, file: Path, *, stamp: str, progress: Progress, before: Before = nothing_before
) -> Path | str | None:
    """Put a backup in the database's place and bring it up to date; return where the replaced one is kept, if any.

    ``stamp`` names what is kept; ``before`` gets the new database's address when it is up to date
    and nobody can see it yet. The caller sees to it that nobody begins to work on the database.

    Raises:
        BackupError: the file is not whole or not ours, or somebody works on the database; nothing has changed.
    """
    kept: Path | str | None = _of(url).restore(url, file, stamp=stamp, progress=progress, before=before)
    return kept


def is_there(url: str) -> bool:
    """Return whether there is a database of ours."""
    return bool(_of(url).is_there(url))


def suffix(url: str) -> str:
    """Return how the names of this database's backups end."""
    return str(_of(url).SUFFIX)


def refuse_while_in_use(url: str) -> None:
    """See to it that nobody else is connected, as far as the database itself can tell.

    Raises:
        BackupError: somebody is.
    """
    _of(url).refuse_while_in_use(url)


def _of(url: str) -> ModuleType:
    if kind_of(url) == "sqlite":
        return backup_sqlite
    # Its driver is installed only where there is a PostgreSQL.
    from crm_store import backup_postgres

    return backup_postgres
