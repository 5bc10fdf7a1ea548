"""What a shop calls its columns: a YAML file beside its export.

columns: {customer_id: 会员号, name: 姓名}     # ours: theirs
constants: {language: zh, channel: telegram}   # the same in every row
date_format: '%Y/%m/%d %H:%M'                  # as for strptime
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from crm_store.imports.outcomes import ImportRefused
from crm_store.imports.rows import KINDS

_KEYS = ("columns", "constants", "date_format")


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """``columns`` gives the file's name for each of ours; ``constants`` hold for every row."""

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    date_format: str | None = None

    def ours(self, header: Sequence[str]) -> list[str]:
        """Return the header in our names; columns that the map does not name keep theirs."""
        names = {theirs: ours for ours, theirs in self.columns.items()}
        return [names.get(name, name) for name in header]


def load_mapping(path: Path, kind: str) -> ColumnMap:
    """Read a column map for one kind of data.

    Raises:
        ImportRefused: naming the file, the key and the mend.
    """
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ImportRefused(f"{path}: there is no such file; name one that is there, or leave --map out") from None
    except UnicodeDecodeError as exc:
        raise ImportRefused(f"{path.name}: is not UTF-8 (byte {exc.start}); save it as UTF-8") from None
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 1
        raise ImportRefused(f"{path.name}:{line}: is no YAML: {exc.problem}") from None
    given = given or {}
    if not isinstance(given, dict):
        raise ImportRefused(f"{path.name}:1: has to hold {', '.join(_KEYS)}, not a {type(given).__name__}")
    for key in given:
        if key not in _KEYS:
            raise ImportRefused(f"{path.name}: {key}: there is no such key; {_nearest(str(key), _KEYS)}")
    date_format = given.get("date_format")
    if date_format is not None and not isinstance(date_format, str):
        raise ImportRefused(f"{path.name}: date_format: has to be text such as '%Y/%m/%d %H:%M'")
    columns, constants = (_names(path.name, section, given.get(section), kind) for section in _KEYS[:2])
    return ColumnMap(columns, constants, date_format)


def _names(file: str, section: str, given: Any, kind: str) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise ImportRefused(f"{file}: {section}: has to hold lines such as `name: value`")
    for ours in given:
        if ours not in KINDS[kind].columns:
            raise ImportRefused(
                f"{file}: {section}.{ours}: {kind} have no such column; {_nearest(str(ours), KINDS[kind].columns)}"
            )
    return {ours: str(value) for ours, value in given.items() if value is not None}


def _nearest(word: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, known, 1)
    return f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"
