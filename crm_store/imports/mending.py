"""The rows that an import refused, as a file to mend and import again."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from crm_store.imports.mapping import ColumnMap
from crm_store.imports.outcomes import MARKS, Refused
from crm_store.imports.rows import KINDS, Ordinals


def write_refused(
    source: Path, kind: str, refused: Sequence[Refused], target: Path, mapping: ColumnMap | None = None
) -> int:
    """Copy the refused rows of ``source``, as they stand there, to ``target``, each with why; return how many.

    The file can be imported with the same column map once it is mended. An item of an
    order gets the line that it had, since it stands here without the others. What could not
    be read as CSV at all is left out. Only its owner may read the file: it holds customers' data.

    Raises:
        OSError: ``target`` cannot be written.
    """
    mapping = mapping or ColumnMap()
    why = {each.line: each for each in refused}
    ordinals = Ordinals(KINDS[kind].key)
    count = 0
    with (
        source.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as text,
        open(_owned(target), "w", encoding="utf-8", errors="surrogateescape", newline="") as out,
    ):
        rows = csv.reader(text, strict=True)
        header = next(rows)
        ours = mapping.ours([name.strip() for name in header])
        with_line = kind == "orders" and "line" not in ours
        writer = csv.writer(out)
        writer.writerow([*header, *(["line"] if with_line else []), *MARKS])
        for number, values in _numbered(rows):
            ordinal = ordinals.of(dict(zip(ours, values, strict=False)))
            if (refusal := why.get(number)) is not None:
                padded = [*values, *[""] * (len(header) - len(values))]
                writer.writerow([*padded, *([ordinal] if with_line else []), *refusal])
                count += 1
    return count


def _owned(target: Path) -> int:
    return os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)


def _numbered(rows: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    while True:
        number = rows.line_num + 1  # type: ignore[attr-defined]  # typed as an iterator, and a csv.reader
        try:
            values = next(rows)
        except csv.Error:
            continue
        except StopIteration:
            return
        if values:
            yield number, values
