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

    def __init__(self, analyzer: Analyzer, known: Sequence[str], rarity: NDArray[np.float64]) -> None:
        """``known`` are the features in the order of their columns, ``rarity`` tells how rare each is."""
        self.known = known
        self.rarity = rarity
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
        return cls(analyzer, known, np.log((1 + count) / (1 + frequency)) + 1)

    def row(self, text: str) -> Row:
        """Return the columns of what is known of ``text``, and their weights; the squares sum up to 1."""
        counted: Counter[int] = Counter()
        for feature in self._analyzer(text):
            column = self._columns.get(feature)
            if column is not None:
                counted[column] += 1
        columns = np.fromiter(counted.keys(), dtype=np.intp, count=len(counted))
        times = np.fromiter(counted.values(), dtype=np.float64, count=len(counted))
        weights = (1 + np.log(times)) * self.rarity[columns]
        length = np.sqrt(weights @ weights)
        return columns, (weights / length if length else weights).astype(np.float32)
