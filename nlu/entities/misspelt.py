"""Names with a slip of the finger or of the ear: osmantus oolong, 桂花乌笼.

A name is found in the piece of a message that differs from it by one character, by two
where it is long, and not where the difference is one that tells products apart (红 and 绿).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rapidfuzz.distance import OSA

from nlu.entities.phrases import Found

type Span = tuple[int, int]

_FEWEST_HAN: Final = 4
_FEWEST_LATIN: Final = 6
_LONG_LATIN: Final = 11
_FEWEST_LETTERS: Final = 4
_LONG_WORD: Final = 9
# Tie guan yin: as it is said, and in no other way misspelt.
_SYLLABLES_APART: Final = 2
# Pairs of characters that so many names share tell nothing, and a message is compared with so few names at most.
_MOST_SHARING: Final = 60
_MOST_COMPARED: Final = 12
_LEAST_SHARED: Final = 0.4
_LONGEST_SEARCHED: Final = 400
# Who writes one of these instead of another means another thing, be it in our catalogue or not.
_TELLS_APART: Final = frozenset(
    "红绿白黑青黄紫蓝粉金银铜铁大小中长短高低新老旧陈春夏秋冬东南西北上下左右单双一二三四五六七八九十百千两男女冷热冰生熟"
    "甜苦酸辣茶酒杯壶碗盘盖罐盒瓶锅灯饼糖水果花叶香味号型款前后公母方圆竹木瓷砂玻"
)
_HAN_RUN = re.compile("[\u4e00-\u9fff]+")
_LATIN_RUN = re.compile(r"[a-z']+(?: [a-z']+)*")
_LATIN_WORD = re.compile(r"[a-z']+")
_HAS_HAN = re.compile("[\u4e00-\u9fff]")
_LATIN_NAME = re.compile(r"[a-z']+(?: [a-z']+)*")
_HAN_NAME = re.compile("[\u4e00-\u9fff]+")


class Misspelt:
    """Names ready to be found with slips; those with digits, and short ones, are left out."""

    __slots__ = ("_sharing",)

    def __init__(self, names: Iterable[str]) -> None:
        sharing: dict[str, list[str]] = {}
        for name in sorted(set(names)):
            if _is_long_enough(name):
                for pair in _pairs(name):
                    sharing.setdefault(pair, []).append(name)
        self._sharing = {pair: tuple(shared) for pair, shared in sharing.items() if len(shared) <= _MOST_SHARING}

    def find(self, plain: str, taken: Sequence[Span]) -> list[Found[tuple[str, ...]]]:
        """Return the best slips in folded text outside the spans ``taken``, none overlapping another.

        The value is the names that are equally near.
        """
        if not self._sharing:
            return []
        text = plain[:_LONGEST_SEARCHED].replace("-", " ")
        found = [slip for name in self._likely(text) for slip in _slips(text, name)]
        found.sort(key=lambda slip: (slip[0], slip[1] - slip[2], slip[1]))
        kept: list[tuple[int, Span, set[str]]] = []
        for distance, start, end, name in found:
            same = next((names for far, span, names in kept if (far, span) == (distance, (start, end))), None)
            if same is not None:
                same.add(name)
            elif all(end <= other[0] or other[1] <= start for other in [*taken, *(span for _, span, _ in kept)]):
                kept.append((distance, (start, end), {name}))
        return [Found(tuple(sorted(names)), *span) for _, span, names in kept]

    def _likely(self, text: str) -> list[str]:
        """Return the names that share the most pairs of characters with ``text``."""
        shared: Counter[str] = Counter()
        for pair in _pairs(text):
            shared.update(self._sharing.get(pair, ()))
        share = ((count / (len(name) - 1), name) for name, count in shared.items())
        likely = sorted(((part, name) for part, name in share if part >= _LEAST_SHARED), reverse=True)
        return [name for _, name in likely[:_MOST_COMPARED]]


def _is_long_enough(name: str) -> bool:
    if _HAN_NAME.fullmatch(name):
        return len(name) >= _FEWEST_HAN
    return len(name) >= _FEWEST_LATIN and _LATIN_NAME.fullmatch(name) is not None


def _pairs(text: str) -> set[str]:
    return {text[place : place + 2] for place in range(len(text) - 1)}


def _slips(text: str, name: str) -> Iterator[tuple[int, int, int, str]]:
    """Yield distance, start, end and name where a piece of ``text`` is ``name`` with a slip."""
    if _HAS_HAN.search(name):
        yield from _han_slips(text, name)
    else:
        yield from _latin_slips(text, name)


def _han_slips(text: str, name: str) -> Iterator[tuple[int, int, int, str]]:
    length = len(name)
    for run in _HAN_RUN.finditer(text):
        for start in range(run.start(), run.end() - length + 2):
            for width in (length, length - 1, length + 1):
                piece = text[start : start + width]
                if start + width > run.end() or not (piece[0] == name[0] or piece[-1] == name[-1]):
                    continue
                if OSA.distance(piece, name, score_cutoff=1) == 1 and _is_a_slip(piece, name):
                    yield 1, start, start + width, name


def _is_a_slip(piece: str, name: str) -> bool:
    """Return whether the one difference means nothing: neither side has a character that tells things apart."""
    if len(piece) == len(name):
        differing = [pair for pair in zip(piece, name, strict=True) if pair[0] != pair[1]]
        return len(differing) == 2 or not any(
            typed in _TELLS_APART and meant in _TELLS_APART for typed, meant in differing
        )
    # One left out or said twice: 桂花乌乌龙. What is put in from elsewhere makes another name.
    longer, shorter = (piece, name) if len(piece) > len(name) else (name, piece)
    if len(piece) < len(name):
        return piece[0] == name[0] and piece[-1] == name[-1] and len(shorter) >= _FEWEST_HAN
    return any(longer[place] == longer[place + 1] for place in range(len(longer) - 1))


def _latin_slips(text: str, name: str) -> Iterator[tuple[int, int, int, str]]:
    meant = name.split()
    for run in _LATIN_RUN.finditer(text):
        words = list(_LATIN_WORD.finditer(text, *run.span()))
        for first in range(len(words)):
            # A space too many or too few is a slip as well.
            for count in (len(meant), len(meant) - 1, len(meant) + 1, len(meant) + _SYLLABLES_APART):
                typed = [word[0] for word in words[first : first + count]]
                if len(typed) != count or count == 0 or typed[0][0] != name[0]:
                    continue
                distance = _words_apart(typed, meant)
                if distance:
                    yield distance, words[first].start(), words[first + count - 1].end(), name


def _words_apart(typed: list[str], meant: list[str]) -> int | None:
    """Return how many slips lie between the words, None where they are too many: "tea in" is no "tea tin"."""
    if len(typed) != len(meant):
        joined, wanted = "".join(typed), "".join(meant)
        if len(typed) == len(meant) + _SYLLABLES_APART:
            return 1 if joined == wanted else None
        slips = OSA.distance(joined, wanted, score_cutoff=1)
        return slips + 1 if slips == 0 or (slips == 1 and len(wanted) >= _LONG_LATIN) else None
    total = 0
    for word, wanted in zip(typed, meant, strict=True):
        allowed = 0 if len(wanted) < _FEWEST_LETTERS else 2 if len(wanted) >= _LONG_WORD else 1
        slips = OSA.distance(word, wanted, score_cutoff=allowed)
        if slips > allowed:
            return None
        total += slips
    return total if total <= (2 if sum(map(len, meant)) >= _LONG_LATIN else 1) else None
