"""Whether words give a street and a number."""

from __future__ import annotations

import re
from typing import Final

from nlu.entities.folding import SEARCHED_CHARACTERS

_ADDRESS: Final = re.compile(
    r"[路街道巷弄村镇][^\s，。,]{0,6}\s*\d+\s*[号弄栋座]"
    r"|\b\d+[a-z]?,? (?:[a-z']+ ){1,3}(?:street|st|road|rd|lane|avenue|ave|close|drive|square|court|place)\b",
    re.IGNORECASE,
)


def gives_an_address(text: str) -> bool:
    """Return whether a text names a street and a number: what is asked for, and no question about ours."""
    return _ADDRESS.search(text[:SEARCHED_CHARACTERS]) is not None
