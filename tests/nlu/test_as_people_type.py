"""How people type on a phone, and how much of it the taught sentences hold: a floor for each way and language."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from nlu.entities.traditional import SIMPLIFIED
from tests.nlu.test_training_data import LANGUAGES, SENTENCES

LONG_CHINESE = 80
"""Characters; more of them are a voice message that the phone wrote down."""
LONG_ENGLISH = 25
"""Words, likewise."""

_EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf\u231a-\u23ff\u2b50]")
_LATIN = re.compile("[A-Za-z]{2,}")
_HAN = re.compile("[\u4e00-\u9fff]")
_MARKS = re.compile(r"[.,!?;:，。！？；：、…]")
# Homophones, letters for words, and words spelt as they sound.
_CHINESE_SLIPS = re.compile(
    "在嘛|时侯|木有|肿么|怎莫|什莫|神马|酱紫|粗来|收获地址|快第|快弟|物溜|物留|发漂|优会|优慧|积份|机分|退欢|换或"
    "|坏吊|踢货|推货|以经|己经|那里了|有没油|电化|上们|麻反|谢谢拉|付宽|退宽|订旦|定单|帐号|帐单|xx|yyds|nb|u1s1|dd(?![a-z])"
)
_ENGLISH_SLIPS = re.compile(
    r"(?<![a-z'])(?:u|ur|pls|plz|thx|tho|cuz|coz|wanna|gonna|gotta|dunno|idk|asap|btw|omg|dont|cant|wont|didnt|doesnt|isnt"
    r"|im|ive|id|whats|wheres|thats|recieved?|adress|adres|definately|seperate|wich|teh|becuase|tommorow|tomorow|delivary"
    r"|refound|recipt|reciept|brocken|orderd|recived|exhange|waranty|garantee|acount|pasword|discont|avalable|availible)"
    r"(?![a-z'])"
)


def _emoji(text: str) -> bool:
    return _EMOJI.search(text) is not None


def _both_languages(text: str) -> bool:
    return _LATIN.search(text) is not None and _HAN.search(text) is not None


def _unmarked(text: str) -> bool:
    return _MARKS.search(text) is None


WAYS: dict[str, dict[str, tuple[Callable[[str], bool], int]]] = {
    "zh": {
        "emoji": (_emoji, 160),
        "traditional characters": (lambda text: any(ord(character) in SIMPLIFIED for character in text), 800),
        "both languages": (_both_languages, 700),
        "slips and abbreviations": (lambda text: _CHINESE_SLIPS.search(text.casefold()) is not None, 75),
        "long run-ons": (lambda text: len(text) > LONG_CHINESE, 60),
        "no punctuation": (_unmarked, 14000),
    },
    "en": {
        "emoji": (_emoji, 135),
        "slips and abbreviations": (lambda text: _ENGLISH_SLIPS.search(text.casefold()) is not None, 900),
        "long run-ons": (lambda text: len(text.split()) > LONG_ENGLISH, 110),
        "no punctuation": (_unmarked, 11000),
    },
}


@pytest.mark.parametrize(("language", "way"), [(language, way) for language in LANGUAGES for way in WAYS[language]])
def test_enough_is_taught_of_each_way_in_which_people_type(language: str, way: str) -> None:
    is_typed_so, fewest = WAYS[language][way]

    typed_so = [s for s in SENTENCES if s.language == language and is_typed_so(s.text)]

    assert len(typed_so) >= fewest


@pytest.mark.parametrize("language", LANGUAGES)
def test_most_intents_are_taught_a_run_on_and_an_emoji(language: str) -> None:
    of_language = [s for s in SENTENCES if s.language == language]
    intents = {s.intent for s in of_language}

    runs_on, _ = WAYS[language]["long run-ons"]
    with_run_on = {s.intent for s in of_language if runs_on(s.text)}
    with_emoji = {s.intent for s in of_language if _emoji(s.text)}

    assert len(with_run_on) >= len(intents) // 2
    assert len(with_emoji) >= 2 * len(intents) // 3
