"""Scores that become probabilities: the one temperature under which held-back sentences are least surprising."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

COLDEST, HOTTEST = 0.05, 50.0


def probabilities(scores: NDArray[np.float64], sharpness: float) -> NDArray[np.float64]:
    """Return a row of probabilities for each row of ``scores`` (texts x intents)."""
    scaled = scores * sharpness
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return shares


def fit_sharpness(scores: NDArray[np.float64], right: NDArray[np.intp]) -> float:
    """Return by what scores are to be multiplied; ``right`` are the columns of the right intents."""

    def surprise(logarithm: float) -> float:
        shares = probabilities(scores, float(np.exp(logarithm)))[np.arange(len(right)), right]
        return float(-np.log(np.maximum(shares, 1e-12)).mean())

    found = minimize_scalar(surprise, bounds=(np.log(COLDEST), np.log(HOTTEST)), method="bounded")
    return float(np.exp(found.x))
