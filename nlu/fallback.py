"""What a message wants, by keywords: all that answers while the classifier is away.

Only what words say unmistakably. ``certain_intent`` is exact at any time and stands
above the classifier: a customer who asks for a person gets one, and 嗯 is a yes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from nlu.entities.folding import SEARCHED_CHARACTERS, fold
from nlu.fallback_words import (
    COMPLAINING,
    COMPLAINT_OF,
    COMPLAINTS,
    HUMAN,
    HUMAN_ASKED,
    HUMAN_NOT_ASKED,
    STRONG,
    WEAK,
    WHOLE_MESSAGES,
)
from nlu.keyword_rules import KEYWORD_RULES
from nlu.refusing import without_refused_person
from nlu.said import find_said
from nlu.understanding import OUT_OF_SCOPE, IntentScore

CERTAIN: Final = 1.0

_BY_WHOLE_MESSAGE: Final = {
    phrase: intent for intent, phrases in WHOLE_MESSAGES.items() for phrase in phrases.split("|")
}
_SURE_BESIDE_THE_CLASSIFIER: Final = frozenset(
    ("affirm", "deny", "greet", "cancel_dialogue", "opt_out_marketing", HUMAN)
)
_LONGEST_WHOLE_MESSAGE = 30
_DECLINED_BEFORE = 18
_DECLINED_AFTER = 6
_RULES: Final = tuple(
    (intent, confidence, re.compile(rf"{chinese}|(?<![a-z])(?:{english})(?![a-z])"))
    for intent, confidence, chinese, english in KEYWORD_RULES
)
_AROUND: Final = re.compile(
    r"^[\s,.;:!?~。、…·\"'()\[\]-]+|[\s,.;:!?~。、…·\"'()\[\]-]+$|[\ufe0f\U0001f3fb-\U0001f3ff]"
)
_MANNERS: Final = re.compile(
    r"(?:呀|啊|哦|喔|呢|吧|啦|哈|哒|嘛|的说)+$|,? (?:please|pls|thanks|mate)$|^(?:please |pls |请|麻烦)"
)
_SAID_AGAIN: Final = re.compile(r"(.{1,14}?)(?:[ ,.!。、]*\1)+")
_BETWEEN: Final = re.compile(r"[,.;!。、 ]+")


@dataclass(frozen=True, slots=True)
class Certainty:
    """An intent beyond doubt; ``is_all`` says that the message holds nothing else to classify."""

    intent: IntentScore
    is_all: bool


def certain_intent(text: str) -> Certainty | None:
    """Return what ``text`` means without doubt: a bare yes, no, greeting or stop, or a call for a person."""
    plain = fold(text[:SEARCHED_CHARACTERS])
    whole = _by_whole_message(plain)
    if whole in _SURE_BESIDE_THE_CLASSIFIER:
        return Certainty(IntentScore(whole, CERTAIN), is_all=True)
    asked_for = HUMAN_ASKED.finditer(plain)
    if any(not _is_declined(plain, asked) for asked in asked_for) and without_refused_person(plain) is None:
        return Certainty(IntentScore(HUMAN, CERTAIN), is_all=False)
    return None


def fixed_phrase_intent(text: str) -> str | None:
    """Return the intent of a text that is nothing but a fixed phrase (好的, thanks), else None."""
    return _by_whole_message(fold(text[: _LONGEST_WHOLE_MESSAGE + 1]))


def opens_with(text: str, intent: str) -> bool:
    """Return whether the first words of ``text``, up to a mark or a blank, are a fixed phrase of ``intent``."""
    opening = _BETWEEN.split(_AROUND.sub("", fold(text[:SEARCHED_CHARACTERS])), maxsplit=1)[0]
    return _by_phrase(opening) == intent


def intents_by_rules(text: str) -> tuple[IntentScore, ...]:
    """Return what the words of ``text`` show, best first; ``out_of_scope`` alone where they show nothing."""
    plain = fold(text[:SEARCHED_CHARACTERS])
    certain = certain_intent(text)
    if certain and certain.is_all:
        return (certain.intent,)
    if whole := _by_whole_message(plain):
        return (IntentScore(whole, STRONG),)
    found = _by_keywords(plain)
    if certain:
        return (certain.intent, *(intent for intent in found if intent.name != certain.intent.name))
    return found or (IntentScore(OUT_OF_SCOPE, STRONG),)


def with_complaint(text: str, intents: tuple[IntentScore, ...]) -> tuple[IntentScore, ...]:
    """Return the intents with the complaint that ``text`` says it is, where none of them is one."""
    if any(intent.name in COMPLAINTS for intent in intents):
        return intents
    plain = fold(text[:SEARCHED_CHARACTERS])
    if next(find_said(COMPLAINING, plain), None) is None:
        return intents
    worded = (intent.name for intent in _by_keywords(plain) if intent.name in COMPLAINTS)
    kind = next((COMPLAINT_OF[intent.name] for intent in intents if intent.name in COMPLAINT_OF), None)
    kind = kind or next(worded, "complain_service")
    others = (one for one in intents if one.name not in COMPLAINT_OF and one.name != OUT_OF_SCOPE)
    return (IntentScore(kind, STRONG), *others)


def _is_declined(plain: str, asked: re.Match[str]) -> bool:
    around = plain[max(0, asked.start() - _DECLINED_BEFORE) : asked.end() + _DECLINED_AFTER]
    return HUMAN_NOT_ASKED.search(around) is not None


def _by_keywords(plain: str) -> tuple[IntentScore, ...]:
    found: dict[str, tuple[float, int]] = {}
    for intent, confidence, words in _RULES:
        # Weak words say something only where nothing strong was said.
        if intent in found or (confidence == WEAK and found):
            continue
        if match := words.search(plain):
            found[intent] = (-confidence, match.start())
    complains = next(find_said(COMPLAINING, plain), None)
    if complains is not None and found.keys().isdisjoint(COMPLAINTS):
        about = next((intent for intent in COMPLAINT_OF if intent in found), "")
        found.pop(about, None)
        found[COMPLAINT_OF.get(about, "complain_service")] = (-STRONG, complains.start())
    ordered = sorted(found.items(), key=lambda item: item[1])
    return tuple(IntentScore(intent, -confidence) for intent, (confidence, _) in ordered)


def _by_whole_message(plain: str) -> str | None:
    """Return the intent of a message that is one fixed phrase, said politely, twice, or two of one intent."""
    if len(plain) > _LONGEST_WHOLE_MESSAGE:
        return None
    bare = _AROUND.sub("", plain)
    if intent := _by_phrase(bare):
        return intent
    if again := _SAID_AGAIN.fullmatch(bare):
        return _by_phrase(again[1])
    intents = {_by_phrase(part) for part in _BETWEEN.split(bare)}
    return intents.pop() if len(intents) == 1 else None


def _by_phrase(bare: str) -> str | None:
    return _BY_WHOLE_MESSAGE.get(bare) or _BY_WHOLE_MESSAGE.get(_MANNERS.sub("", bare))
