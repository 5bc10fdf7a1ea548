"""What can be remembered of a customer beside their profile, and how each kind of fact behaves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

LONGEST_VALUE = 500
_A_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fact. Of a ``single`` one only one is true at a time: a new value contradicts the old one."""

    name: str
    single: bool = False
    sensitive: bool = False
    """Kept only with the customer's own leave (purpose ``sensitive``)."""
    lasts: timedelta | None = None
    """How long it is told as true, where nobody said how long; None is for ever."""
    opposite: str | None = None
    """The kind in which the same value is the contrary."""


def _by_name(*kinds: Kind) -> Mapping[str, Kind]:
    return MappingProxyType({kind.name: kind for kind in kinds})


KINDS = _by_name(
    Kind("called", single=True),
    Kind("likes", lasts=2 * _A_YEAR, opposite="dislikes"),
    Kind("dislikes", lasts=2 * _A_YEAR, opposite="likes"),
    Kind("taste", lasts=2 * _A_YEAR),
    Kind("clothes_size", single=True, lasts=_A_YEAR),
    Kind("shoe_size", single=True, lasts=2 * _A_YEAR),
    Kind("budget", single=True, lasts=_A_YEAR),
    Kind("contact_time", single=True, lasts=_A_YEAR),
    Kind("contact_channel", single=True, lasts=_A_YEAR),
    Kind("delivery", single=True, lasts=_A_YEAR),
    Kind("carrier", single=True, lasts=_A_YEAR),
    Kind("lives_in", single=True, lasts=2 * _A_YEAR),
    Kind("anniversary", single=True),
    Kind("occupation", single=True, lasts=2 * _A_YEAR),
    Kind("pet"),
    Kind("plan", lasts=timedelta(days=180)),
    Kind("need", lasts=timedelta(days=180)),
    Kind("note", lasts=_A_YEAR),
    Kind("health", sensitive=True, lasts=_A_YEAR),
    Kind("allergy", sensitive=True),
    Kind("child", single=True, sensitive=True, lasts=_A_YEAR),
    Kind("family_illness", sensitive=True, lasts=_A_YEAR),
    Kind("pregnancy", single=True, sensitive=True, lasts=timedelta(days=300)),
    Kind("religion", single=True, sensitive=True),
    Kind("ethnicity", single=True, sensitive=True),
    Kind("politics", single=True, sensitive=True),
    Kind("orientation", single=True, sensitive=True),
)
"""Every kind by its name. No other is remembered, so that nothing sensitive slips in under a name of its own."""


def normal(value: str) -> str:
    """Return a value in the form in which equal ones are equal: no needless spaces, no capitals."""
    return " ".join(value.split()).casefold()


def contradict(kind: Kind, value: str, other: Kind, others: str) -> bool:
    """Return whether two facts (kind and value) about the same person cannot both be true."""
    if kind.name == other.name:
        return kind.single and normal(value) != normal(others)
    return kind.opposite == other.name and normal(value) == normal(others)


def checked(kind: str, value: str, source: str, confidence: float, at: datetime, expires_at: datetime | None) -> Kind:
    """Return the kind of a fact that can be remembered.

    Raises:
        ValueError: there is no such kind, the text is empty or too long, the confidence is
            not within 0 and 1, it ends before it begins, or it has no source.
    """
    if kind not in KINDS:
        raise ValueError(f"there is no kind of fact {kind!r}; use one of {', '.join(KINDS)}")
    if not value or len(value) > LONGEST_VALUE:
        raise ValueError(f"a fact has a text of 1 to {LONGEST_VALUE} characters")
    if not source:
        raise ValueError("a fact needs its source: the reference of the message, or who knows it")
    if not 0 <= confidence <= 1:
        raise ValueError("a confidence lies between 0 and 1")
    if expires_at is not None and expires_at <= at:
        raise ValueError("a fact ends after it was said; correct expires_at")
    return KINDS[kind]


def named(words: str, value: str, kind_called: Collection[str] = ()) -> bool:
    """Return whether words name a fact: by its value, in whole or in part, or by what its kind is called."""
    said, value = normal(words), normal(value)
    if value and (_within(value, said) or (len(said) > 1 and _within(said, value))):
        return True
    return any(_within(normal(name), said) for name in kind_called)


def _within(part: str, whole: str) -> bool:
    """Return whether a text has another in it: in Latin letters as whole words, so that "tea" is not in "steak"."""
    if not part:
        return False
    at = whole.find(part)
    while at >= 0:
        before, after = whole[at - 1 : at], whole[at + len(part) : at + len(part) + 1]
        if not (_latin(before) and _latin(part[0])) and not (_latin(after) and _latin(part[-1])):
            return True
        at = whole.find(part, at + 1)
    return False


def _latin(letter: str) -> bool:
    return letter.isascii() and letter.isalnum()
