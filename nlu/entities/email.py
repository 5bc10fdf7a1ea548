"""E-mail addresses."""

from __future__ import annotations

import re

from nlu.entities.folding import Folded
from nlu.understanding import Entity

_ADDRESS = re.compile(
    r"(?<![a-z0-9._%+-])[a-z0-9][a-z0-9._%+-]{0,63}@(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,24}(?![a-z0-9-])"
)


def find(message: Folded) -> list[Entity]:
    """Return the e-mail addresses in ``message`` in lower case."""
    if "@" not in message.plain:
        return []
    return [message.entity("email", match[0], match.span()) for match in _ADDRESS.finditer(message.plain)]
