"""What a channel can take: the length of a message."""

from __future__ import annotations

from bot.ports import TextUnit

_LONGEST_CHARACTER = {"utf16": 2, "utf8": 4}


def length(text: str, unit: TextUnit = "utf16") -> int:
    """Return the length as a platform counts it: an emoji is two UTF-16 units, or four bytes."""
    if unit == "utf8":
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text) + sum(char > "\uffff" for char in text)


def pieces(text: str, limit: int, unit: TextUnit = "utf16") -> list[str]:
    """Cut a text into pieces of at most ``limit`` units (4 or more), at a line's or a sentence's end if near.

    White space at a cut is left out, and no piece is blank.
    """
    cut: list[str] = []
    rest = text
    while length(rest, unit) > limit:
        end = _longest_start(rest, limit, unit)
        for mark in ("\n", "。", ". ", " "):
            at = rest.rfind(mark, end // 2, end)
            if at != -1:
                end = at + len(mark)
                break
        cut.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return [piece for piece in (*cut, rest) if piece.strip()]


def _longest_start(text: str, limit: int, unit: TextUnit) -> int:
    """Return how many of the text's first characters fit into ``limit`` units."""
    end, longest = limit, _LONGEST_CHARACTER[unit]
    while (over := length(text[:end], unit) - limit) > 0:
        # So many characters at least are too much.
        end -= -(-over // longest)
    return end
