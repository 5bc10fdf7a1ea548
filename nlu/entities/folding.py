"""One way of writing for many: width, case and traditional characters, length kept.

Every search runs over the folded text and every offset found there points into
the typed text, so folding maps one character to exactly one character.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nlu.entities.traditional import SIMPLIFIED
from nlu.understanding import Entity

# Nobody names anything after 4,000 characters, and the time of a turn must not hang on a pasted novel.
SEARCHED_CHARACTERS = 4_000

_CHINESE_NUMERALS = frozenset("零〇一二两三四五六七八九十百千万亿廿卅壹贰叁肆伍陆柒捌玖拾佰仟")
_DIGITS = frozenset("0123456789")

_MARKS = {
    "￥": "¥",
    "’": "'",
    "‘": "'",
    "“": '"',
    "”": '"',
    "–": "-",
    "—": "-",
    "‐": "-",
    "‑": "-",
    "−": "-",
    "×": "x",
    "\u00a0": " ",
    "\u3000": " ",
    "\u2009": " ",
    "\t": " ",
}

# The zeros of other scripts' digits, and of the bold and fancy ones that some keyboards make; nine more follow each.
_ZEROS = (0x660, 0x6F0, 0x966, 0x9E6, 0xE50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6)

_FOLD: dict[int, int] = (
    {zero + digit: ord("0") + digit for zero in _ZEROS for digit in range(10)}
    | {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
    | {ord(mark): ord(plain) for mark, plain in _MARKS.items()}
    | SIMPLIFIED
)


def fold(text: str) -> str:
    """Return ``text`` in half width, lower case and simplified characters, its length unchanged."""
    plain = text if text.isascii() else text.translate(_FOLD)
    lowered = plain.lower()
    if len(lowered) == len(plain):
        return lowered
    # A few capitals (İ) become two characters in lower case and would shift every offset after them.
    return "".join(low if len(low := character.lower()) == 1 else character for character in plain)


@dataclass(frozen=True, slots=True)
class Folded:
    """A message made ready for searching: ``typed`` and ``plain`` are equally long."""

    typed: str
    plain: str
    has_digit: bool
    has_chinese_numeral: bool
    is_chinese: bool

    @property
    def has_number(self) -> bool:
        return self.has_digit or self.has_chinese_numeral

    @classmethod
    def of(cls, text: str) -> Folded:
        typed = text[:SEARCHED_CHARACTERS]
        plain = fold(typed)
        return cls(
            typed,
            plain,
            has_digit=not _DIGITS.isdisjoint(plain),
            has_chinese_numeral=not (plain.isascii() or _CHINESE_NUMERALS.isdisjoint(plain)),
            is_chinese=any("\u4e00" <= character <= "\u9fff" for character in plain),
        )

    def entity(self, name: str, value: Any, span: tuple[int, int], problem: str | None = None) -> Entity:
        start, end = span
        return Entity(name, value, self.typed[start:end], start, end, problem)

    def is_all(self, span: tuple[int, int]) -> bool:
        """Return whether nothing but spaces and punctuation stands around ``span``."""
        around = self.plain[: span[0]] + self.plain[span[1] :]
        return not any(character.isalnum() for character in around)
