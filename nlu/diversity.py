"""How varied the taught sentences are, for each intent and language: what a template makes is much of a muchness.

Two measures over character trigrams: the share of them that are different from one another (Li et al., A
Diversity-Promoting Objective Function, 2016, there over words), and how like a sentence is to the one
nearest to it within its intent (Jaccard).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

from nlu.training import sources
from nlu.training_files import check_file

_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Taught:
    """A sentence that the model learns, its intent and the language of its folder."""

    text: str
    intent: str
    language: str


@dataclass(frozen=True, slots=True)
class Diversity:
    """``distinct``: of all trigrams the share that is different, 0 to 1. ``nearest``: how like a sentence is to its
    nearest neighbour on average, 0 to 1, where 1 is the same again."""

    intent: str
    language: str
    sentences: int
    distinct: float
    nearest: float

    def as_json(self) -> dict[str, Any]:
        return {"sentences": self.sentences, "distinct": self.distinct, "nearest": self.nearest}


def taught_sentences(folder: Path, overlay: Path | None) -> Iterator[Taught]:
    """Yield the sentences of ``data/LANGUAGE``, those of ``overlay`` laid over those of ``folder`` file by file.

    Raises:
        TrainingFailed: a file cannot be learnt from; the text names the place and the mend.
    """
    for name, path in sources(folder, overlay).items():
        if not name.startswith("data/"):
            continue
        check_file(path, name=name)
        for block in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["nlu"]:
            for line in block["examples"].splitlines() if "intent" in block else ():
                if text := line.strip().removeprefix("-").strip():
                    yield Taught(text, block["intent"], path.parent.name)


def diversity(sentences: Iterable[Taught]) -> list[Diversity]:
    """Return how varied each intent is in each language, the least varied first: whose neighbours are most alike."""
    of: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in sentences:
        of[one.intent, one.language].append(one.text)
    found = [_measured(intent, language, texts) for (intent, language), texts in of.items()]
    return sorted(found, key=lambda one: (-one.nearest, one.distinct, one.intent, one.language))


def _measured(intent: str, language: str, texts: list[str]) -> Diversity:
    grams = [_trigrams(text) for text in texts]
    nearest = _nearest([frozenset(some) for some in grams])
    different, every = len({gram for some in grams for gram in some}), sum(map(len, grams))
    return Diversity(
        intent,
        language,
        len(texts),
        round(different / every, _DIGITS),
        round(sum(nearest) / len(nearest), _DIGITS),
    )


def _nearest(sets: list[frozenset[str]]) -> list[float]:
    """Return for each set how like it is to the one nearest to it; 0 where it stands alone."""
    holders: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(sets):
        for gram in one:
            holders[gram].append(place)
    sizes = list(map(len, sets))
    nearest = []
    for place, one in enumerate(sets):
        shared = Counter(chain.from_iterable(holders[gram] for gram in one))
        size = shared.pop(place)
        nearest.append(max((many / (size + sizes[other] - many) for other, many in shared.items()), default=0.0))
    return nearest


def _trigrams(text: str) -> list[str]:
    padded = f"  {text.casefold()} "
    return [padded[place : place + 3] for place in range(len(padded) - 2)]
