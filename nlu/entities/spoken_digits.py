"""Digits that are said one by one: 幺三八…, "A one oh two nine three".

Numbers are searched in a message in which such runs are written as digits; what is
found there is put back to where it was typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from nlu.entities.folding import Folded
from nlu.understanding import Entity

_HAN_DIGITS: Final = {
    digit: str(value)
    for value, digits in enumerate(("零〇", "一幺", "二", "三", "四", "五", "六", "七", "八", "九"))
    for digit in digits
}
_DIGIT_WORDS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_WORD_DIGITS: Final = {
    **{word: str(value) for value, word in enumerate(_DIGIT_WORDS)},
    **dict.fromkeys(("oh", "o", "nought"), "0"),
}
_TIMES: Final = {"double": 2, "triple": 3, "treble": 3}
# Fewer are a few things, a year or a chat; so many in a row are read out.
_FEWEST: Final = 4

_HAN = "".join(_HAN_DIGITS)
_OTHERS = _HAN.replace("一", "")
# 一起 and 一下 go on with the sentence and not with the number.
_SAID_HAN = f"(?:[{_OTHERS}]|一(?![起下样直共般些定会块并]))"
_HAN_RUN = re.compile(
    rf"(?<![0-9{_HAN}十百千万亿两])(?:[a-z][ ,-]{{0,2}})?(?<![a-z]{{2}})"
    rf"{_SAID_HAN}(?:[ ,、-]{{0,2}}{_SAID_HAN}){{3,29}}"
    rf"(?![{_OTHERS}十百千万亿点年月号0-9])"
)
_SAID = r"(?:(?:double|triple|treble) )?(?:zero|oh?|nought|one|two|three|four|five|six|seven|eight|nine)"
_ENGLISH_RUN = re.compile(
    rf"(?<![a-z0-9])(?:[a-z][ ,-]{{1,2}})?{_SAID}(?:[ ,-]{{1,2}}(?:{_SAID}|[0-9]{{1,12}})){{2,29}}(?![a-z0-9])"
)
_PART = re.compile(rf"(?:(?P<times>double|triple|treble) )?(?:(?P<word>[a-z]+)|(?P<digit>[0-9{_HAN}]))")
_HINT = re.compile(
    rf"[{_HAN}][ ,、-]{{0,2}}[{_HAN}]"
    r"|(?:zero|oh?|nought|one|two|three|four|five|six|seven|eight|nine)[ ,-]{1,2}[a-z0-9]"
)

type _Character = tuple[str, int, int]


class Spoken:
    """A message with its spoken digits written as digits, and the way back to what was typed."""

    __slots__ = ("_places", "_typed", "message")

    def __init__(self, typed: Folded) -> None:
        self._typed = typed
        self._places: list[_Character] = []
        self.message = typed
        runs = _runs(typed.plain) if _HINT.search(typed.plain) else []
        if runs:
            self._places = list(_rewritten(typed.plain, runs))
            written = "".join(character for character, _, _ in self._places)
            # Everything but the digits keeps its case: a single capital belongs to a number.
            as_typed = "".join(
                character if character.isdigit() else typed.typed[start] for character, start, _ in self._places
            )
            self.message = replace(typed, typed=as_typed, plain=written, has_digit=True)

    def put_back(self, found: Sequence[Entity]) -> list[Entity]:
        """Return the entities found in ``message`` at their places in the typed message."""
        if not self._places:
            return list(found)
        return [
            self._typed.entity(
                one.entity, one.value, (self._places[one.start][1], self._places[one.end - 1][2]), one.problem
            )
            for one in found
        ]


def _rewritten(plain: str, runs: list[list[_Character]]) -> Iterator[_Character]:
    position = 0
    for run in runs:
        yield from ((plain[place], place, place + 1) for place in range(position, run[0][1]))
        yield from run
        position = run[-1][2]
    yield from ((plain[place], place, place + 1) for place in range(position, len(plain)))


def _runs(plain: str) -> list[list[_Character]]:
    """Return the runs from left to right, none overlapping another, each as its digits and where each was said."""
    matches = [*_HAN_RUN.finditer(plain), *_ENGLISH_RUN.finditer(plain)]
    found: list[list[_Character]] = []
    for match in sorted(matches, key=re.Match.start):
        if found and match.start() < found[-1][-1][2]:
            continue
        run = list(_said(plain, match))
        if sum(character.isdigit() for character, _, _ in run) >= _FEWEST and not match[0].isdigit():
            found.append(run)
    return found


def _said(plain: str, match: re.Match[str]) -> Iterator[_Character]:
    for part in _PART.finditer(plain, *match.span()):
        start, end = part.span()
        if part["digit"]:
            yield _HAN_DIGITS.get(part["digit"], part["digit"]), start, end
        elif digit := _WORD_DIGITS.get(part["word"]) if part["word"] != "o" or start > match.start() else None:
            yield from ((digit, start, end) for _ in range(_TIMES.get(part["times"] or "", 1)))
        else:
            # A letter before the digits, as order numbers have.
            yield part["word"], start, end
