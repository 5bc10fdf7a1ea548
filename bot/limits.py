"""What a channel can take: the length of a message."""

from __future__ import annotations


def length(text: str) -> int:
    """Return the length in UTF-16 units, as platforms count: an emoji is two."""
    return len(text) + sum(char > "\uffff" for char in text)


def pieces(text: str, limit: int) -> list[str]:
    """Cut a text into pieces of at most ``limit`` UTF-16 units, at a line's or a sentence's end where one is near."""
    cut: list[str] = []
    rest = text
    while length(rest) > limit:
        end = limit
        while length(rest[:end]) > limit:
            end -= length(rest[:end]) - limit
        for mark in ("\n", "。", ". ", " "):
            at = rest.rfind(mark, end // 2, end)
            if at != -1:
                end = at + len(mark)
                break
        cut.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    if rest:
        cut.append(rest)
    return cut
