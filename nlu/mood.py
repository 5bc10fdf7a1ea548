"""How a customer feels, by the words used.

An ordinary complaint is no anger: "the cup arrived broken" is said calmly by most.
Anger takes strong words, insults, threats or shouting; danger takes a person or a
home that came to harm or was near it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from nlu.entities.folding import SEARCHED_CHARACTERS, fold
from nlu.felt import Feeling, Felt
from nlu.mood_words import (
    ANGER,
    BAD,
    CALM_PHRASES,
    COURTESY,
    GOOD,
    INTENSIFIER,
    URGENT,
)
from nlu.said import find_said, is_negated
from nlu.sensitive import Matter, Sensitive, find_sensitive

ANGRY: Final = -0.7
"""A sentiment at or below this is anger; without anger no sentiment goes this low."""
DANGER: Final = 0.9
"""An urgency at or above this is danger to people or to their home; without it no urgency goes this high."""

_COMPLAINT = 0.35
_FURTHER = 0.08
_MOST_COUNTED = 4
_LOWEST_CALM = -0.6
_ANGER = 0.75
_PRAISE = 0.5
_COURTESY = 0.2
_STRESS = 0.1
_HURRY = 0.5
_HIGHEST_SAFE = 0.85
_IN_DANGER = 0.95

# Urgent, and yet no accident with a thing of ours: what is said of those helps nobody here.
_GRAVE: Final[tuple[Matter, ...]] = ("self_harm", "violence")

_LOUD_MARKS = re.compile(r"[!！]{2,}")
_CAPITAL_WORD = re.compile(r"(?<![A-Za-z])[A-Z]{2,}(?![A-Za-z])")
_FEWEST_CAPITAL_WORDS = 3


@dataclass(frozen=True, slots=True)
class Mood:
    """``sentiment`` -1 (furious) to 1 (delighted), ``urgency`` 0 to 1, and the words that showed anger and danger.

    ``felt`` are all feelings that made the scores, with their words; none where it is said calmly.
    ``sensitive`` are the matters that want a careful hand, whatever the mood.
    """

    sentiment: float
    urgency: float
    angry: tuple[str, ...] = ()
    danger: tuple[str, ...] = ()
    sensitive: tuple[Sensitive, ...] = ()
    felt: tuple[Felt, ...] = ()


def read_mood(text: str) -> Mood:
    """Return the mood of a Chinese or English text; of other languages only marks and shared words tell."""
    typed = text[:SEARCHED_CHARACTERS]
    plain = CALM_PHRASES.sub(lambda phrase: "," * len(phrase[0]), fold(typed))
    sensitive = find_sensitive(plain, typed)
    # Who threatens is angry, whatever the words of it.
    threats = (*_words(sensitive, "threat"), *_words(sensitive, "violence"))
    insults = _said(ANGER, plain, typed)
    angry = (*map(fold, insults), *map(fold, threats))
    danger = tuple(map(fold, _words(sensitive, "safety")))
    grave = any(one.matter in _GRAVE for one in sensitive)
    praised = [(typed[slice(*word.span())], is_negated(plain, word)) for word in GOOD.finditer(plain)]
    liked = tuple(word for word, denied in praised if not denied)
    # What is praised and denied (不好看) is a complaint.
    bad = (*_said(BAD, plain, typed), *(word for word, denied in praised if denied))
    hurry = _said(URGENT, plain, typed)
    complaints = len(bad) + len(danger)
    loud = _LOUD_MARKS.search(typed)
    if loud and complaints and not liked and len(_CAPITAL_WORD.findall(typed)) >= _FEWEST_CAPITAL_WORDS:
        angry, insults = (*angry, loud[0]), (*insults, loud[0])
    felt: dict[Feeling, tuple[str, ...]] = {
        "anger": (*insults, *threats),
        "danger": _words(sensitive, "safety"),
        "complaint": bad,
        "praise": liked,
        "courtesy": () if liked or complaints or angry else _all(COURTESY, plain, typed),
        "hurry": hurry,
    }
    if any(felt.values()):
        stress = (*_all(_LOUD_MARKS, typed, typed)[:1], *_all(INTENSIFIER, plain, typed))
        felt["stress"] = tuple(word for word in stress if word not in insults)
    return Mood(
        _sentiment(plain, len(angry), complaints, len(liked), stressed=loud is not None),
        _urgency(len(hurry), angry=bool(angry), danger=bool(danger), loud=loud is not None, grave=grave),
        angry,
        danger,
        sensitive,
        tuple(Felt(feeling, words) for feeling, words in felt.items() if words),
    )


def _sentiment(plain: str, angry: int, complaints: int, praise: int, *, stressed: bool) -> float:
    stress = _STRESS * (stressed + (INTENSIFIER.search(plain) is not None))
    if angry:
        return max(-1.0, -_ANGER - _FURTHER * min(angry + complaints - 1, _MOST_COUNTED))
    low = -_COMPLAINT - _FURTHER * min(complaints - 1, _MOST_COUNTED) - stress if complaints else 0.0
    high = _PRAISE + _FURTHER * min(praise - 1, _MOST_COUNTED) + stress if praise else 0.0
    if complaints:
        # Praise softens a complaint and doesn't undo it.
        return max(_LOWEST_CALM, low + high / 2)
    return min(1.0, high) if praise else (_COURTESY if COURTESY.search(plain) else 0.0)


def _urgency(hurry: int, *, angry: bool, danger: bool, loud: bool, grave: bool) -> float:
    if danger:
        return _IN_DANGER
    if grave:
        return _HIGHEST_SAFE
    urgency = _HURRY + _FURTHER * min(hurry - 1, _MOST_COUNTED) if hurry else 0.0
    return min(_HIGHEST_SAFE, urgency + 2 * _STRESS * angry + _STRESS * loud)


def _said(words: re.Pattern[str], plain: str, typed: str) -> tuple[str, ...]:
    return tuple(typed[slice(*word.span())] for word in find_said(words, plain))


def _all(words: re.Pattern[str], plain: str, typed: str) -> tuple[str, ...]:
    return tuple(typed[slice(*word.span())] for word in words.finditer(plain))


def _words(sensitive: tuple[Sensitive, ...], matter: Matter) -> tuple[str, ...]:
    return tuple(word for one in sensitive if one.matter == matter for word in one.words)
