"""Backups of a PostgreSQL database, by PostgreSQL's own tools in their custom format.

A restore fills a new database and then exchanges the names, so that the present one is
there, untouched, until the new one is whole; it is kept under another name.
"""

from __future__ import annotations

import glob
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from crm_store import schema
from crm_store.backup_files import OURS, Backup, Before, Progress, check_form, nothing_before, written_beside
from crm_store.errors import BackupError
from crm_store.models import metadata

SUFFIX = ".dump"
_PLACES = "/usr/lib/postgresql/*/bin"  # where Debian keeps the tools of each version
_MAINTENANCE = "postgres"
_TABLE_DATA = re.compile(r"TABLE DATA \S+ (\S+) ")


def is_there(url: str) -> bool:
    """Return whether the database holds our tables."""
    with _connect(url) as conn:
        return conn.execute("SELECT to_regclass('alembic_version') IS NOT NULL").fetchone() == (True,)


def backup(url: str, target: Path, *, force: bool = False, progress: Progress) -> Backup:
    """Dump the database as it is now into ``target``, readable by its owner alone; others go on working meanwhile.

    Raises:
        BackupError: the file is there already, the tool is missing or failed; ``target`` is as before.
    """
    if target.exists() and not force:
        raise BackupError(f"{target}: is there already; name another file, or overwrite it with --force")
    dump = ["pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--verbose"]
    with written_beside(target) as part:
        _run([*dump, f"--file={part}"], url, _counting(progress))
        checked = verify(part)
    return Backup(target, checked.revision, checked.size)


def verify(file: Path) -> Backup:
    """Look whether a file is a whole dump of ours that this program can bring up to date.

    Raises:
        BackupError: it is not; the text says what it is instead.
    """
    if not file.is_file():
        raise BackupError(f"{file}: there is no such file; name a backup that is there")
    try:
        listed = _run(["pg_restore", "--list", str(file)])
        # The list stands at the beginning; reading all of it finds what is cut off.
        _run(["pg_restore", f"--file={os.devnull}", str(file)])
        version = _run(["pg_restore", "--data-only", "--table=alembic_version", "--file=-", str(file)])
    except _ToolFailed:
        raise BackupError(f"{file}: is no dump by pg_dump, or not whole; name another backup") from None
    if not {"alembic_version", *OURS}.issubset(_TABLE_DATA.findall(listed)):
        raise BackupError(f"{file}: is a dump, but none of ours; name a backup by ./shuke db backup")
    revisions = re.findall(r"^COPY .*?;\n(.*?)^\\\.", version, re.DOTALL | re.MULTILINE)
    check_form(file, revisions[0].split() if revisions else [])
    return Backup(file, revisions[0].split()[0], file.stat().st_size)


def restore(url: str, file: Path, *, stamp: str, progress: Progress, before: Before = nothing_before) -> str | None:
    """Put a dump in the database's place and bring it up to date; return the name under which the old one is kept.

    Raises:
        BackupError: the file is not whole or not ours, somebody works on the database, or the role may not
            make one; nothing has changed.
    """
    verify(file)
    refuse_while_in_use(url)
    present = _name(url)
    fresh, kept = f"{present}_restoring_{stamp.lower()}", f"{present}_replaced_{stamp.lower()}"
    new_url = make_url(url).set(database=fresh).render_as_string(hide_password=False)
    with _connect(url, _MAINTENANCE) as server:
        try:
            make = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'")
            server.execute(make.format(sql.Identifier(fresh)))
        except psycopg.errors.InsufficientPrivilege:
            raise BackupError(
                "the role may not make databases; ALTER ROLE … CREATEDB, or restore as one that may"
            ) from None
        try:
            fill = ["pg_restore", "--exit-on-error", "--no-owner", "--no-privileges", "--verbose", "--dbname", fresh]
            _run([*fill, str(file)], new_url, _counting(progress))
            schema.upgrade(new_url)
            before(new_url)
            _exchange(server, present, fresh, kept)
        except BaseException:
            with suppress(psycopg.Error):  # what went wrong before says more
                server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(fresh)))
            raise
    return kept


def refuse_while_in_use(url: str) -> None:
    """See to it that nobody else is connected.

    Raises:
        BackupError: somebody is.
    """
    with _connect(url, _MAINTENANCE) as server:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
        if server.execute(asked, [_name(url)]).fetchone() != (0,):
            raise BackupError(f"{_name(url)}: somebody works on it; stop every shuke first")


def _exchange(server: psycopg.Connection, present: str, fresh: str, kept: str) -> None:
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    try:
        with server.transaction():
            server.execute(rename.format(sql.Identifier(present), sql.Identifier(kept)))
            server.execute(rename.format(sql.Identifier(fresh), sql.Identifier(present)))
    except psycopg.errors.ObjectInUse:
        raise BackupError(f"{present}: somebody works on it; stop every shuke first") from None


class _ToolFailed(BackupError):
    """A tool of PostgreSQL ended with an error."""


def _counting(progress: Progress) -> Callable[[str], None]:
    """Return what is told each line of a tool, and tells how far it is by the tables that it names."""
    done: set[str] = set()

    def told(line: str) -> None:
        if found := re.search(r'(?:contents of|data for) table "(?:\w+\.)?(\w+)"', line):
            done.add(found[1])
            progress(min(len(done) / (len(metadata.tables) + 1), 1.0))

    return told


def _run(command: Sequence[str], url: str | None = None, told: Callable[[str], None] = lambda line: None) -> str:
    """Run a tool of PostgreSQL on the database of ``url``; return what it writes.

    Raises:
        BackupError: it is not installed, or has failed; then with its own first words of that.
    """
    tool = _found(command[0])
    child = subprocess.Popen(
        [tool, *command[1:]], env=_environment(url), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if url is None else subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    if url is None:
        out, complaints = child.communicate()
        lines = complaints.splitlines()
    else:
        assert child.stderr is not None
        out, lines = "", []
        with child:
            for line in child.stderr:
                told(line)
                lines.append(line.rstrip())
    if child.returncode != 0:
        # The first alone, without what is quoted behind it: that may be a customer's.
        error = next((line for line in lines if "error:" in line), f"exit code {child.returncode}")
        raise _ToolFailed(f"{command[0]} failed: {error.partition('ERROR:')[0].partition('error: ')[2] or error}")
    return out


def _found(tool: str) -> str:
    found = shutil.which(tool) or next(iter(sorted(glob.glob(f"{_PLACES}/{tool}"), reverse=True)), None)
    if found is None:
        raise BackupError(
            f"{tool} is not installed; install PostgreSQL's tools (Debian: apt-get install postgresql-client)"
        )
    return found


def _environment(url: str | None) -> dict[str, str]:
    """Return the environment that leads a tool to the database: a password on the command line is for all to see."""
    if url is None:
        return dict(os.environ)
    parts = make_url(url)
    query = {name: value if isinstance(value, str) else value[0] for name, value in parts.query.items()}
    given = {
        "PGHOST": parts.host or query.get("host"), "PGUSER": parts.username, "PGDATABASE": parts.database,
        "PGPORT": str(parts.port) if parts.port else query.get("port"), "PGPASSWORD": parts.password,
        "PGSSLMODE": query.get("sslmode"),
    }  # fmt: skip
    return os.environ | {name: value for name, value in given.items() if value}


def _connect(url: str, database: str | None = None) -> psycopg.Connection:
    parts: URL = make_url(url).set(drivername="postgresql")
    if database is not None:
        parts = parts.set(database=database)
    try:
        return psycopg.connect(parts.render_as_string(hide_password=False), autocommit=True, connect_timeout=10)
    except psycopg.OperationalError:
        raise BackupError(
            f"{parts.host or 'the local socket'}: PostgreSQL does not answer, or refuses the role"
        ) from None


def _name(url: str) -> str:
    parts = make_url(url)
    return parts.database or parts.username or ""
