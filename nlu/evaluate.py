"""How well messages are understood: accuracy and F1 per intent and language, and what is taken for what."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlu.errors import NluError


class BadExamples(NluError):
    """A file of examples that cannot be read; the text names the place and the mend."""


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence with the intent it has; ``accept`` are other right answers."""

    text: str
    intent: str
    accept: frozenset[str] = frozenset()
    language: str = ""


@dataclass(frozen=True, slots=True)
class Scored:
    """An example and what it was taken for."""

    example: Example
    predicted: str

    @property
    def right(self) -> bool:
        return self.predicted == self.example.intent or self.predicted in self.example.accept

    @property
    def counted_as(self) -> str:
        """The intent that the answer counts for: another right one counts as the expected one."""
        return self.example.intent if self.right else self.predicted


def read_examples(path: Path) -> list[Example]:
    """Read ``text,intent[,accept][,language]`` with a header; accepted intents are separated by ``|``.

    Raises:
        BadExamples: the file, its header or a row is wrong.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise BadExamples(f"{path.name}: cannot be read ({type(exc).__name__}); give a CSV file in UTF-8") from exc
    if not rows or not {"text", "intent"} <= set(rows[0]):
        raise BadExamples(f"{path.name}:1: needs a header with the columns text and intent, and a row below it")
    examples = []
    for line, row in enumerate(rows, 2):
        if not row["text"] or not row["intent"]:
            raise BadExamples(f"{path.name}:{line}: text and intent must both be there")
        accept = frozenset(filter(None, (row.get("accept") or "").split("|")))
        examples.append(Example(row["text"], row["intent"], accept, row.get("language") or ""))
    return examples


def report(scored: Sequence[Scored]) -> dict[str, Any]:
    """Return the scores as JSON: whole, per language, per intent, and the most frequent confusions."""
    languages: dict[str, list[Scored]] = defaultdict(list)
    for one in scored:
        if one.example.language:
            languages[one.example.language].append(one)
    wrong = Counter((one.example.intent, one.predicted) for one in scored if not one.right)
    intents = per_intent(scored)
    return {
        "examples": len(scored),
        "accuracy": _share(scored),
        "macro_f1": round(sum(score["f1"] for score in intents.values()) / max(len(intents), 1), 4),
        "languages": {name: {"examples": len(some), "accuracy": _share(some)} for name, some in languages.items()},
        "intents": intents,
        "confusions": [
            {"intent": intent, "taken_for": predicted, "count": count}
            for (intent, predicted), count in wrong.most_common(30)
        ],
    }


def per_intent(scored: Iterable[Scored]) -> dict[str, dict[str, float]]:
    """Return precision, recall, F1 and the number of examples for every expected intent."""
    expected: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    for one in scored:
        expected[one.example.intent] += 1
        answered[one.counted_as] += 1
        hits[one.example.intent] += one.right
    scores = {}
    for intent in sorted(expected):
        precision = hits[intent] / answered[intent] if answered[intent] else 0.0
        recall = hits[intent] / expected[intent]
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        scores[intent] = {
            "precision": round(precision, 4),
            "recall": round(recall, 4),
            "f1": round(f1, 4),
            "examples": expected[intent],
        }
    return scores


def _share(scored: Sequence[Scored]) -> float:
    return round(sum(one.right for one in scored) / max(len(scored), 1), 4)
