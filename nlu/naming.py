"""What "call me" is about where nobody has to come into the talk: a name, "call me Annie", a good time, "call me after
six", or a call back.

A linear classifier takes both for a wish for a person, whose words they are.
"""

from __future__ import annotations

import re
from typing import Final

from nlu.entities.folding import SEARCHED_CHARACTERS

_CALLED: Final = re.compile(
    r"\b[Cc]all me (?!Now|Back|Later|Today|Tonight|Tomorrow|Asap|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)"
    r"(?:Mr|Mrs|Ms|Dr)?\.? ?[A-Z][a-z]+\b(?! (?:at|on|back|after|before)\b)"
)
_WHEN: Final = re.compile(
    r"\bcall(?:ing)? me (?:only |just )?(?:after|before|between|from|any ?time after"
    r"|in the (?:morning|afternoon|evening))\b",
    re.IGNORECASE,
)
_CALL_BACK: Final = re.compile(
    r"(?:给我|跟我|和我)(?:回|打)[个一]{0,2}电话|回[个一]{0,2}电话(?:给我)?|打[个一]{0,2}电话给我|回电|电话回访"
    r"|\b(?:call|phone|ring) me back\b|\bgive me a (?:call|ring)\b|\bcall[- ]?back\b",
    re.IGNORECASE,
)


def says_a_name(text: str) -> bool:
    """Return whether an English text says so; a name begins with a capital, and no day of the week is one."""
    return _CALLED.search(text[:SEARCHED_CHARACTERS]) is not None


def says_when_to_call(text: str) -> bool:
    """Return whether an English text says when a call is welcome."""
    return _WHEN.search(text[:SEARCHED_CHARACTERS]) is not None


def asks_to_be_called_back(text: str) -> bool:
    """Return whether a text asks for a call, which somebody makes later, and not for a person in this talk."""
    return _CALL_BACK.search(text[:SEARCHED_CHARACTERS]) is not None
