"""What is looked up of a text: words in scripts that part them, and overlapping terms of one and two characters else.

No index of the databases knows where a Chinese word ends, and those that cut texts
into three characters find none of two. A text of 退款到账 is therefore kept as 退, 款,
到, 账, 退款, 款到 and 到账, and whatever is typed is found by its own terms.

Width, case, accents and traditional characters make no difference.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crm_store.simplified import SIMPLIFIED

LONGEST_WORD = 40
MOST_TERMS = 2_000
"""Of one text; what stands behind them is not found."""
SHORTEST_BEGINNING = 3
"""Letters or digits that find every word that begins with them; fewer find that word alone."""
_WORD = "w"  # no filter's term begins so (`crm_store.search`), whatever somebody writes

# Of scripts that part no words: Han, kana, bopomofo, hangul, Thai, Lao, Burmese, Khmer.
_UNPARTED = "⺀-〇〡-〩ぁ-ヿㄅ-ㄯㇰ-ㇿ㐀-䶿一-鿿가-힣豈-\ufaffก-๛ກ-ໟက-႟ក-៿\U00020000-\U0003ffff"
_PARTS = re.compile(rf"([{_UNPARTED}]+)|([^\s{_UNPARTED}]{{1,{LONGEST_WORD}}})")


@dataclass(frozen=True, slots=True)
class _Run:
    """Characters that stand together: a word, or some of a script that parts none."""

    text: str
    unparted: bool
    begin: int
    ends: tuple[int, ...]
    """Behind which character of the original each one ends."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody has typed, as it is looked up: all of it has to be found."""

    words: tuple[str, ...]
    phrases: tuple[str, ...]
    """In scripts that part no words, these characters in this order."""

    def terms(self) -> Iterator[tuple[str, bool]]:
        """Yield the terms to look up, each with whether it is only a word's beginning."""
        for word in self.words:
            yield _WORD + word, len(word) >= SHORTEST_BEGINNING
        for phrase in self.phrases:
            for term in _pairs(phrase) or [phrase]:
                yield term, False

    def is_in(self, text: str) -> bool:
        """Return whether all of it is in a text; its terms alone may stand in it in another order."""
        runs = list(_runs(text))
        return all(self._spots(runs, part, unparted=False) for part in self.words) and all(
            self._spots(runs, part, unparted=True) for part in self.phrases
        )

    def marked(self, text: str, *, around: int = 30) -> list[tuple[str, bool]]:
        """Return the text in parts, each with whether it was asked for; only ``around`` characters beside the first."""
        runs = list(_runs(text))
        spots = sorted(
            spot
            for parts, unparted in ((self.words, False), (self.phrases, True))
            for part in parts
            for spot in self._spots(runs, part, unparted=unparted)
        )
        begin = max(spots[0][0] - around, 0) if spots else 0
        end = min((spots[0][1] if spots else 0) + 3 * around, len(text))
        parts: list[tuple[str, bool]] = [("…", False)] if begin else []
        at = begin
        for first, last in spots:
            if first < at or last > end:
                continue
            parts += [(text[at:first], False), (text[first:last], True)]
            at = last
        parts += [(text[at:end], False), ("…" if end < len(text) else "", False)]
        return [(part, found) for part, found in parts if part]

    def _spots(self, runs: Sequence[_Run], part: str, *, unparted: bool) -> list[tuple[int, int]]:
        found = []
        for run in runs:
            if run.unparted != unparted:
                continue
            if unparted:
                at = run.text.find(part)
                while at >= 0:
                    found.append((run.ends[at - 1] if at else run.begin, run.ends[at + len(part) - 1]))
                    at = run.text.find(part, at + len(part))
            elif run.text == part or (len(part) >= SHORTEST_BEGINNING and run.text.startswith(part)):
                found.append((run.begin, run.ends[len(part) - 1]))
        return found


def ask(typed: str) -> Asked | None:
    """Return what is looked up for what somebody typed; None where there is neither letter nor digit in it."""
    runs = list(_runs(typed))
    if not runs:
        return None
    words = dict.fromkeys(run.text for run in runs if not run.unparted)
    return Asked(tuple(words), tuple(dict.fromkeys(run.text for run in runs if run.unparted)))


def terms(text: str) -> list[str]:
    """Return the terms that a text is found by, each once."""
    found: dict[str, None] = {}
    for unparted, word in _PARTS.findall(text.translate(_FOLDED)):
        if unparted:
            found |= dict.fromkeys((*unparted, *_pairs(unparted)))
        else:
            found[_WORD + word] = None
        if len(found) >= MOST_TERMS:
            break
    return list(found)[:MOST_TERMS]


class _Folded(dict[int, str]):
    """How each character is looked up, by its number; found out when it comes for the first time."""

    def __missing__(self, number: int) -> str:
        folded = _fold(chr(number))
        if len(self) < _MOST_FOLDED:
            self[number] = folded
        return folded


_MOST_FOLDED = 20_000
_FOLDED = _Folded()


def _fold(character: str) -> str:
    """Return a letter or digit as it is looked up, at times as several; nothing of an accent; else a space."""
    plain = SIMPLIFIED.get(character, character)
    # What is written in syllables falls apart into letters otherwise.
    parts = plain if "가" <= plain <= "힣" else unicodedata.normalize("NFKD", plain).casefold()
    if all(unicodedata.category(part).startswith("M") for part in parts):
        return ""
    letters = (SIMPLIFIED.get(part, part) for part in parts if not unicodedata.category(part).startswith("M"))
    return "".join(letter if letter.isalnum() else " " for letter in letters)


def _runs(text: str) -> Iterator[_Run]:
    """Yield what `terms` finds, each with where it stood in the text."""
    folded = [_FOLDED[ord(character)] for character in text]
    behind = [at for at, letters in enumerate(folded, 1) for _ in letters]
    for found in _PARTS.finditer("".join(folded)):
        ends = tuple(behind[found.start() : found.end()])
        yield _Run(found[0], found[1] is not None, ends[0] - 1, ends)


def _pairs(text: str) -> list[str]:
    return [text[at : at + 2] for at in range(len(text) - 1)]
