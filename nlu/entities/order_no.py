"""Order numbers, in the shop's own pattern, however they are typed."""

from __future__ import annotations

import re
from typing import Final

from nlu.entities.folding import Folded
from nlu.understanding import Entity

DEFAULT_ORDER_PATTERN: Final = r"[A-Z]\d{5}|\d{11}"

_CUE = re.compile(
    r"(?:订单编?号?|单号|单子|编号|(?<![a-z])(?:order|order ?(?:no|num|number|id)|ord|no)\.?)"
    r"(?: ?(?:是|为|号|number|no|is|id))?[ .:#,-]{0,3}$"
)
# "Order 12345" names a number even where it isn't one of ours: then the shop can say that it knows no such order.
_CALLED_PHONE = re.compile(
    r"(?:电话|手机|联系方式|(?<![a-z])(?:phone|mobile|cell|tel))[号码]{0,2}(?: ?(?:是|为|no|number|is))?[ .:#,]{0,3}$"
)
_AFTER_CUE = re.compile(
    r"(?:订单编?号|订单|(?<!递)(?<!运)(?<!流)单号|(?<![a-z])order(?: ?(?:no|num|number|id))?\.?)"
    r"(?: ?(?:是|为|is))?[ :#]{0,3}(?P<number>[a-z]{0,3}-?[0-9]{5,20})(?![0-9a-z])"
)
_LIKE_A_NUMBER = re.compile(r"(?<![0-9a-z])[a-z]{0,3}-?[0-9]{4,20}(?![0-9a-z])")
_DIGIT = re.compile("[0-9]")
_PIECE = re.compile(r"(?<![0-9a-z])order(?=[a-z]?[0-9]{4})|[0-9a-z]+")
# One by one, as somebody reads out an order number of our own.
_IS_ORDER = re.compile(" ?(?:这|那|号)?[一个]?(?:订单|单(?!价|独|品|色|人))| (?:order|parcel)(?![a-z])")
_MOST_PIECES = 11
_SHORTEST_PIECE = 3
_LONGEST_NUMBER = 40
_CUE_REACH = 20


class OrderPattern:
    """The form of the shop's order numbers: a regular expression over upper-case ASCII."""

    __slots__ = ("_full",)

    def __init__(self, pattern: str = DEFAULT_ORDER_PATTERN) -> None:
        """Raises re.error where ``pattern`` is no regular expression."""
        self._full = re.compile(pattern, re.ASCII)

    def fits(self, number: str) -> bool:
        return self._full.fullmatch(number) is not None


def find(message: Folded, *, pattern: OrderPattern, asked: bool) -> list[Entity]:
    """Return the order numbers in ``message`` in upper case, without spaces and hyphens.

    Numbers of another form are returned too where they stand after 订单号 or "order",
    or where the order number was asked for: whether they exist, the store knows.
    """
    if not message.has_digit:
        return []
    spans = list(_fitting(message, pattern, asked))
    plain = message.plain
    if asked and not spans:
        found = (match.span() for match in _LIKE_A_NUMBER.finditer(plain))
        spans = [span for span in found if not is_called_phone(plain, span[0])]
    for match in _AFTER_CUE.finditer(plain):
        start, end = match.span("number")
        if not any(start < taken_end and taken_start < end for taken_start, taken_end in spans):
            spans.append((start, end))
    return [
        message.entity("order_no", re.sub(r"[ -]", "", plain[start:end]).upper(), (start, end)) for start, end in spans
    ]


def is_called_order(plain: str, start: int) -> bool:
    """Return whether the words right before ``start`` say that an order number follows."""
    return _CUE.search(plain, max(0, start - _CUE_REACH), start) is not None


def is_called_phone(plain: str, start: int) -> bool:
    """Return whether the words right before ``start`` say that a telephone number follows."""
    return _CALLED_PHONE.search(plain, max(0, start - _CUE_REACH), start) is not None


def _is_capital(typed: str) -> bool:
    """Return whether it is a capital, which within a sentence is no article."""
    return len(typed) == 1 and typed.isupper()


def _fitting(message: Folded, pattern: OrderPattern, asked: bool) -> list[tuple[int, int]]:
    plain = message.plain
    pieces = [match.span() for match in _PIECE.finditer(plain)]
    spans: list[tuple[int, int]] = []
    with_digit = [_DIGIT.search(plain, *piece) is not None for piece in pieces] + [False]
    first = 0
    while first < len(pieces):
        # Most pieces are words: a number begins with a digit, or with letters right before one.
        if not (with_digit[first] or with_digit[first + 1]):
            first += 1
            continue
        last = _last_piece(plain, pieces, first, pattern)
        if last is None or not _is_meant(message, pieces[first : last + 1], asked):
            first += 1
            continue
        spans.append((pieces[first][0], pieces[last][1]))
        first = last + 1
    return spans


def _last_piece(plain: str, pieces: list[tuple[int, int]], first: int, pattern: OrderPattern) -> int | None:
    """Return the last piece of the longest order number that begins with piece ``first``."""
    joined, found = "", None
    for index in range(first, min(first + _MOST_PIECES, len(pieces))):
        start, end = pieces[index]
        if index > first and plain[pieces[index - 1][1] : start] not in (" ", "-"):
            break
        if len(joined) + end - start > _LONGEST_NUMBER:
            break
        joined += plain[start:end].upper()
        if not joined.isalpha() and pattern.fits(joined):
            found = index
    return found


def _is_meant(message: Folded, pieces: list[tuple[int, int]], asked: bool) -> bool:
    """Return whether pieces apart are one number: "a 10293 points" holds an article, not an order A10293."""
    start, end = pieces[0][0], pieces[-1][1]
    if is_called_phone(message.plain, start):
        return False
    if len(pieces) == 1:
        return True
    if asked or is_called_order(message.plain, start) or message.is_all((start, end)):
        return True
    if message.plain[pieces[0][1]] == "-" or _IS_ORDER.match(message.plain, end):
        return True
    if len(pieces) == 2 and end - pieces[1][0] > _SHORTEST_PIECE and _is_capital(message.typed[start : pieces[0][1]]):
        return True
    return all(last - first >= _SHORTEST_PIECE for first, last in pieces)
