"""Fixed phrases found in one pass, the longest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nlu.entities.folding import fold


@dataclass(frozen=True, slots=True)
class Found[T]:
    """``value`` stands at ``start``..``end`` of the folded text."""

    value: T
    start: int
    end: int


class Phrases[T]:
    """A fixed set of phrases, each with its value; two characters at least.

    Latin phrases match as whole words (a plural s is let pass), Chinese ones
    anywhere, since Chinese has no word breaks. Looking up costs one dictionary
    access per character of the text, however many phrases there are.
    """

    __slots__ = ("_by_start",)

    def __init__(self, values: Mapping[str, T]) -> None:
        by_start: dict[str, list[tuple[str, T]]] = {}
        for phrase, value in values.items():
            plain = searchable(phrase)
            if len(plain) > 1:
                by_start.setdefault(plain[:2], []).append((plain, value))
        self._by_start = {
            start: tuple(sorted(listed, key=lambda pair: -len(pair[0]))) for start, listed in by_start.items()
        }

    def find(self, plain: str) -> Iterator[Found[T]]:
        """Yield the phrases of folded text from left to right, none overlapping another."""
        text = plain.replace("-", " ")
        position, last = 0, len(text) - 1
        while position < last:
            end = position + 1
            for phrase, value in self._by_start.get(text[position : position + 2], ()):
                if text.startswith(phrase, position) and (
                    found_end := _whole_word_end(text, position, position + len(phrase))
                ):
                    yield Found(value, position, found_end)
                    end = found_end
                    break
            position = end


def searchable(phrase: str) -> str:
    """Return the one form in which a phrase and its variants (case, width, hyphen, spaces) meet."""
    return " ".join(fold(phrase).replace("-", " ").split())


def _whole_word_end(text: str, start: int, end: int) -> int | None:
    """Return where the phrase at ``start`` ends, or None where it is only part of a longer word."""
    if _is_latin(text[start]) and start and _is_latin(text[start - 1]):
        return None
    if not _is_latin(text[end - 1]) or end == len(text) or not _is_latin(text[end]):
        return end
    plural = text[end] == "s" and text[end - 1].isalpha() and (end + 1 == len(text) or not _is_latin(text[end + 1]))
    return end + 1 if plural else None


def _is_latin(character: str) -> bool:
    return character.isalnum() and character < "\u0250"
