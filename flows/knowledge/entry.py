"""An entry of the knowledge base: one answer, in both languages, with its edition."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flows.engine.model import Place

LANGUAGES = ("zh", "en")
FILLED_IN = frozenset({"desk_days", "desk_opens", "desk_closes"})
"""Placeholders of a body: when people are at the desk, from the settings, so that it is written down once."""
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Question:
    """A question as customers put it, and the line where it stands."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer; ``title``, ``asks`` and ``body`` have both languages."""

    id: str
    intents: tuple[str, ...]
    """What customers want who ask for it: only then is it looked at first."""
    title: Mapping[str, str]
    asks: Mapping[str, tuple[Question, ...]]
    body: Mapping[str, str]
    version: date
    """The day or, with `by_month`, the month of this edition."""
    by_month: bool
    place: Place
    valid_from: date | None = None
    valid_until: date | None = None
    """The last day on which it is true."""
    products: tuple[str, ...] = ()
    """SKUs that it is about; none where it is about all."""
    registers: bool = False
    """The flow can register what it is about: the answer comes with a button for that."""

    @property
    def edition(self) -> str:
        """The version as written: ``2026-03`` or ``2026-03-15``."""
        return f"{self.version:%Y-%m}" if self.by_month else self.version.isoformat()

    def is_valid(self, today: date) -> bool:
        """Return whether the entry may be used on a day, in the shop's zone."""
        begun = self.valid_from is None or self.valid_from <= today
        return begun and not self.has_expired(today)

    def has_expired(self, today: date) -> bool:
        return self.valid_until is not None and self.valid_until < today

    def cited(self, language: str) -> str:
        """Return how the entry is named under an answer: 配送说明 · 2026年3月版."""
        day = "" if self.by_month else str(self.version.day)
        if language == "zh":
            edition = f"{self.version.year}年{self.version.month}月{day and day + '日'}版"
        else:
            edition = f"{day and day + ' '}{_MONTHS[self.version.month - 1]} {self.version.year}"
        return f"{self.title[language]} · {edition}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def filled_in(body: str, values: Mapping[str, str]) -> str:
    """Return a body with its placeholders filled in; those without a value are left out."""
    return PLACEHOLDER.sub(lambda found: values.get(found[1], ""), body)
