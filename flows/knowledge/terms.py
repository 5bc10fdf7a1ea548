"""What a question and an entry are compared by: meanings, word stems, and Chinese terms of one and two characters."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import Final

from flows.knowledge.synonyms import ONLY_THE_TOPIC, SAME
from nlu.entities.folding import fold

MOST_READ: Final = 300
"""Characters of a question that are looked at: what comes later is a story."""
CHARACTER_WEIGHT: Final = 0.25
"""A single Chinese character says little beside the pairs that it is in."""
MEANING_WEIGHT: Final = 1.6

_MEANING = "="
_CHARACTER = "."
_CHINESE: Final = re.compile(r"[\u3400-\u9fff]+")
_TODAY: Final = re.compile("今天|今日|今晚|明天|明日|昨天|现在")
_WORDS: Final = re.compile(r"[a-z][a-z']*|\d+")
_SAYS_NOTHING: Final = frozenset(
    "的了吗呢吧啊呀么嘛我你您他她它们是有在这那个一下请问想要能可以会不没就都也还和跟与或到给把被让很太再又去来说知道什怎样哪些"
    "谁为对于关呗哈哦嗯唔得着过只吖㗎咗係嘅俾畀啲点"
)
_STOP: Final = frozenset(
    re.split(
        r"\s+",
        "a an the is are am was were be been do does did done you your yours i i'm i'd i've i'll my me we our us it its"
        " it's they them their this that these those there here of to in on at for with from by as and or but if so"
        " then than can could would will shall should may might must please pls hi hello hey thanks thank just also"
        " too very what which who whom how when why have has had get got any some all one ones about into like want"
        " today tonight tomorrow yesterday now"
        " need know tell say ok okay s t u ur r n not no yes let lets let's don't doesn't didn't can't isn't",
    )
)
_ENDINGS: Final = (("ies", "y"), ("ing", ""), ("edly", ""), ("ed", ""), ("es", ""), ("s", ""), ("ly", ""), ("e", ""))
_SHORTEST_STEM: Final = 3


def stem(word: str) -> str:
    """Return an English word without its ending: ``brewing`` and ``brews`` are ``brew``."""
    word = word.removesuffix("'s")
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word[: -len(ending)] + instead
    return word


def terms_of(text: str) -> Counter[str]:
    """Return the terms of a text with how often each is in it.

    A term that begins with ``=`` is a meaning of `synonyms`, found in either language;
    one with ``.`` a single Chinese character; else it is a pair of them or a stem.
    """
    plain = fold(text)
    found: Counter[str] = Counter()

    def take(match: re.Match[str]) -> str:
        meaning = _MEANINGS[_known_form(match.group())]
        if meaning is not None:
            found[meaning] += 1
        return " "

    rest = _TODAY.sub(" ", _PHRASES.sub(take, plain))
    for run in _CHINESE.findall(rest):
        kept = [character for character in run if character not in _SAYS_NOTHING]
        found.update(_CHARACTER + character for character in kept)
        found.update(run[at : at + 2] for at in range(len(run) - 1) if not _SAYS_NOTHING.issuperset(run[at : at + 2]))
    found.update(stem(word) for word in _WORDS.findall(rest) if word not in _STOP)
    return found


def is_meaning(term: str) -> bool:
    """Return whether a term is a meaning rather than a word."""
    return term.startswith(_MEANING)


def weight(term: str) -> float:
    """Return how much a term says, by its kind alone."""
    if is_meaning(term):
        return MEANING_WEIGHT
    return CHARACTER_WEIGHT if term.startswith(_CHARACTER) else 1.0


@lru_cache(maxsize=2048)
def terms_of_question(text: str) -> Counter[str]:
    """Return the terms of what a customer asks; do not change what comes back."""
    return terms_of(text[:MOST_READ])


def _known_form(written: str) -> str:
    return re.sub(r"\s+", " ", written)


def _phrases() -> tuple[re.Pattern[str], dict[str, str | None]]:
    """Return what finds the phrases of `synonyms`, and the meaning of each; None where it means nothing more."""
    meanings: dict[str, str | None] = {fold(phrase): None for phrase in ONLY_THE_TOPIC.split("|")}
    for number, line in enumerate(SAME):
        for phrase in line.split("|"):
            folded = fold(phrase)
            if meanings.setdefault(folded, f"{_MEANING}{number}") != f"{_MEANING}{number}":
                raise ValueError(f"{phrase!r} stands under two meanings in synonyms.py; keep one")
    ordered = sorted(meanings, key=lambda phrase: (-len(phrase), phrase))
    parts = [_pattern(phrase) for phrase in ordered]
    return re.compile("|".join(parts)), meanings


def _pattern(phrase: str) -> str:
    if _CHINESE.search(phrase):
        return re.escape(phrase)
    words = r"\s+".join(re.escape(word) for word in phrase.split())
    return rf"(?<![a-z0-9]){words}(?![a-z0-9])"


_PHRASES, _MEANINGS = _phrases()
