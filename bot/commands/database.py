"""`shuke db`: the database brought up to date, checked, backed up and put back, and its search index made anew."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.commands.common import Bar, console, errors, options, show_json
from bot.erased_again import ErasedAgain
from bot.errors import ShukeError
from bot.running.up import alone
from bot.settings import Settings
from crm_store import backup as backups
from crm_store import checking, schema, sealing, sealing_all, search_index
from crm_store.engines import kind_of
from crm_store.ports import SystemClock
from crm_store.privacy import scrubbing
from crm_store.unit_of_work import Store

LAST_BACKUP = "last-backup"
STAMP = "%Y%m%dT%H%M%SZ"


def add_to(app: typer.Typer) -> None:
    database = typer.Typer(help="Care of the database.", no_args_is_help=True, rich_markup_mode=None)
    for command in (upgrade, check, backup, restore, reindex, seal):
        database.command()(command)
    app.add_typer(database, name="db")


def upgrade(context: typer.Context) -> None:
    """Bring the database to the newest form, making it where there is none.

    Example: ./shuke db upgrade
    """
    settings = options(context).settings()
    schema.upgrade(settings.store.url)
    console.print("the database is up to date", markup=False)


def check(context: typer.Context) -> None:
    """Look through the whole database for what must never be: sums, references, states, form. Changes nothing.

    Exit code 1 where something is found.

    Example: ./shuke db check
    """
    settings = options(context).settings()
    if not backups.is_there(settings.store.url):
        raise ShukeError("store.url: there is no database; ./shuke db upgrade makes one")
    # Not brought up to date first: what it is found to be, it stays.
    with closing(Store(settings.store.url)) as store, Bar("checking the database") as bar:
        found = store.read_now(checking.check, progress=bar)
    if options(context).json:
        show_json([find.as_json() for find in found])
    else:
        for find in found:
            errors.print(f"{find.check}: {find.table} {find.key}: {find.what}", markup=False)
        if not found:
            console.print(f"{len(checking.checks())} checks: nothing is wrong", markup=False)
    if found:
        sys.exit(1)


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Where to; a file that is not there yet.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
) -> None:
    """Copy the database into a file, while it is in use; the copy is checked before it counts.

    Example: ./shuke db backup /safe/place/shuke.db
    """
    settings = options(context).settings()
    with Bar("backing up") as bar:
        made = backups.backup(settings.store.url, file, force=force, progress=bar.share)
    mark_backed_up(settings, SystemClock().now())
    if options(context).json:
        show_json({"file": str(made.path), "form": made.revision, "bytes": made.size})
    else:
        console.print(f"{made.path}: {made.size / 1e6:.1f} MB, form {made.revision}, whole", markup=False)


def restore(context: typer.Context, file: Annotated[Path, typer.Argument(help="A file by shuke db backup.")]) -> None:
    """Put a backup in the database's place and bring it up to date; the replaced database is kept beside it.

    Refuses while Shuke runs.

    Example: ./shuke db restore /safe/place/shuke.db
    """
    settings = options(context).settings()
    url, key = settings.store.url, settings.privacy.secret()
    with held(settings), Bar("restoring") as bar:
        again = ErasedAgain(url if backups.is_there(url) else None, settings.var, key=key, now=SystemClock().now())
        kept = backups.restore(url, file, stamp=stamp_of(again.now), progress=bar.share, before=again)
    console.print(f"restored from {file}", markup=False)
    if again.replayed.erased:
        console.print(f"erased again: {', '.join(again.replayed.erased)}", markup=False)
    for customer in again.replayed.to_look_at:
        errors.print(
            f"{customer}: had a way to us, then, that went to somebody who was erased; look at them, and erase them if "
            "they are the same person",
            markup=False,
        )
    if kept is not None:
        console.print(f"the replaced database is kept as {kept}", markup=False)


def reindex(context: typer.Context) -> None:
    """Make the search index anew, for one that was damaged; Shuke may run meanwhile, and finds less until the end.

    Broken off, it is gone on with by whichever Shuke runs next.

    Example: ./shuke db reindex
    """
    url = options(context).settings().store.url
    schema.upgrade(url)
    with closing(Store(url)) as store, Bar("reading the history") as bar:
        count = store.run_now(search_index.begin_anew)
        while store.run_now(search_index.catch_up):
            bar(1 - store.read_now(search_index.waiting) / max(count, 1), "entries")
    console.print(f"{count} entries are found by their words", markup=False)


def seal(
    context: typer.Context,
    new_key: Annotated[bool, typer.Option("--new-key", help="Only print a key made at random.")] = False,
) -> None:
    """Seal phones, e-mail and attributes by the key in SHUKE_PRIVACY_STORE_KEY, in a database from before it.

    With another key in front, seals anew; the older one stays behind a comma until this is done.
    Refuses while Shuke runs.

    Example: ./shuke db seal --new-key
    """
    if new_key:
        console.print(sealing.new_key(), markup=False)
        return
    settings = options(context).settings()
    if sealing.present() is None:
        raise ShukeError("SHUKE_PRIVACY_STORE_KEY: is not set; ./shuke db seal --new-key makes a key")
    schema.upgrade(settings.store.url)
    count = 0
    with held(settings), closing(Store(settings.store.url)) as store:
        while done := store.run_now(sealing_all.seal_batch):
            count += done
        if count:
            scrubbing.scrub(store, store.url)
    console.print(f"{count} texts sealed", markup=False)


def mark_backed_up(settings: Settings, now: datetime) -> None:
    """Write down when the database was backed up; where the files go afterwards nobody tells us."""
    settings.var.mkdir(parents=True, exist_ok=True)
    (settings.var / LAST_BACKUP).write_text(now.isoformat() + "\n", encoding="utf-8")


def last_backup(settings: Settings) -> datetime | None:
    """Return when the database was backed up last, None where it never was or nobody can read that."""
    try:
        return datetime.fromisoformat((settings.var / LAST_BACKUP).read_text(encoding="utf-8").strip())
    except (FileNotFoundError, ValueError):
        return None


@contextmanager
def held(settings: Settings) -> Iterator[None]:
    """Hold the database for this command alone.

    Raises:
        AlreadyRunning, BackupError: somebody works on it.
    """
    if kind_of(settings.store.url) == "sqlite":
        with alone(settings):
            yield
    else:
        backups.refuse_while_in_use(settings.store.url)
        yield


def stamp_of(now: datetime) -> str:
    """Return a moment as file names carry it, in UTC."""
    return now.strftime(STAMP)
