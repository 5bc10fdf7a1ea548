"""What of a normalised text is counted: words with their neighbours, and runs of characters."""

from __future__ import annotations

import re
from itertools import pairwise

LONGEST_RUN = 4
_UNIT = re.compile(r"[^\W_\u3400-\u9fff]+(?:'[^\W_\u3400-\u9fff]+)?|[^\w\s]|[\u3400-\u9fff]")
# What is written without blanks is one stretch, and a Latin word is one of its own, so
# that no run of characters leads from the one into the other.
_STRETCH = re.compile(r"[^\W_\u3400-\u9fff]+(?:'[^\W_\u3400-\u9fff]+)?|(?:[\u3400-\u9fff]|[^\w\s])+")


def words(text: str) -> list[str]:
    """Return the units of ``text``, each pair of neighbours, each pair with one between, and how it begins.

    A unit is a word of a script with blanks, one Chinese character or one mark: pairs of
    characters are most of the words that a word cutter would find, and none that it invents.
    """
    units: list[str] = _UNIT.findall(text)
    near = [f"{one} {other}" for one, other in pairwise(units)]
    far = [f"{one} * {other}" for one, other in zip(units, units[2:], strict=False)]
    begins = [f"^ {units[0]}"] if units else []
    return [*units, *near, *far, *begins]


def characters(text: str) -> list[str]:
    """Return the runs of up to `LONGEST_RUN` characters, within words and stretches of Chinese.

    They carry a word over typos and endings, and a Chinese one over homophones beside it.
    The blank at an edge counts with what stands beside it only: alone it would be all that
    is known of a word that nobody taught, and mean what most one-word sentences mean.
    """
    runs = []
    for stretch in _STRETCH.findall(text):
        edged = f" {stretch} "
        for length in range(1, LONGEST_RUN + 1):
            runs += [edged[n : n + length] for n in range(len(edged) - length + 1)]
    return [run for run in runs if run != " "]
