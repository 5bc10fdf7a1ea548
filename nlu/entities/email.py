"""E-mail addresses."""

from __future__ import annotations

import re

from nlu.entities.folding import Folded
from nlu.understanding import Entity

_ADDRESS = re.compile(
    r"(?<![a-z0-9._%+-])[a-z0-9][a-z0-9._%+-]{0,63}@(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,24}(?![a-z0-9-])"
)

# How an address is said aloud, or hidden from machines.
_SPOKEN_DOT = r"(?: \(?dot\)? )"
_SPELLED = re.compile(
    rf"(?<![a-z0-9])(?P<name>[a-z0-9][a-z0-9._+-]{{0,40}}(?:{_SPOKEN_DOT}[a-z0-9]{{1,20}}){{0,2}})(?: at | ?\(at\) ?)"
    rf"(?P<place>[a-z0-9-]{{1,40}}(?:(?:{_SPOKEN_DOT}|(?<=[a-z0-9])\.(?=[a-z]))[a-z]{{2,15}}){{1,3}})(?![a-z0-9])"
)
_DOT = re.compile(_SPOKEN_DOT)


def find(message: Folded) -> list[Entity]:
    """Return the e-mail addresses in ``message`` in lower case."""
    found = []
    if "@" in message.plain:
        found += [message.entity("email", match[0], match.span()) for match in _ADDRESS.finditer(message.plain)]
    if " dot " in message.plain or "(dot)" in message.plain or "(at)" in message.plain:
        found += [message.entity("email", _spelled(match), match.span()) for match in _SPELLED.finditer(message.plain)]
    return found


def _spelled(match: re.Match[str]) -> str:
    name, place = (_DOT.sub(".", match[group]).replace(" ", "") for group in ("name", "place"))
    return f"{name}@{place}"
