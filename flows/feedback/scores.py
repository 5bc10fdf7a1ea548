"""Read a score in what a customer says: stars, marks, a number alone, or words such as "so-so"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from nlu.entities import rating
from nlu.entities.folding import Folded, fold
from nlu.understanding import Entity

Band = Literal["low", "middle", "high"]

SHORT = 16
"""Characters of an answer that is nothing but words of content or discontent."""

# From 1 to 5; the first that is found counts, so that "not good" is looked for before "good".
_WORDS: tuple[tuple[int, re.Pattern[str]], ...] = tuple(
    (score, re.compile(rf"{chinese}|(?<![a-z])(?:{english})"))
    for score, chinese, english in (
        (
            1,
            r"(?:非常|很|极|太|特别)(?:不满意|不好|差|烂|失望|糟)|差评|糟透|垃圾|👎|😡",
            r"very (?:bad|unhappy|dissatisfied|poor)|terrible|awful|horrible|worst",
        ),
        (
            2,
            r"不(?:太|是很|怎么|大)?(?:满意|好|行)|失望|较差|有点差",
            r"not (?:so |very |that |too )?(?:good|great|happy|satisfied)|disappoint|poor|unhappy|dissatisfied"
            r"|(?<!not )bad",
        ),
        (
            5,
            r"(?:非常|很|特别|超级?|十分|相当)(?:满意|好|棒|赞|不错)|完美|太棒|太好了|点赞|满分|👍|🌟",
            r"very (?:good|happy|satisfied|pleased)|excellent|perfect|amazing|awesome|fantastic|love|brilliant",
        ),
        (
            3,
            r"一般|还行|凑合|马马虎虎|将就|普通|还可以",
            r"so[ -]?so|average|not bad|meh|ok(?:ay)?(?![a-z])|fine|alright",
        ),
        (4, r"满意|不错|挺好|蛮好|可以", r"good|great|happy|satisfied|pleased|nice"),
    )
)


def stated(entities: tuple[Entity, ...], *, most: int) -> int | None:
    """Return the score that the message states with its scale ("5星", "打8分", "4/5"), brought to one up to it."""
    for entity in entities:
        if entity.entity == "rating" and isinstance(entity.value, Mapping):
            return scaled(entity.value, most=most)
    return None


def answered(text: str, *, most: int) -> int | None:
    """Return the score that a short answer to a question up to ``most`` is: a number alone, or words; else None."""
    message = Folded.of(text)
    for scale in (most, None):
        found = rating.find(message, asked=True, scale=scale)
        if found:
            return scaled(found[0].value, most=most)
    plain = fold(text.strip())
    if len(plain) > SHORT:
        return None
    worded = next((score for score, words in _WORDS if words.search(plain)), None)
    return None if worded is None else scaled({"value": worded, "scale": 5}, most=most)


def scaled(given: Mapping[str, Any], *, most: int) -> int:
    """Return a rating (``value`` of ``scale``) as a whole number up to ``most``; nothing falls below 1 but a 0."""
    value, scale = Decimal(str(given["value"])), int(given["scale"])
    if most == 10 and scale == 5:
        # One star of five says what 0 to 2 of ten say: the ends are what people mean by them.
        return int(((value - 1) * Decimal("2.5")).quantize(Decimal(1), ROUND_HALF_UP)) if value >= 1 else 0
    score = int((value * most / scale).quantize(Decimal(1), ROUND_HALF_UP))
    return max(score, 1) if value > 0 else score


def band(score: int, question: str) -> Band:
    """Return how a score is met, by its question: ``csat`` (1 to 5), ``ces`` (1 to 7) or ``nps`` (0 to 10)."""
    low, high = {"csat": (2, 4), "ces": (3, 6), "nps": (6, 9)}[question]
    return "low" if score <= low else "high" if score >= high else "middle"
