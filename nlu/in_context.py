"""A clause read beside the whole of its message: torn from it, "别发了" may mean an order, not texts.

What a classifier makes of the whole is a weak witness for each wish in it, since the loudest drowns the
others there; it is enough to choose between what a clause could mean, and too little to unsay what it says.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nlu.understanding import IntentScore

# The power to which the whole's confidences are raised ...
_WITNESS: Final = 0.2
# ... and the least that it is heard to say of an intent.
_UNHEARD: Final = 1e-8


def in_context(clause: Sequence[IntentScore], whole: Sequence[IntentScore]) -> IntentScore | None:
    """Return what a clause most likely wants, both rankings (best first) weighed against each other; None where it
    has none. The whole makes no clause surer than it was of its own first guess."""
    if not clause:
        return None
    said = {one.name: one.confidence for one in whole}
    weights = [one.confidence * max(said.get(one.name, 0.0), _UNHEARD) ** _WITNESS for one in clause]
    heaviest = max(weights)
    share = heaviest / sum(weights) if heaviest else 0.0
    return IntentScore(clause[weights.index(heaviest)].name, min(share, clause[0].confidence))
