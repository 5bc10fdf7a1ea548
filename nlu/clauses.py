"""The parts of a message that may each want something of their own."""

from __future__ import annotations

import re
from typing import Final

from nlu.fallback import fixed_phrase_intent

MOST_CLAUSES: Final = 3
# Longer messages tell a story; each of their sentences is no wish of its own.
_LONGEST_MESSAGE = 160
_FEWEST_HAN = 3
_FEWEST_WORDS = 2
# What was left out beside a single clause is worth asking about that clause alone.
_SCRAP = 2

_JOINED = (
    r"(?:顺便|順便|另外|还有就是|同时|再帮我|再幫我|然后再|对了|對了|以及)[,，]?"
    r"|(?<=[,，。;；!！?？、\s])(?:还有|還有)(?![货貨没沒多几幾吗嗎库現现优優什])[,，]?"
    r"|\s(?:and also|also|and then|by the way|btw|plus|oh and|and)\b[,]?"
)
_STOPS = r"[,，。;；!！?？\n]+|\.(?=\s|$)"
# Who leaves marks out puts a blank where one would be.
_BLANK = "(?<=[\u4e00-\u9fff]{4})\\s+(?=[\u4e00-\u9fff]{4})"
_BETWEEN: Final = re.compile(f"{_JOINED}|{_STOPS}|{_BLANK}", re.IGNORECASE)
_HAN: Final = re.compile("[\u4e00-\u9fff]")
_WORD: Final = re.compile(r"[^\W\d_\u4e00-\u9fff]+")


def split_clauses(text: str) -> tuple[str, ...]:
    """Return the first clauses of ``text`` that say something; greetings, thanks and scraps are left out.

    None where there is but one, and where a story is told.
    """
    if len(text) > _LONGEST_MESSAGE:
        return ()
    parts = tuple(part.strip() for part in _BETWEEN.split(text) if _says_something(part))
    return parts[:MOST_CLAUSES] if len(parts) > 1 or (parts and len(parts[0]) < len(text) - _SCRAP) else ()


def _says_something(part: str) -> bool:
    long_enough = len(_HAN.findall(part)) >= _FEWEST_HAN or len(_WORD.findall(part)) >= _FEWEST_WORDS
    return long_enough and fixed_phrase_intent(part) is None
