"""A number that is all of a message: the answer to "how many?" and "how much?"."""

from __future__ import annotations

import re
from decimal import Decimal

from nlu.entities.folding import Folded
from nlu.entities.numbers import CHINESE, ENGLISH, SCALED_DIGITS, to_number

_ALONE = re.compile(
    rf"(?:(?:我?就?要|就|来|用|换|大概|just|only|i want|make it|about) ?)?"
    rf"(?P<number>{SCALED_DIGITS}|{CHINESE}(?:点[零一二三四五六七八九]{{1,2}})?|{ENGLISH})"
    r"(?: ?(?:吧|就行|就好|就够了|好了|谢谢|please|pls|thanks|thank you|of them|for me))?"
)
_AROUND = " \t\r\n.!?。、~,"


def number_alone(message: Folded) -> tuple[Decimal, tuple[int, int]] | None:
    """Return the number and its span where the message is that and manners, else None."""
    bare = message.plain.strip(_AROUND)
    match = _ALONE.fullmatch(bare)
    number = to_number(match["number"]) if match else None
    if match is None or number is None:
        return None
    start = message.plain.index(bare)
    return number, (start + match.start("number"), start + match.end("number"))
