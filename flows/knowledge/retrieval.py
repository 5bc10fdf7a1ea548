"""Find the entry that answers a question: BM25 over meanings and words, and how much of the question it covers.

BM25 (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009) ranks. It says
nothing of how sure the best one is, so that is the share of what the question means that the
entry covers: a question about what nobody has written down is not answered with what comes next to it.
The numbers are measured on `tests/flows/knowledge/questions_{zh,en}.csv`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from flows.knowledge.entry import LANGUAGES, Entry, filled_in
from flows.knowledge.terms import is_meaning, terms_of, terms_of_question, weight

K1: Final = 1.2
B: Final = 0.3
TITLE: Final = 2.0
ASKS: Final = 1.0
BODY: Final = 0.35
"""How much a word counts in each part of an entry."""
SURE: Final = 0.545
"""How sure the best entry on what is asked for has to be, 0 to 1, to be the answer…"""
SURE_ELSEWHERE: Final = 0.7
"""…and one on something else, where nothing is known on what is asked for."""
RELATED: Final = 0.75
"""Entries whose score is at least this share of the best one's may be meant as well."""
UNUSED_WORD: Final = 0.2
UNKNOWN_WORD: Final = 0.1
MOST_WORDS: Final = 0.6
"""What an uncovered word takes away, where other entries have it and where none does, and all of them at most:
people tell stories around their question. An uncovered meaning takes away all that it weighs."""
TOO_LITTLE: Final = 0.3
"""A question of which little is covered is unsure, however short."""
OF_THE_PRODUCT: Final = 1.5
"""An entry on the very product that is asked about counts so much more."""


@dataclass(frozen=True, slots=True)
class Found:
    """An entry with its score, and how sure it is the answer, 0 to 1."""

    entry: Entry
    score: float
    sure: float


class Index:
    """Entries made ready for looking up; never changes once built."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries: Sequence[Entry] = tuple(entries)
        self._counts = [_counted(entry) for entry in self.entries]
        lengths = [sum(counts.values()) for counts in self._counts]
        average = sum(lengths) / len(lengths) if lengths else 1.0
        self._norms = [1 - B + B * length / average for length in lengths]
        self._in: Counter[str] = Counter(term for counts in self._counts for term in counts)
        self._rarest = math.log(1 + (len(self.entries) + 0.5) / 0.5)

    def ranked(self, question: str, *, intent: str | None, product: str | None, today: date) -> list[Found]:
        """Return the entries that share anything with ``question``, best first.

        With an ``intent`` only those that answer it; with a ``product`` none on other
        products; none that are not valid on ``today``, the shop's own day.
        """
        asked = {term: weight(term) * self._rarity(term) for term in terms_of_question(question)}
        found = []
        for at, entry in enumerate(self.entries):
            if not entry.is_valid(today) or (intent is not None and intent not in entry.intents):
                continue
            if product is not None and entry.products and product not in entry.products:
                continue
            score = self._score(at, asked)
            if score > 0:
                theirs = OF_THE_PRODUCT if product is not None and product in entry.products else 1.0
                found.append(Found(entry, score * theirs, min(self._sure(at, asked) * theirs, 1.0)))
        return sorted(found, key=lambda one: (-one.score, one.entry.id))

    def _score(self, at: int, asked: Mapping[str, float]) -> float:
        counts, norm = self._counts[at], self._norms[at]
        found = ((worth, counts[term]) for term, worth in asked.items() if term in counts)
        return sum(worth * count * (K1 + 1) / (count + K1 * norm) for worth, count in found)

    def _sure(self, at: int, asked: Mapping[str, float]) -> float:
        covered = missed = words = 0.0
        for term, worth in asked.items():
            # What only the answer happens to say is half a sign that it was asked for.
            there = min(self._counts[at].get(term, 0.0), 1.0)
            covered += worth * there
            if is_meaning(term):
                missed += worth * (1 - there)
            elif not there:
                words += worth * (UNUSED_WORD if term in self._in else UNKNOWN_WORD)
        return covered / (covered + missed + min(words, MOST_WORDS) + TOO_LITTLE)

    def _rarity(self, term: str) -> float:
        """How much a term tells entries apart, 0 to 1; what is in none is as rare as can be."""
        n = self._in[term]
        return math.log(1 + (len(self.entries) - n + 0.5) / (n + 0.5)) / self._rarest


def _counted(entry: Entry) -> dict[str, float]:
    counts: dict[str, float] = {}
    for language in LANGUAGES:
        asks = " ; ".join(question.text for question in entry.asks[language])
        for part, worth in ((entry.title[language], TITLE), (asks, ASKS), (filled_in(entry.body[language], {}), BODY)):
            for term, count in terms_of(part).items():
                counts[term] = counts.get(term, 0.0) + worth * count
    return counts
