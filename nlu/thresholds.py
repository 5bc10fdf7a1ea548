"""How sure is sure enough: from which confidence on an intent is acted on, asked about, or not believed at all.

Chosen on sentences that the model was not taught, by what each outcome costs the customer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, median_low
from typing import Any

from nlu.doubt import close_behind
from nlu.understanding import OUT_OF_SCOPE, IntentScore

# In tries of a customer's patience: something else is answered than what was asked ...
WRONG = 1.0
# ... the right wish is shown for a tap, or only wrong ones are ...
ASKED = 0.35
ASKED_IN_VAIN = 0.6
# ... or they are told that nothing was understood.
GIVEN_UP = 0.6
MOST_REJECTED = 0.03
"""Of messages with a wish of the list, at most this share may be taken for none.

Up to here almost all that is of no wish is told already; beyond it costs are so flat that
a few sentences would decide for how many customers hear that nothing was understood.
"""
OUT_OF_SCOPE_SHARE = 0.25
"""So many of all messages are of no wish of the list, however many of the held-back sentences are."""
_HARDLY_DEARER = 0.001
_AS_GOOD = 0.005
"""What two in a hundred sentences of no wish cost that are taken for one: so few are not to decide."""
_STEPS = [step / 100 for step in range(0, 91, 2)]


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A sentence that was not taught, its intent, and the model's guesses, likeliest first.

    ``accept`` are other right intents. Without any guess the model knew nothing of the sentence.
    """

    text: str
    intent: str
    ranking: tuple[tuple[str, float], ...]
    accept: frozenset[str] = frozenset()

    @property
    def guess(self) -> tuple[str, float]:
        """The likeliest intent and how sure it is."""
        return self.ranking[0] if self.ranking else (OUT_OF_SCOPE, 1.0)

    def is_right(self, intent: str) -> bool:
        return intent == self.intent or intent in self.accept


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From ``answer`` on an intent is acted on, from ``clarify`` on asked about, below it is nothing we know."""

    answer: float
    clarify: float


USUAL = Thresholds(answer=0.5, clarify=0.35)
"""For a model of which nothing is measured. Over some forty intents a right one often gets no more than a half."""


class Measured:
    """The thresholds in a file, as soon as it is there: the model of a first start is only being trained."""

    def __init__(self, find: Callable[[], Path], least: float | None = None, pointer: Path | None = None) -> None:
        """``find`` returns the file, when it is first wanted and whenever ``pointer``, the file that names the model
        in use, has been written; ``least`` is what the operator set for ``clarify``.
        """
        self._find = find
        self._least = least
        self._pointer = pointer
        self._written: tuple[int, int] = (0, 0)
        self._file: Path | None = None
        self._read: Thresholds | None = None

    def __call__(self) -> Thresholds:
        pointed = _written(self._pointer)
        if self._file is None or pointed != self._written[0]:
            self._file, self._read = self._find(), None
        written = (pointed, _written(self._file))
        if self._read is None or written != self._written:
            self._written = written
            if not written[1]:
                return self._as_set(USUAL)
            self._read = self._as_set(Thresholds(**json.loads(self._file.read_text(encoding="utf-8"))))
        return self._read

    def _as_set(self, found: Thresholds) -> Thresholds:
        if self._least is None:
            return found
        return Thresholds(answer=max(self._least, found.answer), clarify=self._least)


def _written(file: Path | None) -> int:
    """Return when a file was written, 0 where there is none."""
    try:
        return file.stat().st_mtime_ns if file is not None else 0
    except FileNotFoundError:
        return 0


def write_thresholds(file: Path, thresholds: Thresholds) -> None:
    file.write_text(json.dumps(asdict(thresholds)) + "\n", encoding="utf-8")


def read_answers(answers: Path) -> list[HeldBack]:
    """Return what a model took the held-back sentences for, as its training wrote it down."""
    rows: list[Any] = json.loads(answers.read_text(encoding="utf-8"))
    return [HeldBack(text, intent, tuple((name, how) for name, how in ranking)) for text, intent, ranking in rows]


def choose(held_back: Sequence[HeldBack]) -> Thresholds:
    """Return the thresholds that cost these sentences' customers least, or hardly more.

    Over a wide range ``clarify`` costs nearly the same, whatever a sentence or two make of it: of what is as
    good as the best, the one nearest to the usual counts. For ``answer`` the middle of the cheapest does.
    """
    pairs = [Thresholds(answer, clarify) for clarify in _STEPS for answer in _STEPS if clarify <= answer]
    turned_away = {pair: rejected(held_back, pair.clarify) for pair in pairs}
    # A model that turns away more than that whatever is chosen is to turn away no more than it must.
    most = max(MOST_REJECTED, min(turned_away.values()))
    costs = {pair: cost(held_back, pair) for pair in pairs if turned_away[pair] <= most}
    least = min(costs.values())
    good = {pair.clarify for pair, of in costs.items() if of <= least + _AS_GOOD}
    clarify = min(good, key=lambda one: (abs(one - USUAL.clarify), one))
    beside = {pair.answer: of for pair, of in costs.items() if pair.clarify == clarify}
    cheapest = min(beside.values())
    return Thresholds(median_low(one for one, of in beside.items() if of <= cheapest + _HARDLY_DEARER), clarify)


def cost(held_back: Sequence[HeldBack], thresholds: Thresholds) -> float:
    """Return what these sentences cost on average, in tries of patience."""
    wishes = [_cost(one, thresholds) for one in held_back if one.intent != OUT_OF_SCOPE]
    others = [_cost(one, thresholds) for one in held_back if one.intent == OUT_OF_SCOPE]
    if not wishes or not others:
        return fmean(wishes or others)
    return (1 - OUT_OF_SCOPE_SHARE) * fmean(wishes) + OUT_OF_SCOPE_SHARE * fmean(others)


def rejected(held_back: Sequence[HeldBack], clarify: float) -> float:
    """Return the share of sentences with a wish of the list that are taken for none."""
    wishes = [one for one in held_back if one.intent != OUT_OF_SCOPE]
    falsely = sum(_is_out(one, clarify) and not one.is_right(OUT_OF_SCOPE) for one in wishes)
    return falsely / max(len(wishes), 1)


def told(held_back: Sequence[HeldBack], clarify: float) -> float:
    """Return the share of sentences without such a wish that are known for what they are."""
    others = [one for one in held_back if one.intent == OUT_OF_SCOPE]
    return sum(_is_out(one, clarify) for one in others) / max(len(others), 1)


def _cost(one: HeldBack, thresholds: Thresholds) -> float:
    if _is_out(one, thresholds.clarify):
        return 0.0 if one.is_right(OUT_OF_SCOPE) else GIVEN_UP
    guess, confidence = one.guess
    if confidence < thresholds.answer and (other := close_behind([IntentScore(*two) for two in one.ranking[:2]])):
        return ASKED if one.is_right(guess) or one.is_right(other.name) else ASKED_IN_VAIN
    return 0.0 if one.is_right(guess) else WRONG


def _is_out(one: HeldBack, clarify: float) -> bool:
    guess, confidence = one.guess
    return guess == OUT_OF_SCOPE or confidence < clarify
