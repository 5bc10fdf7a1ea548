"""What a shop calls its columns: a YAML file beside its export.

columns: {customer_id: 会员号, name: 姓名}     # ours: theirs
constants: {language: zh, channel: telegram}   # the same in every row
date_format: '%Y/%m/%d %H:%M'                  # as for strptime
only_with: [customer_id]                       # rows where one of these is empty are passed over
whole_numbers: [customer_id]                   # 17850.0, as spreadsheets write it, means 17850
when:                                          # what a shop tells by the look of a number
  - {column: order_no, starts_with: C, set: {status: cancelled}}

Columns are named as ours everywhere but on the right of ``columns``.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from crm_store.imports.outcomes import ImportRefused
from crm_store.imports.rows import KINDS

_KEYS = ("columns", "constants", "date_format", "only_with", "whole_numbers", "when")
_RULE = ("column", "starts_with", "set")
_FRACTION = re.compile(r"\s*([+-]?[0-9]+)\.0*\s*")


@dataclass(frozen=True, slots=True)
class Rule:
    """Where ``column`` begins with ``starts_with``, the columns of ``set`` hold what it says, unless the file does."""

    column: str
    starts_with: str
    set: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """``columns`` gives the file's name for each of ours; ``constants`` hold for every row."""

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    date_format: str | None = None
    only_with: Sequence[str] = ()
    whole_numbers: Sequence[str] = ()
    when: Sequence[Rule] = ()

    def ours(self, header: Sequence[str]) -> list[str]:
        """Return the header in our names; columns that the map does not name keep theirs."""
        names = {theirs: ours for ours, theirs in self.columns.items()}
        return [names.get(name, name) for name in header]

    def reading(self, row: dict[str, str]) -> dict[str, str] | None:
        """Return what a row of the file means, by our names; None where it is to be passed over."""
        row |= self.constants
        for column in self.whole_numbers:
            if (found := _FRACTION.fullmatch(row.get(column, ""))) is not None:
                row[column] = found[1]
        if not all(row.get(column, "").strip() for column in self.only_with):
            return None
        for rule in self.when:
            if row.get(rule.column, "").startswith(rule.starts_with):
                row |= {name: value for name, value in rule.set.items() if not row.get(name)}
        return row


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
    only_with, whole_numbers = (_list(path.name, section, given.get(section), kind) for section in _KEYS[3:5])
    return ColumnMap(columns, constants, date_format, only_with, whole_numbers, _rules(path.name, given, kind))


def _rules(file: str, given: Mapping[str, Any], kind: str) -> tuple[Rule, ...]:
    found = given.get("when") or []
    if not isinstance(found, list):
        raise ImportRefused(f"{file}: when: has to be a list of rules, each with {', '.join(_RULE)}")
    rules = []
    for ordinal, rule in enumerate(found, 1):
        place = f"when, rule {ordinal}"
        if not isinstance(rule, dict) or set(rule) != set(_RULE):
            raise ImportRefused(f"{file}: {place}: has to have {', '.join(_RULE)}, and no other")
        (column,) = _list(file, place, [rule["column"]], kind)
        rules.append(Rule(column, str(rule["starts_with"]), _names(file, f"{place}, set", rule["set"], kind)))
    return tuple(rules)


def _list(file: str, section: str, given: Any, kind: str) -> tuple[str, ...]:
    if given is None:
        return ()
    if not isinstance(given, list):
        raise ImportRefused(f"{file}: {section}: has to be a list such as [{KINDS[kind].required[0]}]")
    return tuple(_names(file, section, dict.fromkeys(map(str, given), ""), kind))


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
