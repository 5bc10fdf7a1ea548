"""What "call me" is about where nobody is to call now: a name, "call me Annie", or a good time, "call me after six".

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


def says_a_name(text: str) -> bool:
    """Return whether an English text says so; a name begins with a capital, and no day of the week is one."""
    return _CALLED.search(text[:SEARCHED_CHARACTERS]) is not None


def says_when_to_call(text: str) -> bool:
    """Return whether an English text says when a call is welcome."""
    return _WHEN.search(text[:SEARCHED_CHARACTERS]) is not None
