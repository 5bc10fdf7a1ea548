"""What can be remembered of a customer beside their profile, and how each kind of fact behaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

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
    Kind("occupation", single=True, lasts=2 * _A_YEAR),
    Kind("pet"),
    Kind("plan", lasts=timedelta(days=180)),
    Kind("note", lasts=_A_YEAR),
    Kind("health", sensitive=True, lasts=_A_YEAR),
    Kind("allergy", sensitive=True),
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
