"""Matters in a message that want a careful hand, whatever it asks for: threats, harm, death, illness, children.

Read from words alone, so it is a hint to people and rules and no diagnosis.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, Literal

from nlu.said import find_said
from nlu.sensitive_words import BEREAVEMENT, DANGER_WORDS, ILLNESS, MINOR, SELF_HARM, THREAT, VIOLENCE

Matter = Literal["self_harm", "violence", "safety", "threat", "bereavement", "illness", "minor"]

_FURTHER: Final = 0.05


@dataclass(frozen=True, slots=True)
class _Kind:
    """``weight`` is the score of one word; ``supposed`` whether what is only asked or feared counts as well."""

    words: re.Pattern[str]
    weight: float
    supposed: bool = True


_KINDS: Final[dict[Matter, _Kind]] = {
    "self_harm": _Kind(SELF_HARM, 0.95),
    "violence": _Kind(VIOLENCE, 0.9),
    "safety": _Kind(DANGER_WORDS, 0.9, supposed=False),
    "threat": _Kind(THREAT, 0.8),
    "bereavement": _Kind(BEREAVEMENT, 0.8),
    "illness": _Kind(ILLNESS, 0.7),
    "minor": _Kind(MINOR, 0.7),
}


@dataclass(frozen=True, slots=True)
class Sensitive:
    """A matter, how plainly it is said, 0 to 1, and the words that said so, as typed."""

    matter: Matter
    score: float
    words: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {"matter": self.matter, "score": round(self.score, 3), "words": list(self.words)}


def find_sensitive(plain: str, typed: str) -> tuple[Sensitive, ...]:
    """Return the matters in a message, the gravest first; ``plain`` is ``typed``, folded and of its length."""
    found = []
    for matter, kind in _KINDS.items():
        words = tuple(typed[slice(*word.span())] for word in find_said(kind.words, plain, supposed=kind.supposed))
        if words:
            found.append(Sensitive(matter, min(1.0, kind.weight + _FURTHER * (len(words) - 1)), words))
    return tuple(found)
