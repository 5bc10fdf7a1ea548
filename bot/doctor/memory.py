"""The database: there, whole, at the newest form; nothing stuck, given up or paused; backed up."""

from __future__ import annotations

from collections.abc import Sequence, Set
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from bot.doctor.finding import Finding, ok, problem, warning
from bot.monitoring import Late
from crm_store import backup, figures, schema
from crm_store.engines import kind_of, open_engine
from crm_store.errors import StoreError
from crm_store.figures import Figures

BACKUP_EVERY = timedelta(days=7)
DEAD_LATELY = timedelta(days=7)


def database(url: str) -> Finding:
    """Does it answer, is it whole, has it the form that this program works with?"""
    try:
        if not backup.is_there(url):
            return warning("database", "there is none yet", "./shuke up makes one")
        engine = open_engine(url, read_only=True)
        try:
            with engine.connect() as conn:
                form = MigrationContext.configure(conn).get_current_revision()
                whole = kind_of(url) != "sqlite" or conn.execute(text("PRAGMA quick_check(1)")).scalar_one() == "ok"
        finally:
            engine.dispose()
    except (SQLAlchemyError, StoreError) as exc:
        # Of the driver's words the kind alone: an address holds a password.
        return problem("database", f"does not answer ({type(exc).__name__})", "look at store.url, and whether it runs")
    if not whole:
        return problem("database", "is damaged", "stop Shuke and put a backup back: ./shuke db restore FILE")
    if form not in schema.revisions():
        return problem("database", f"its form {form} is not known here", "it comes from a newer Shuke; use that one")
    if form != schema.newest():
        return warning("database", f"has the form {form} instead of {schema.newest()}", "./shuke upgrade")
    return ok("database", f"answers, whole, form {form}")


def privacy_key(noted: Sequence[str], own: str | None, *, is_shared: bool, is_set: bool) -> Finding:
    """Would erasures be found again after a backup is put back: were they noted with the key of this machine?

    ``own`` is the name of the key, None where there is none yet; ``is_set`` says that the environment gives it.
    """
    if any(name != own for name in noted):
        mend = "set SHUKE_PRIVACY_KEY to the key of then, the same on every machine"
        return problem("privacy key", "erasures were noted with another key than this machine's", mend)
    if is_shared and not is_set:
        mend = "set SHUKE_PRIVACY_KEY, the same on every machine that works on this database"
        return warning("privacy key", "is this machine's own file, and others have another one", mend)
    return ok("privacy key", f"{len(noted)} in use" if noted else "nobody was erased yet")


def apart(url: str, now: datetime) -> timedelta | None:
    """Return how far the database's clock is from ``now``; None where it is this machine's own."""
    if kind_of(url) == "sqlite":
        return None
    engine = open_engine(url, read_only=True)
    try:
        with closing(engine.connect()) as conn:
            theirs: datetime = conn.execute(select(func.clock_timestamp())).scalar_one()
            return theirs - now
    finally:
        engine.dispose()


def queues(found: Figures, now: datetime, late: Late) -> Finding:
    """Does anything wait longer than it should while Shuke runs?"""
    mend = "is Shuke running (/readyz)? its log says why it does not go on"
    if found.inbox.since is not None and (waited := now - found.inbox.since) > late.inbox:
        told = f"{found.inbox.count} messages are not handled, the oldest for {_minutes(waited)}"
        return problem("queues", told, mend)
    if found.overdue is not None and (waited := now - found.overdue) > late.outbox:
        return problem("queues", f"an answer has been due to leave for {_minutes(waited)}", mend)
    undelivered = sum(waiting.count for waiting in found.outbox.values())
    return ok("queues", f"{found.inbox.count} to handle, {undelivered} to send")


def dead(count: int, last: datetime | None, now: datetime) -> Finding:
    """Have messages been given up after too many failed turns lately?"""
    if last is None or now - last > DEAD_LATELY:
        return ok("given up", f"{count} messages ever, none in the last {DEAD_LATELY.days} days")
    mend = "people were asked to answer them; `turn.failed` in the log says what broke"
    return warning("given up", f"{count} messages, the last on {last:%Y-%m-%d}", mend)


def paused(names: Set[str]) -> Finding:
    """Is an emergency stop still on?"""
    if names:
        told = " and ".join(sorted(names))
        return warning("paused", f"{told} is paused" if len(names) == 1 else f"{told} are paused", "./shuke resume …")
    return ok("paused", "nothing")


def backed_up(last: datetime | None, now: datetime) -> Finding:
    """Was the database backed up by `shuke db backup` lately?"""
    mend = "./shuke db backup FILE, every night"
    if last is None:
        return warning("backup", "none was taken yet by shuke db backup", mend)
    if now - last > BACKUP_EVERY:
        return warning("backup", f"the last one is {(now - last).days} days old", mend)
    return ok("backup", f"taken {last:%Y-%m-%d %H:%M} UTC")


def what_waits(conn: Connection) -> tuple[Figures, int, datetime | None]:
    """Return the figures of monitoring, and what was given up."""
    return figures.read(conn), *figures.dead(conn)


def _minutes(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:.0f} min"


def imports(half_done: Sequence[Any]) -> list[Finding]:
    """Has an import been stopped half-way? ``half_done`` are its runs (`crm_store.imports.unfinished`)."""
    return [
        warning(
            "imports",
            f"{run.file} has been imported up to row {run.rows:,} and no further",
            f"call ./shuke import {run.kind} with that file again, and it goes on from there",
        )
        for run in half_done
    ] or [ok("imports", "none was stopped half-way")]
