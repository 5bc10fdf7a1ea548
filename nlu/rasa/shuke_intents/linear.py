"""A score per intent: one linear separator each, over weighted counts of words and characters."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from shuke_intents.calibrating import fit_sharpness, probabilities
from shuke_intents.features import characters, together, words
from shuke_intents.noise import misspell
from shuke_intents.normalising import normalise
from shuke_intents.weighing import Analyzer, Row, Weighing

Matrix = NDArray[np.float64]

PENALTY = 1.0
"""scikit-learn's C: how dear a sentence on the wrong side is."""
SEED = 5
MISSPELT_SHARE = 0.5
"""Of the sentences; more of them cost what is written as it should be."""
_VIEWS: tuple[Analyzer, ...] = (words, characters, together)
_FOLDS = 3


class LinearIntents:
    """Tells how likely each of ``intents`` is for a text."""

    def __init__(
        self, intents: Sequence[str], views: Sequence[Weighing], weights: NDArray[np.float16],
        biases: NDArray[np.float64], sharpness: float,
    ) -> None:  # fmt: skip
        """``weights`` is features x intents, in the order of the ``views``; ``biases`` has one for each intent.

        Half as exact as scikit-learn's own they are a quarter of their size, and no confidence shows it.
        """
        self.intents = list(intents)
        self.sharpness = sharpness
        self._views = views
        self._weights = weights
        self._biases = biases

    def scores(self, texts: Sequence[str]) -> Matrix:
        """Return texts x intents, higher for likelier ones, on no scale in particular."""
        scores = np.empty((len(texts), len(self.intents)))
        for place, text in enumerate(texts):
            columns, weights = _row(self._views, normalise(text))
            scores[place] = weights @ self._weights[columns].astype(np.float32) + self._biases
        return scores

    def likelihoods(self, texts: Sequence[str]) -> Matrix:
        """Return texts x intents; each row sums up to 1."""
        return probabilities(self.scores(texts), self.sharpness)

    def ranking(self, text: str, most: int) -> list[tuple[str, float]]:
        """Return the ``most`` likely intents with their likelihoods; none for a text of which nothing is known."""
        columns, _ = _row(self._views, normalise(text))
        if not len(columns):
            return []
        (likely,) = self.likelihoods([text])
        return [(self.intents[place], float(likely[place])) for place in likely.argsort()[::-1][:most]]

    def save(self, folder: Path) -> None:
        """Write plain arrays and JSON, so that reading a model runs nothing."""
        known = [view.known for view in self._views]
        unheard = [view.unheard for view in self._views]
        named = {"intents": self.intents, "sharpness": self.sharpness, "views": known, "unheard": unheard}
        (folder / "linear.json").write_text(json.dumps(named, ensure_ascii=False), encoding="utf-8")
        rarities = {f"rarity{n}": view.rarity for n, view in enumerate(self._views)}
        np.savez(folder / "linear.npz", weights=self._weights, biases=self._biases, **rarities)

    @classmethod
    def load(cls, folder: Path) -> LinearIntents:
        named = json.loads((folder / "linear.json").read_text(encoding="utf-8"))
        with np.load(folder / "linear.npz", allow_pickle=False) as arrays:
            kept = enumerate(zip(_VIEWS, named["views"], named["unheard"], strict=True))
            views = [Weighing(analyzer, known, arrays[f"rarity{n}"], rare) for n, (analyzer, known, rare) in kept]
            return cls(named["intents"], views, arrays["weights"], arrays["biases"], named["sharpness"])


def learn(
    texts: Sequence[str],
    intents: Sequence[str],
    held_back: Sequence[tuple[str, str]] = (),
    *,
    misspelt: bool = True,
    tell: Callable[[str], None] = lambda _stage: None,
) -> LinearIntents:
    """Return what tells ``intents`` of ``texts`` apart.

    ``held_back`` are texts with their intents that say how sure it may be; without any,
    what was learnt from the other two thirds is asked about each third. ``tell`` hears
    what begins: weighing, asking.
    """
    known = set(intents)
    held_back = [(text, intent) for text, intent in held_back if intent in known]
    plain = [normalise(text) for text in texts]
    tell("weighing")
    learnt = _fit(plain, intents, misspelt)
    tell("asking")
    if held_back:
        scores = learnt.scores([text for text, _ in held_back])
        right = [intent for _, intent in held_back]
    else:
        scores, right = _asked_by_thirds(plain, intents, misspelt)
    places = {intent: place for place, intent in enumerate(learnt.intents)}
    learnt.sharpness = fit_sharpness(scores, np.array([places[intent] for intent in right]))
    return learnt


def _fit(plain: Sequence[str], intents: Sequence[str], misspelt: bool) -> LinearIntents:
    # Misspelt copies give weight to features that are known, and add none of their own.
    views = [Weighing.of(analyzer, plain) for analyzer in _VIEWS]
    rows, answers = list(plain), list(intents)
    if misspelt:
        chance = Random(SEED)
        for text, intent in zip(plain, intents, strict=True):
            copy = misspell(text, chance) if chance.random() < MISSPELT_SHARE else text
            if copy != text:
                rows.append(copy)
                answers.append(intent)
    separators = LinearSVC(C=PENALTY, random_state=SEED).fit(_matrix(views, rows), answers)
    weights = separators.coef_.T.astype(np.float16)
    biases = separators.intercept_
    names = [str(name) for name in separators.classes_]
    if len(names) == 2:  # of two intents scikit-learn keeps the second's separator alone
        weights, biases = np.hstack([-weights, weights]), np.concatenate([-biases, biases])
    return LinearIntents(names, views, np.ascontiguousarray(weights), biases, sharpness=1.0)


def _asked_by_thirds(plain: Sequence[str], intents: Sequence[str], misspelt: bool) -> tuple[Matrix, list[str]]:
    names = sorted(set(intents))
    scores = []
    right: list[str] = []
    for learnt_from, asked in StratifiedKFold(_FOLDS, shuffle=True, random_state=SEED).split(plain, intents):
        learnt = _fit([plain[n] for n in learnt_from], [intents[n] for n in learnt_from], misspelt)
        if learnt.intents == names:
            scores.append(learnt.scores([plain[n] for n in asked]))
            right += [intents[n] for n in asked]
    return np.vstack(scores), right


def _row(views: Sequence[Weighing], plain: str, *, as_if_all: bool = False) -> Row:
    """Return one text's columns and weights, those of each view after the ones before it; see `Weighing.row`."""
    begins = 0
    columns, weights = [], []
    for view in views:
        some, theirs = view.row(plain, as_if_all=as_if_all)
        columns.append(some + begins)
        weights.append(theirs)
        begins += len(view.known)
    return np.concatenate(columns), np.concatenate(weights)


def _matrix(views: Sequence[Weighing], plain: Sequence[str]) -> csr_matrix:
    rows = [_row(views, text, as_if_all=True) for text in plain]
    ends = np.cumsum([0, *(len(columns) for columns, _ in rows)])
    data = np.concatenate([weights for _, weights in rows]).astype(np.float64)
    columns = np.concatenate([columns for columns, _ in rows])
    return csr_matrix((data, columns, ends), shape=(len(rows), sum(len(view.known) for view in views)))
