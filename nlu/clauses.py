"""The parts of a message that may each want something of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from nlu.fallback import fixed_phrase_intent

MOST_CLAUSES: Final = 2
# Longer messages tell a story; each of their sentences is no wish of its own.
_LONGEST_MESSAGE = 160
_FEWEST_HAN = 3
_FEWEST_WORDS = 2

_JOINED: Final = re.compile(
    r"[,，。;；!！?？、\s]*(?:顺便|順便|另外|还有就是|還有|还有|同时|再帮我|再幫我|然后再)[,，]?"
    r"|[,;.!?]?\s+(?:and also|also|and then|by the way|btw|plus|and)\b[,]?",
    re.IGNORECASE,
)
_STOPS: Final = re.compile(r"[,，。;；!！?？\n]+|\.(?=\s|$)")
_HAN: Final = re.compile("[\u4e00-\u9fff]")
_WORD: Final = re.compile(r"[^\W\d_\u4e00-\u9fff]+")


@dataclass(frozen=True, slots=True)
class Clauses:
    """``parts`` are two clauses or none; ``joined`` says that a word (顺便, also) announces a second wish."""

    parts: tuple[str, ...]
    joined: bool


def split_clauses(text: str) -> Clauses:
    """Return the first two clauses of ``text`` that say something; greetings, thanks and scraps are left out."""
    if len(text) > _LONGEST_MESSAGE:
        return Clauses((), joined=False)
    for mark in (_JOINED, _STOPS):
        parts = tuple(part.strip() for part in mark.split(text) if _says_something(part))
        if len(parts) >= MOST_CLAUSES:
            return Clauses(parts[:MOST_CLAUSES], joined=mark is _JOINED)
    return Clauses((), joined=False)


def _says_something(part: str) -> bool:
    long_enough = len(_HAN.findall(part)) >= _FEWEST_HAN or len(_WORD.findall(part)) >= _FEWEST_WORDS
    return long_enough and fixed_phrase_intent(part) is None
