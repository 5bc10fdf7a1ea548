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
# As a Chinese keyboard writes it, or as it is said: 。 and 点 before what an address ends in, 艾特 for @.
_CHINESE = re.compile(
    r"(?<![a-z0-9._%+-])(?P<name>[a-z0-9][a-z0-9._%+-]{0,63}) ?(?:@|艾特) ?(?P<place>[a-z0-9-]{1,63})"
    r"(?P<end>(?: ?[.。点] ?(?:com|cn|net|org|edu|gov|co|io|me|hk|tw|uk)){1,2})(?![a-z0-9.-])"
)


def find(message: Folded) -> list[Entity]:
    """Return the e-mail addresses in ``message`` in lower case."""
    found = []
    if "@" in message.plain:
        found += [message.entity("email", match[0], match.span()) for match in _ADDRESS.finditer(message.plain)]
    if "艾特" in message.plain or ("@" in message.plain and ("。" in message.plain or "点" in message.plain)):
        found += [message.entity("email", _typed(match), match.span()) for match in _CHINESE.finditer(message.plain)]
    if " dot " in message.plain or "(dot)" in message.plain or "(at)" in message.plain:
        found += [message.entity("email", _spelled(match), match.span()) for match in _SPELLED.finditer(message.plain)]
    return found


def _spelled(match: re.Match[str]) -> str:
    name, place = (_DOT.sub(".", match[group]).replace(" ", "") for group in ("name", "place"))
    return f"{name}@{place}"


def _typed(match: re.Match[str]) -> str:
    end = match["end"].replace(" ", "").replace("。", ".").replace("点", ".")
    return f"{match['name']}@{match['place']}{end}"
