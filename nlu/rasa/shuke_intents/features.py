"""What of a normalised text is counted: words with their neighbours, stems that come together, runs of characters."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

LONGEST_RUN = 4
FARTHEST = 8
"""Units between which two are still together."""
# Of English words, those that say nothing of what is wished: deliver, delivers, delivered, delivering.
_ENDINGS = (("ies", "y"), ("ing", ""), ("ed", ""), ("es", "e"), ("s", ""), ("ly", ""))
_SHORTEST = 3
_DOUBLED = frozenset("bdgmnprt")
_KEPT = 4096
_UNIT = re.compile(r"[^\W_\u3400-\u9fff]+(?:'[^\W_\u3400-\u9fff]+)?|[^\w\s]|[\u3400-\u9fff]")
# What is written without blanks is one stretch, and a Latin word is one of its own, so
# that no run of characters leads from the one into the other.
_STRETCH = re.compile(r"[^\W_\u3400-\u9fff]+(?:'[^\W_\u3400-\u9fff]+)?|(?:[\u3400-\u9fff]|[^\w\s])+")


def words(text: str) -> list[str]:
    """Return the units of ``text``, each pair of neighbours, each pair with one between, and how it begins and ends.

    A unit is a word of a script with blanks, one Chinese character or one mark: pairs of
    characters are most of the words that a word cutter would find, and none that it invents.
    """
    units: list[str] = _UNIT.findall(text)
    near = [f"{one} {other}" for one, other in pairwise(units)]
    far = [f"{one} * {other}" for one, other in zip(units, units[2:], strict=False)]
    edges = [f"^ {units[0]}", f"{units[-1]} $"] if units else []
    return [*units, *near, *far, *edges]


def together(text: str) -> list[str]:
    """Return the stems of ``text``, and each two of them that stand at most `FARTHEST` apart, in whichever order.

    Chinese says the same in many orders, and English puts any number of words between a verb and its thing.
    """
    stems = [stem(unit) for unit in _UNIT.findall(text)]
    pairs = {
        f"{one}~{other}" if one < other else f"{other}~{one}"
        for place, one in enumerate(stems)
        for other in stems[place + 1 : place + 1 + FARTHEST]
    }
    return [*sorted(pairs), *stems]


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


@lru_cache(maxsize=_KEPT)
def stem(word: str) -> str:
    """Return ``word`` (in small letters) without its ending; what is not English as it is.

    No word of a dictionary: "price" and "pricing" become "pric".
    """
    if not (word.isascii() and word[0].isalpha()):
        return word
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) >= len(ending) + _SHORTEST and not word.endswith("ss"):
            word = word[: -len(ending)] + instead
            break
    if len(word) > _SHORTEST and word.endswith("e"):
        word = word[:-1]
    if len(word) > _SHORTEST and word[-1] == word[-2] and word[-1] in _DOUBLED:
        word = word[:-1]
    return word
