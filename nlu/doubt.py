"""When a message may as well want what stands behind its likeliest intent, so that the customer is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nlu.understanding import OUT_OF_SCOPE, IntentScore

MANNERS: Final = frozenset(("greet", "thank", "goodbye", "affirm", "deny", "chitchat", OUT_OF_SCOPE))
"""Said along with a wish, these are no wish of their own."""
# The second of two intents is close to the first, and worth asking about, from this share of its confidence on.
_CLOSE: Final = 0.5


def close_behind(ranking: Sequence[IntentScore]) -> IntentScore | None:
    """Return the intent behind the first of ``ranking``, where that one is hardly surer than this."""
    if len(ranking) < 2:
        return None
    first, second = ranking[:2]
    return None if second.name in MANNERS or second.confidence < first.confidence * _CLOSE else second
