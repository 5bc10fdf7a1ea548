"""The rules of care, read from YAML: what happens in a customer's life, and what is said then.

Whatever is wrong in a file is a `FlowError` that reads ``file:line: what is wrong; the mend``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from crm_store.consents import PURPOSES
from crm_store.surveys import SCALES
from flows.engine.conditions import Condition, ConditionError, parse
from flows.engine.marks import FlowError, MarkedMap, read_marked

BIRTHDAY = "birthday"
DEFAULT_RULES = Path(__file__).with_name("rules.yml")

_KEYS = ("on", "when", "after", "at", "purpose", "say", "unless", "holdout", "survey", "once_in")
_FOR_EVENTS = ("when", "after", "unless")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_KIND = re.compile(r"[a-z_]+\.[a-z_]+")
_AFTER = re.compile(r"([1-9]\d{0,3}) (day|hour|minute)s?")
_AT = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_SCOPE = "facts"


@dataclass(frozen=True, slots=True)
class Unless:
    """The event ``kind`` with the same value under ``same`` in its data calls the occasion off."""

    kind: str
    same: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason to speak first."""

    name: str
    on: str
    """``birthday``, or a kind of the history."""
    purpose: str
    say: str
    at: time | None = None
    """None: the time set for care; of no meaning for a rule with ``delay``."""
    days: int = 0
    """After an event: so many days later, at ``at``."""
    delay: timedelta | None = None
    """After an event: exactly so much later."""
    when: Condition | None = None
    unless: Unless | None = None
    holdout: float = 0.0
    survey: str | None = None
    """The question that the message asks, a key of `crm_store.surveys.SCALES`."""
    once_in: timedelta | None = None
    """Nobody is asked that question more often."""

    def applies_to(self, data: Mapping[str, Any]) -> bool:
        """Return whether an event with this data is one that the rule means."""
        return self.when is None or self.when.holds({_SCOPE: data})


def load_rules(overlay: Path | None = None) -> dict[str, Rule]:
    """Return the rules by name: our own, with a shop's laid over them.

    ``overlay`` is a folder of YAML files, taken in the order of their names; it
    need not exist.

    Raises:
        FlowError: a file is wrong.
    """
    rules = _read({}, DEFAULT_RULES, "care/rules.yml")
    for path in sorted(overlay.glob("*.yml")) if overlay else ():
        rules = _read(rules, path, "/".join(path.parts[-3:]))
    return rules


def _read(rules: dict[str, Rule], path: Path, file: str) -> dict[str, Rule]:
    marked = read_marked(path, file)
    read = dict(rules)
    for name, entry in marked.items():
        line = marked.line_of(name)
        if entry == "off":
            if name not in read:
                raise FlowError(file, line, f'there is no rule "{name}" to end{_meant(name, read)}')
            del read[name]
        elif not _NAME.fullmatch(name):
            raise FlowError(file, line, f'"{name}" is no name for a rule; use small letters, digits and _')
        elif not isinstance(entry, MarkedMap):
            raise FlowError(file, line, f'rule "{name}" needs keys below it: on, purpose, say; or "off"')
        else:
            read[name] = _rule(name, entry, file)
    return read


def _rule(name: str, entry: MarkedMap, file: str) -> Rule:
    for key in entry:
        if key not in _KEYS:
            _refuse(entry, key, file, f'rule "{name}" has no key "{key}"{_meant(key, _KEYS)}')
    for key in ("on", "purpose", "say"):
        if not isinstance(entry.get(key), str):
            _refuse(entry, key, file, f'rule "{name}" needs "{key}", a text')
    on, purpose = entry["on"], entry["purpose"]
    if purpose not in PURPOSES:
        _refuse(entry, "purpose", file, f'"{purpose}" is no purpose; use {", ".join(PURPOSES)}')
    if on != BIRTHDAY and not _KIND.fullmatch(on):
        _refuse(entry, "on", file, f'"{on}" is neither "birthday" nor an event such as ticket.resolved')
    if on == BIRTHDAY:
        for key in _FOR_EVENTS:
            if key in entry:
                _refuse(entry, key, file, f'"{key}" is for events only; take it out of "{name}"')
        days, delay = 0, None
    else:
        days, delay = _after(name, entry, file)
    if delay is not None and "at" in entry:
        _refuse(entry, "at", file, '"at" goes with "after: N days"; take it out, or count in days')
    return Rule(
        name=name, on=on, purpose=purpose, say=entry["say"], at=_at(entry, file), days=days, delay=delay,
        when=_when(entry, file), unless=_unless(entry, file), holdout=_holdout(entry, file),
        survey=_survey(entry, file), once_in=_once_in(entry, file),
    )  # fmt: skip


def _after(name: str, entry: MarkedMap, file: str) -> tuple[int, timedelta | None]:
    match = _AFTER.fullmatch(str(entry.get("after", "")))
    if match is None:
        # Nothing may be due at the moment of its event: the clock may have passed it already.
        _refuse(entry, "after", file, f'rule "{name}" needs "after", such as 3 days, 2 hours or 30 minutes')
    number, unit = int(match[1]), match[2]
    return (number, None) if unit == "day" else (0, timedelta(**{f"{unit}s": number}))


def _at(entry: MarkedMap, file: str) -> time | None:
    if "at" not in entry:
        return None
    match = _AT.fullmatch(str(entry["at"]))
    if match is None:
        _refuse(entry, "at", file, f'"{entry["at"]}" is no time of day; write it as "10:00", in quotes')
    return time(int(match[1]), int(match[2]))


def _when(entry: MarkedMap, file: str) -> Condition | None:
    if "when" not in entry:
        return None
    try:
        condition = parse(str(entry["when"]))
    except ConditionError as exc:
        _refuse(entry, "when", file, f"this condition cannot be read: {exc}", exc)
    for namespace, key in sorted(condition.names):
        if namespace != _SCOPE:
            _refuse(entry, "when", file, f'"{namespace}.{key}" is not known here; write facts.{key}')
    return condition


def _unless(entry: MarkedMap, file: str) -> Unless | None:
    if "unless" not in entry:
        return None
    unless = entry["unless"]
    if not isinstance(unless, MarkedMap) or set(unless) != {"on", "same"}:
        _refuse(entry, "unless", file, '"unless" needs just on and same: {on: ticket.reopened, same: number}')
    return Unless(str(unless["on"]), str(unless["same"]))


def _holdout(entry: MarkedMap, file: str) -> float:
    share = entry.get("holdout", 0)
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        _refuse(entry, "holdout", file, f'"{share}" is no share of customers; use 0 to 1, such as 0.1')
    return float(share)


def _survey(entry: MarkedMap, file: str) -> str | None:
    if "survey" not in entry:
        return None
    if entry["survey"] not in SCALES:
        _refuse(entry, "survey", file, f'"{entry["survey"]}" is no question; use {", ".join(SCALES)}')
    return str(entry["survey"])


def _once_in(entry: MarkedMap, file: str) -> timedelta | None:
    if "once_in" not in entry:
        return None
    match = _AFTER.fullmatch(str(entry["once_in"]))
    if "survey" not in entry or match is None or match[2] != "day":
        _refuse(entry, "once_in", file, '"once_in" goes with "survey", such as 90 days')
    return timedelta(days=int(match[1]))


def _meant(word: str, known: Any) -> str:
    close = get_close_matches(word, list(known), n=1)
    return f'; did you mean "{close[0]}"?' if close else f"; there are {', '.join(known)}"


def _refuse(entry: MarkedMap, key: str, file: str, text: str, cause: Exception | None = None) -> NoReturn:
    raise FlowError(file, entry.line_of(key), text) from cause
