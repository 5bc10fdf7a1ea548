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
# Who marks nothing at all asks the next question by its first words, unless "tell me" or the like leads to them …
_LED_TO = "".join(rf"(?<!\b{word})" for word in (
    "me", "know", "see", "check", "ask", "wonder", "wondering", "tell", "sure", "about", "of", "on", "to", "or", "and",
    "so", "but", "that", "idea", "understand", "remember", "exactly", "say", "says", "out", "confirm",
))  # fmt: skip
_RUN_ON = (
    rf"(?<=[a-z0-9]){_LED_TO} (?=(?:how (?:many|much|do i)|where(?:'s| is| are)|what(?:'s| is| are) (?:my|the|your)"
    r"|when (?:is|will)) )"
)
# … and a Chinese one looks up the next thing "again".
_AGAIN = "(?<=[\u4e00-\u9fff]{3})再(?=查|问[一下问个])"
_STOPS = r"[,，。;；!！?？\n]+|\.(?=\s|$)"
# Who leaves marks out puts a blank where one would be.
_BLANK = "(?<=[\u4e00-\u9fff]{4})\\s+(?=[\u4e00-\u9fff]{4})"
_BETWEEN: Final = re.compile(f"{_JOINED}|{_STOPS}|{_BLANK}|{_RUN_ON}|{_AGAIN}", re.IGNORECASE)
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
