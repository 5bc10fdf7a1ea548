"""How far each file has been brought in, so that an import that was stopped goes on where it was.

A run is known by what would come of it: the kind of data, the bytes of the file and
how they are read. Its place moves in the same transaction as the rows that it
counts, so after a stop nothing is counted that is not there, nor the other way round.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, bindparam, insert, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Base, UtcDateTime, table_of
from crm_store.imports.mapping import ColumnMap
from crm_store.imports.outcomes import ImportRefused, ImportSettings, Refused, Report
from crm_store.ports import Ids


class ImportRun(Base):
    """One import of a file; ``finished_at`` is None while it runs, and after it was stopped."""

    __tablename__ = "import_runs"

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    file: Mapped[str]
    """The file's name, without its folder."""
    digest: Mapped[str]
    """SHA-256 of the file and of how it is read."""
    rows: Mapped[int]
    """Rows that have been dealt with: what a run that goes on begins behind."""
    added: Mapped[int]
    changed: Mapped[int]
    unchanged: Mapped[int]
    passed_over: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    moved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    replaced_by: Mapped[str | None]
    """The run of a newer file of the same name, where this one was never finished."""

    __table_args__ = (
        Index(
            "ix_import_runs_unfinished",
            "kind",
            "file",
            sqlite_where=text("finished_at IS NULL"),
            postgresql_where=text("finished_at IS NULL"),
        ),
    )


class ImportRefusal(Base):
    """A row that a run refused: where, and why in words that do not repeat it."""

    __tablename__ = "import_refusals"

    run_id: Mapped[str] = mapped_column(ForeignKey("import_runs.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    field: Mapped[str]
    reason: Mapped[str]


runs = table_of(ImportRun)
refusals = table_of(ImportRefusal)

_OPEN = text("import_runs.finished_at IS NULL")
_UNFINISHED = select(runs).where(_OPEN, runs.c.replaced_by.is_(None)).order_by(runs.c.started_at, runs.c.id)
_UNFINISHED_OF = _UNFINISHED.where(runs.c.kind == bindparam("of_kind"), runs.c.file == bindparam("of_file"))
_ADD = insert(runs)
_REPLACE = update(runs).where(runs.c.id == bindparam("key")).values(replaced_by=bindparam("by"))
_ADVANCE = (
    update(runs)
    .where(runs.c.id == bindparam("key"), runs.c.rows == bindparam("stood"), _OPEN)
    .values(
        {
            name: bindparam(f"now_{name}")
            for name in ("rows", "added", "changed", "unchanged", "passed_over", "moved_at", "finished_at")
        }
    )
)
_ADD_REFUSAL = insert(refusals)
_REFUSED = select(refusals).where(refusals.c.run_id == bindparam("key")).order_by(refusals.c.line)


@dataclass(frozen=True, slots=True)
class Run:
    """A run, and what it had come to when it was opened."""

    id: str
    before: Report


def digest_of(path: Path, kind: str, mapping: ColumnMap, settings: ImportSettings) -> str:
    """Return what tells this import from every other.

    Raises:
        ImportRefused: the file cannot be read.
    """
    try:
        with path.open("rb") as raw:
            content = file_digest(raw, "sha256").hexdigest()
    except OSError as exc:
        raise ImportRefused(f"{path}: cannot be read ({exc.strerror}); name a CSV file that is there") from None
    reading = {**asdict(mapping), "zone": settings.zone.key, "region": settings.region, "currency": settings.currency}
    return sha256(f"{kind}\n{content}\n{sorted(reading.items())!r}".encode()).hexdigest()


def begin(conn: Connection, kind: str, file: str, digest: str, *, now: datetime, ids: Ids) -> Run:
    """Open a run of a file, or the one of the very same file that was not finished.

    An unfinished run of another file with this name is replaced: the shop has mended the file.
    """
    id, replaced = ids.new(), False
    for earlier in conn.execute(_UNFINISHED_OF, {"of_kind": kind, "of_file": file}).all():
        if earlier.digest == digest:
            refused = [Refused(row.line, row.field, row.reason) for row in conn.execute(_REFUSED, {"key": earlier.id})]
            report = Report(earlier.rows, earlier.added, earlier.changed, earlier.unchanged, refused)
            report.passed_over, report.resumed_at = earlier.passed_over, earlier.rows
            return Run(earlier.id, report)
        conn.execute(_REPLACE, {"key": earlier.id, "by": id})
        replaced = True
    counts = dict.fromkeys(("rows", "added", "changed", "unchanged", "passed_over"), 0)
    row = {"id": id, "kind": kind, "file": file, "digest": digest, **counts, "started_at": now, "moved_at": now}
    conn.execute(_ADD, row)
    return Run(id, Report(replaced=replaced))


def advance(conn: Connection, run_id: str, stood: int, report: Report, *, now: datetime, is_end: bool) -> None:
    """Move a run on from where it stood, in ``rows``, with the rows that this transaction wrote and refused.

    Raises:
        ImportRefused: somebody else has moved it since.
    """
    moved = conn.execute(
        _ADVANCE,
        {
            "key": run_id, "stood": stood, "now_rows": report.rows, "now_added": report.added,
            "now_changed": report.changed, "now_unchanged": report.unchanged,
            "now_passed_over": report.passed_over, "now_moved_at": now, "now_finished_at": now if is_end else None,
        },
    )  # fmt: skip
    if moved.rowcount != 1:
        raise ImportRefused("this file is being imported by another process too; let one of them finish")
    if report.refused:
        conn.execute(_ADD_REFUSAL, [{"run_id": run_id, **each._asdict()} for each in report.refused])


def unfinished(conn: Connection) -> list[Any]:
    """Return the rows of `ImportRun` that wait to be finished, oldest first."""
    return list(conn.execute(_UNFINISHED))
