"""A CSV file, read as a stream and written a few hundred rows a transaction.

Its place is kept beside what it wrote (`journal.py`): the same file again goes on
where it was stopped.
"""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import batched, islice
from pathlib import Path

from sqlalchemy import Connection

from crm_store.imports import journal
from crm_store.imports.cells import Cells
from crm_store.imports.holding import hold_all
from crm_store.imports.mapping import ColumnMap
from crm_store.imports.outcomes import MARKS, ImportRefused, ImportSettings, Report, RowRefused
from crm_store.imports.rows import KINDS, Kind, Ordinals, PreparedRow
from crm_store.ports import Ids
from crm_store.rehearsal import RunsUnits, rehearsal
from crm_store.unit_of_work import Store

ROWS_A_TRANSACTION = 500
"""Few enough that a customer's message waits for them about a quarter of a second."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a file by our column names, why it cannot be read, or None where it is passed over.

    ``number`` is the line it begins on.
    """

    number: int
    row: Mapping[str, str] | RowRefused | None


def import_file(
    store: Store | RunsUnits,
    kind: str,
    path: Path,
    *,
    mapping: ColumnMap | None = None,
    dry_run: bool = False,
    now: datetime,
    ids: Ids,
    settings: ImportSettings,
    progress: Callable[[float], None] | None = None,
) -> Report:
    """Import a CSV file (UTF-8, with a header); bad rows are listed in the report and good ones kept.

    Where the very same file was stopped half-way, it goes on from there; the report is of
    the whole file. A dry run does the same where nobody sees it (`crm_store.rehearsal`).
    ``progress`` is told the share of the file that is done, 0 to 1, from the calling thread.

    Raises:
        ImportRefused: the file cannot be read at all, its header lacks a column, or another
            process imports it too.
        StoreBusy: the store has no room; the rows before are written, and importing again goes on.
    """
    if kind not in KINDS:
        raise ImportRefused(f"{kind}: there is no such kind of data; write one of {', '.join(KINDS)}")
    if dry_run and isinstance(store, Store):
        with rehearsal(store) as stage:
            return import_file(
                stage, kind, path, mapping=mapping, now=now, ids=ids, settings=settings, progress=progress
            )
    mapping = mapping or ColumnMap()
    if mapping.date_format is not None:
        settings = replace(settings, date_format=mapping.date_format)
    run = _opened(store, kind, path, mapping, settings, now, ids) if isinstance(store, Store) else None
    report = run.before if run else Report()
    ordinals = Ordinals(KINDS[kind].key)
    lines = read_lines(path, kind, mapping, report=report, progress=progress)
    for line in islice(lines, report.resumed_at):
        if isinstance(line.row, Mapping):
            ordinals.of(line.row)
    for batch, is_last in _with_last(batched(lines, ROWS_A_TRANSACTION)):
        prepared = [_prepared(line, kind, settings, now, ordinals) for line in batch]
        refused = report.refused
        report = store.run_now(_apply_all, prepared, report, run.id if run else None, is_last, now, ids)
        refused.extend(report.refused)
        report.refused = refused
    if progress is not None:
        progress(1.0)
    return report


def _opened(
    store: Store, kind: str, path: Path, mapping: ColumnMap, settings: ImportSettings, now: datetime, ids: Ids
) -> journal.Run:
    next(read_lines(path, kind, mapping), None)  # a file whose header is refused leaves no trace
    digest = journal.digest_of(path, kind, mapping, settings)
    return store.run_now(journal.begin, kind, path.name, digest, now=now, ids=ids)


def _with_last(batches: Iterator[tuple[Line, ...]]) -> Iterator[tuple[tuple[Line, ...], bool]]:
    """Tell the last batch, which is empty where there is none: it ends the run in its own transaction."""
    batch = next(batches, ())
    for following in batches:
        yield batch, False
        batch = following
    yield batch, True


def _prepared(
    line: Line, kind: str, settings: ImportSettings, now: datetime, ordinals: Ordinals
) -> tuple[int, PreparedRow | RowRefused | None]:
    if line.row is None or isinstance(line.row, RowRefused):
        return line.number, line.row
    try:
        return line.number, KINDS[kind].read(Cells(line.row, settings, now=now, ordinal=ordinals.of(line.row)))
    except RowRefused as refusal:
        return line.number, refusal


def read_lines(
    path: Path,
    kind: str,
    mapping: ColumnMap | None = None,
    *,
    report: Report | None = None,
    progress: Callable[[float], None] | None = None,
) -> Iterator[Line]:
    """Read a file's rows one after the other, by our column names.

    Raises:
        ImportRefused: as `import_file`.
    """
    mapping = mapping or ColumnMap()
    try:
        raw = path.open("rb")
    except OSError as exc:
        raise ImportRefused(f"{path}: cannot be opened ({exc.strerror}); name a CSV file that is there") from None
    size = path.stat().st_size or 1
    # What is not UTF-8 becomes lone surrogates, which the cell that holds them refuses:
    # one such row costs no other.
    with raw, io.TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
        rows = csv.reader(text, strict=True)
        header = _header(path.name, rows, KINDS[kind], mapping)
        if report is not None and not KINDS[kind].keeps_others:
            report.ignored_columns = tuple(name for name in header if name not in KINDS[kind].columns)
        number = rows.line_num + 1
        while (row := _next_row(rows, header)) is not None:
            if isinstance(row, RowRefused):
                yield Line(number, row)
            elif row:
                yield Line(number, mapping.reading(row))
            if progress is not None and number % ROWS_A_TRANSACTION == 0:
                progress(raw.tell() / size)
            number = rows.line_num + 1


def _header(file: str, rows: Iterator[list[str]], kind: Kind, mapping: ColumnMap) -> list[str]:
    try:
        theirs = ["" if name.strip() in MARKS else name.strip() for name in next(rows, [])]
    except csv.Error as exc:
        raise ImportRefused(f"{file}:1: is no CSV ({exc}); save it as CSV UTF-8") from None
    for ours, name in mapping.columns.items():
        if name not in theirs:
            raise ImportRefused(
                f"{file}:1: the map's columns.{ours} names a column that is not here; {_guess(name, theirs)}"
            )
    header = mapping.ours(theirs)
    for required in kind.required:
        if required not in header and required not in mapping.constants:
            raise ImportRefused(f"{file}:1: the column {required} is missing; {_guess(required, header)}")
    twice = next((name for name in header if name and header.count(name) > 1), None)
    if twice is not None:
        raise ImportRefused(f"{file}:1: the column {twice} is there twice; rename one of them")
    return header


def _guess(wanted: str, header: list[str]) -> str:
    near = difflib.get_close_matches(wanted, header, 1)
    return f"is {near[0]} the one? Then rename it, or say so with --map" if near else (
        "the first line has to name the columns, apart by commas, in UTF-8; another name is told with --map"
    )  # fmt: skip


def _next_row(rows: Iterator[list[str]], header: list[str]) -> dict[str, str] | RowRefused | None:
    """Return the next row, {} for an empty line, why it cannot be read, or None at the end."""
    try:
        values = next(rows, None)
    except csv.Error as exc:
        return RowRefused("row", f"is no CSV ({exc})", "close every quote, and double a quote inside of quotes")
    if not values:
        return None if values is None else {}
    if len(values) > len(header):
        return RowRefused("row", "has more values than there are columns", "quote values that hold a comma")
    row = dict(zip(header, values, strict=False))
    row.pop("", None)
    return row


def _apply_all(
    conn: Connection,
    rows: list[tuple[int, PreparedRow | RowRefused | None]],
    before: Report,
    run_id: str | None,
    is_last: bool,
    now: datetime,
    ids: Ids,
) -> Report:
    """Write rows and, with them, how far the run has come; return the report, with the new refusals alone."""
    report = replace(before, refused=[])
    hold_all(conn, (row.touches() for _, row in rows if row is not None and not isinstance(row, RowRefused)))
    for number, row in rows:
        if row is None:
            report.pass_over()
            continue
        # A row refuses before it writes, so no savepoint is needed to keep the others.
        try:
            if isinstance(row, RowRefused):
                raise row
            report.count(row.apply(conn, now=now, ids=ids))
        except RowRefused as refusal:
            report.refuse(number, refusal)
    if run_id is not None:
        journal.advance(conn, run_id, before.rows, report, now=now, is_end=is_last)
    return report
