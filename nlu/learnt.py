"""The training rows that come from customers' messages: ``learnt.yml`` of each language in the shop's own folder.

One row a line, with its message behind it, so that `forgetting` finds and takes it whole:

    - {intent: track_order, examples: [{text: "where's my parcel"}]}  # from 01KB2M8QY5T6ZC3X9V7N4R1S0D

The file is written from what the store keeps, and says so: whoever has rows of their own
puts them into another file beside it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nlu.forgetting import forget_rows

LANGUAGES: Final = ("zh", "en")
_HEAD: Final = """\
# Learnt from customers, without what names them. Written by `shuke nlu review`: your own rows go into another file.
version: "3.1"
nlu:
"""
_REF = re.compile(r"# from (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Row:
    """An example of an intent; ``message`` is the reference of where it comes from."""

    message: str
    intent: str
    language: str
    text: str


def path_of(folder: Path, language: str) -> Path:
    """Return the file of a language; ``folder`` is the shop's own (``shop/nlu``)."""
    return folder / "data" / language / "learnt.yml"


def put(folder: Path, rows: Sequence[Row], *, models: Path) -> bool:
    """Let the files under ``folder`` hold these rows and no others; return whether anything was changed.

    Where a row went, the models in ``models`` that may know it are marked, as by an erasure.
    """
    wanted = {language: [row for row in rows if row.language == language] for language in LANGUAGES}
    present = {language: _read(path_of(folder, language)) for language in LANGUAGES}
    there = {ref for text in present.values() for ref in _REF.findall(text)}
    if gone := there - {row.message for row in rows}:
        forget_rows(folder, gone, models=models)
    changed = bool(gone)
    for language, its_rows in wanted.items():
        text = _HEAD + "".join(map(_line, its_rows)) if its_rows else ""
        if text != present[language]:
            _write(path_of(folder, language), text)
            changed = True
    return changed


def messages_in(folder: Path) -> frozenset[str]:
    """Return the messages from which there are rows."""
    found: Iterable[str] = (ref for name in LANGUAGES for ref in _REF.findall(_read(path_of(folder, name))))
    return frozenset(found)


def _line(row: Row) -> str:
    # JSON's way to write a text is also YAML's.
    text = json.dumps(row.text, ensure_ascii=False)
    return f"- {{intent: {row.intent}, examples: [{{text: {text}}}]}}  # from {row.message}\n"


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _write(path: Path, text: str) -> None:
    if not text:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_text(text, encoding="utf-8")
    part.chmod(0o600)
    part.replace(path)
