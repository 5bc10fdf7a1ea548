"""Counts that become weights: what is said once in a message and in few others weighs most.

Sublinear tf-idf, each row of length one, as scikit-learn's TfidfVectorizer has it; here in a
dictionary and two arrays, since that one's way through sparse matrices takes ten times as
long for a single message as everything else together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Analyzer = Callable[[str], list[str]]
Row = tuple[NDArray[np.intp], NDArray[np.float32]]
"""Columns and their weights."""


class Weighing:
    """One view of texts, such as their words, as rows of weights."""

    def __init__(self, analyzer: Analyzer, known: Sequence[str], rarity: NDArray[np.float64], unheard: float) -> None:
        """``known`` are the features in the order of their columns, ``rarity`` tells how rare each is.

        ``unheard`` is how rare one is that was never heard.
        """
        self.known = known
        self.rarity = rarity
        self.unheard = unheard
        self._analyzer = analyzer
        self._columns = {feature: column for column, feature in enumerate(known)}

    @classmethod
    def of(cls, analyzer: Analyzer, texts: Iterable[str]) -> Weighing:
        """Return the weighing that knows every feature of ``texts``."""
        found: Counter[str] = Counter()
        count = 0
        for text in texts:
            found.update(set(analyzer(text)))
            count += 1
        known = sorted(found)
        frequency = np.array([found[feature] for feature in known], dtype=np.float64)
        return cls(analyzer, known, np.log((1 + count) / (1 + frequency)) + 1, float(np.log(1 + count) + 1))

    def row(self, text: str, *, as_if_all: bool = False) -> Row:
        """Return the columns of what is known of ``text``, and their weights; none where nothing is known of it.

        The squares of all its weights, those of what is not known included, sum up to 1: who
        knows little of a text has little to say of it. ``as_if_all`` leaves what is not known out
        of that sum, for learning from a misspelt copy as from a sentence.
        """
        counted: Counter[int] = Counter()
        unheard: Counter[str] = Counter()
        for feature in self._analyzer(text):
            column = self._columns.get(feature)
            if column is not None:
                counted[column] += 1
            elif not as_if_all:
                unheard[feature] += 1
        columns = np.fromiter(counted.keys(), dtype=np.intp, count=len(counted))
        weights = _dampened(counted) * self.rarity[columns]
        others = _dampened(unheard) * self.unheard
        length = np.sqrt(weights @ weights + others @ others)
        return columns, (weights / length if length else weights).astype(np.float32)


def _dampened(counted: Counter[int] | Counter[str]) -> NDArray[np.float64]:
    return 1 + np.log(np.fromiter(counted.values(), dtype=np.float64, count=len(counted)))
