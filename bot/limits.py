"""What a channel can take: the length of a message."""

from __future__ import annotations


def length(text: str) -> int:
    """Return the length in UTF-16 units, as platforms count: an emoji is two."""
    return len(text) + sum(char > "\uffff" for char in text)


def pieces(text: str, limit: int) -> list[str]:
    """Cut a text into pieces of at most ``limit`` (2 or more) UTF-16 units, at a line's or a sentence's end if near.

    White space at a cut is left out, and no piece is blank.
    """
    cut: list[str] = []
    rest = text
    while length(rest) > limit:
        end = _longest_start(rest, limit)
        for mark in ("\n", "。", ". ", " "):
            at = rest.rfind(mark, end // 2, end)
            if at != -1:
                end = at + len(mark)
                break
        cut.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return [piece for piece in (*cut, rest) if piece.strip()]


def _longest_start(text: str, limit: int) -> int:
    """Return how many of the text's first characters fit into ``limit`` units."""
    end = limit
    while (over := length(text[:end]) - limit) > 0:
        end -= (over + 1) // 2
    return end
