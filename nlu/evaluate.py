"""How well messages are understood: accuracy and F1 per intent and language, what is taken for what, how sure it
was of itself, and how long it took."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from nlu.errors import NluError
from nlu.understanding import OUT_OF_SCOPE

_SHOWN = 3
"""Examples of a confusion."""


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
    """An example and what it was taken for, how sure of it (0 to 1), and after how long."""

    example: Example
    predicted: str
    confidence: float = 1.0
    seconds: float = 0.0

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
    except UnicodeDecodeError as exc:
        raise BadExamples(f"{path.name}:{_line_not_utf8(path)}: is not UTF-8 here; save the file as UTF-8") from exc
    except (OSError, csv.Error) as exc:
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


def _line_not_utf8(path: Path) -> int:
    """Return the first line of a file that is not UTF-8, from 1."""
    lines = enumerate(path.read_bytes().splitlines(), 1)
    return next((line for line, raw in lines if raw.decode("utf-8", "replace").encode() != raw), 1)


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
            {"intent": intent, "taken_for": predicted, "count": count, "examples": _some(scored, intent, predicted)}
            for (intent, predicted), count in wrong.most_common(30)
        ],
        "out_of_scope": out_of_scope(scored),
        "calibration": calibration(scored),
        "milliseconds": latency(scored),
    }


def out_of_scope(scored: Sequence[Scored]) -> dict[str, Any]:
    """Return the share of sentences of no wish of ours that were told, and that of the others taken for such."""
    others = [one for one in scored if one.example.intent == OUT_OF_SCOPE]
    wishes = [one for one in scored if one.example.intent != OUT_OF_SCOPE]
    falsely = sum(one.predicted == OUT_OF_SCOPE and not one.right for one in wishes)
    return {
        "examples": len(others),
        "recall": _share(others),
        "false_rejection": round(falsely / max(len(wishes), 1), 4),
    }


def calibration(scored: Sequence[Scored]) -> dict[str, Any]:
    """Return the expected calibration error and, for each tenth of confidence, how many were how often right.

    Guo et al., On Calibration of Modern Neural Networks, 2017. What exact code decided is sure of itself and left out.
    """
    guessed = [one for one in scored if one.confidence < 1]
    tenths: dict[int, list[Scored]] = defaultdict(list)
    for one in guessed:
        tenths[int(one.confidence * 10)].append(one)
    error = sum(abs(sum(o.right for o in some) - sum(o.confidence for o in some)) for some in tenths.values())
    return {
        "examples": len(guessed),
        "expected_error": round(error / max(len(guessed), 1), 4),
        "tenths": {
            f"{tenth / 10:.1f}": {"examples": len(some), "confidence": _mean(some), "accuracy": _share(some)}
            for tenth, some in sorted(tenths.items())
        },
    }


def latency(scored: Sequence[Scored]) -> dict[str, float]:
    """Return the median and the 99th percentile of what a message took."""
    took = sorted(one.seconds * 1000 for one in scored)
    if not took:
        return {"p50": 0.0, "p99": 0.0}
    return {"p50": round(took[len(took) // 2], 2), "p99": round(took[min(len(took) * 99 // 100, len(took) - 1)], 2)}


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


def _some(scored: Sequence[Scored], intent: str, predicted: str) -> list[str]:
    confused = (one for one in scored if (one.example.intent, one.predicted) == (intent, predicted))
    wrong = (one.example.text for one in confused if not one.right)
    return list(islice(wrong, _SHOWN))


def _mean(scored: Sequence[Scored]) -> float:
    return round(sum(one.confidence for one in scored) / len(scored), 4)


def _share(scored: Sequence[Scored]) -> float:
    return round(sum(one.right for one in scored) / max(len(scored), 1), 4)
