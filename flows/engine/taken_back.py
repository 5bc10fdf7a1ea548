"""Of two things that one message names, the one that the customer takes back while writing is not meant.

"Cancel A10500, no wait, A10293" names two orders and means one; "A10293, and A10500 too" means both.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

from flows.engine.heard import Heard
from flows.engine.model import Patterns
from nlu.understanding import Entity

MOST_BETWEEN = 60
"""Who puts something right does it within so many characters; behind more than that it is another sentence."""
MOST_BEHIND = 20
"""Characters between the words that correct and the thing itself: "no wait, it is order A10293"."""

_CLAUSE = re.compile(
    r"(?:^|[,，、。.;；:：!！?？…~～()（）—-])\s*"
    r"(?:(?:oh|uh|um|er|ah|hm+|and|or|but|wait|no|sorry|was|is|it|that.?s|哦|噢|喔|啊|呃|嗯|等等|等一下|我|是我|刚才|刚刚)\W*)*$",
    re.IGNORECASE,
)
_INSTEAD = re.compile(r"^\W*(?:instead(?! of)|才对|才是)", re.IGNORECASE)


def without_taken_back(patterns: Patterns, heard: Heard) -> Heard:
    """Return the message without the things that it names and takes back itself."""
    by_kind: dict[str, list[Entity]] = {}
    for entity in heard.entities:
        if entity.value is not None:
            by_kind.setdefault(entity.entity, []).append(entity)
    out = [
        one
        for kind in by_kind.values() if len(kind) > 1
        for one in _taken_back(patterns, heard.text, sorted(kind, key=lambda entity: entity.start))
    ]  # fmt: skip
    return replace(heard, entities=tuple(one for one in heard.entities if one not in out)) if out else heard


def _taken_back(patterns: Patterns, text: str, named: list[Entity]) -> list[Entity]:
    out: list[Entity] = []
    for one, other in pairwise(named):
        between = text[one.end : other.start]
        if one.value == other.value or len(between) > MOST_BETWEEN or patterns.adds.search(between) is not None:
            continue
        if _denied(patterns, between):
            out.append(other)
        elif (
            _corrects(patterns, between)
            or _INSTEAD.search(text[other.end :]) is not None
            or _denied(patterns, text[: one.start])
        ):
            out.append(one)
    return out


def _denied(patterns: Patterns, before: str) -> bool:
    """Return whether what comes right behind these words is what is not meant: "not A10293"."""
    return patterns.denies.search(before[-MOST_BETWEEN:]) is not None


def _corrects(patterns: Patterns, between: str) -> bool:
    """Return whether a clause of correction leads over to the later thing, and nothing else does."""
    return any(
        len(between) - found.end() <= MOST_BEHIND and _CLAUSE.search(between[: found.start()]) is not None
        for found in patterns.corrects.finditer(between)
    )
