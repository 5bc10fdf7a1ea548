"""Which of two models stands: a new one takes the last one's place, unless it understands less.

Both were asked about sentences that neither was taught; what they took them for lies beside
them. A new model that is worse is kept and marked, and the last one goes on serving.
"""

from __future__ import annotations

import json
from pathlib import Path

from nlu.chosen_model import choose_model, chosen_model
from nlu.evaluate import Example, Scored, report
from nlu.forgetting import MARK
from nlu.promoting import Comparison, compare
from nlu.thresholds import HeldBack, read_answers

ANSWERS = "answers.json"
"""What a model took the held-back sentences for."""
THRESHOLDS = "thresholds.json"
REFUSED = "refused.json"
"""How a model fared beside the one that stands instead."""


def beside(model: Path, what: str) -> Path:
    """Return the file next to a model that tells ``what`` of it: `ANSWERS`, `THRESHOLDS` or `REFUSED`."""
    return model.with_name(f"{model.name.removesuffix('.tar.gz')}.{what}")


def standing(model: Path) -> Path:
    """Return ``model``, or the one that stands in its place since this one was refused."""
    last = chosen_model(model.parent)
    return last if last is not None and last != model and beside(model, REFUSED).is_file() else model


def compared(model: Path) -> Comparison | None:
    """Return how ``model`` fares beside the one that was chosen last; None where there is nothing to compare."""
    last = chosen_model(model.parent)
    if last is None or last == model or last.with_name(last.name + MARK).exists():
        return None  # a model that knows what is to be forgotten does not stand against any other
    before, after = (_answers(one) for one in (last, model))
    both = sorted(before.keys() & after.keys())
    return compare(*(report([_scored(of[key]) for key in both]) for of in (before, after))) if both else None


def stand(model: Path, *, insist: bool = False) -> Comparison | None:
    """Let a freshly trained ``model`` take the last one's place, or mark it as refused; return how the two compare.

    Whoever ``insist``s has it take the place whatever the comparison says.
    """
    found = compared(model)
    refusal = beside(model, REFUSED)
    if found is not None and found.is_worse and not insist:
        refusal.write_text(json.dumps(found.as_json(), ensure_ascii=False) + "\n", encoding="utf-8")
    else:
        refusal.unlink(missing_ok=True)
        choose_model(model.parent, model)
    return found


def _answers(model: Path) -> dict[tuple[str, str], HeldBack]:
    file = beside(model, ANSWERS)
    return {(one.text, one.intent): one for one in read_answers(file)} if file.is_file() else {}


def _scored(one: HeldBack) -> Scored:
    guess, confidence = one.guess
    return Scored(Example(one.text, one.intent), guess, confidence)
