"""What an import is told, what it answers, and how it refuses.

StoreError
  ImportRefused   the file, or its column map, cannot be read at all; nothing was imported
  RowRefused      this row cannot be taken; nothing of it was written
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from crm_store.desk_hours import DeskHours
from crm_store.errors import StoreError
from crm_store.loyalty import Loyalty

MARKS = ("refused_line", "refused_field", "refused_reason")
"""Columns that a file of refused rows has for people, and that no import reads."""


@dataclass(frozen=True, slots=True)
class ImportSettings:
    """How the shop writes what a row leaves open."""

    zone: ZoneInfo
    """Where a moment without an offset is read."""
    region: str = "CN"
    """Where a phone number without a country code belongs."""
    currency: str = "CNY"
    """What a price is in where the row does not say."""
    date_format: str | None = None
    """How days and moments are written (as for strptime); None means ISO 8601."""
    loyalty: Loyalty | None = None
    """What orders earn; None is nothing."""
    desk: DeskHours | None = None
    """By whose hours open tickets of a customer fall due anew whose tier a row changes; None leaves them."""


class RowResult(StrEnum):
    """What a row did."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


class RowRefused(StoreError):
    """A row that cannot be taken; nothing of it has been written.

    ``field`` is the column, ``reason`` what is wrong with it and ``mend`` what to
    write instead. None of them repeats the value, which may be a customer's.
    """

    def __init__(self, field: str, reason: str, mend: str) -> None:
        super().__init__(f"{field}: {reason}; {mend}")
        self.field = field
        self.reason = reason
        self.mend = mend


class ImportRefused(StoreError):
    """A file, or a column map, that cannot be read at all; the text names the place and the mend."""


class Refused(NamedTuple):
    """A refused row of a file: the line it begins on, the column, and what is wrong with the mend."""

    line: int
    field: str
    reason: str


@dataclass(slots=True)
class Report:
    """What came of a file; ``rows`` counts the refused ones and those passed over, too."""

    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[Refused] = field(default_factory=list)
    ignored_columns: tuple[str, ...] = ()
    """Columns of the file that this kind has no place for."""
    passed_over: int = 0
    """Rows that the column map told to leave out."""
    resumed_at: int = 0
    """Rows that an earlier run, which was stopped, had dealt with; 0 where the file began anew."""
    replaced: bool = False
    """Whether an earlier file of this name was left half imported; this one takes its place."""

    def count(self, result: RowResult) -> None:
        self.rows += 1
        if result is RowResult.ADDED:
            self.added += 1
        elif result is RowResult.CHANGED:
            self.changed += 1
        else:
            self.unchanged += 1

    def refuse(self, line: int, refusal: RowRefused) -> None:
        self.rows += 1
        self.refused.append(Refused(line, refusal.field, f"{refusal.reason}; {refusal.mend}"))

    def pass_over(self) -> None:
        self.rows += 1
        self.passed_over += 1
