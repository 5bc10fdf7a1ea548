"""One spelling for what is the same to a reader: width, case, traditional characters, drawn-out letters.

For the classifier alone. Entities are found in the text as it was typed, so no offset depends on this.
"""

from __future__ import annotations

import re
import unicodedata

import opencc

_TO_SIMPLIFIED = opencc.OpenCC("t2s")
_ANY_NUMBER = "00000"
# What stands for a number is drawn out by nobody.
_DRAWN_OUT = re.compile(rf"(?<!\d){_ANY_NUMBER}(?!\d)|(.)\1{{2,}}")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe0e\ufe0f\ufeff]")
_SKIN = re.compile("[\U0001f3fb-\U0001f3ff]")
_LONG_NUMBER = re.compile(r"\d{5,}")
_BLANKS = re.compile(r"\s+")
_MOST_ROUNDS = 5
# What thumbs leave out; beside Chinese such letters are names of things (U盘).
_WRITTEN_OUT = {
    "u": "you", "ur": "your", "r": "are", "pls": "please", "plz": "please", "thx": "thanks", "cuz": "because",
    "coz": "because", "dont": "don't", "cant": "can't", "wont": "won't", "didnt": "didn't", "doesnt": "doesn't",
    "isnt": "isn't", "wasnt": "wasn't", "arent": "aren't", "hasnt": "hasn't", "havent": "haven't",
    "couldnt": "couldn't", "wouldnt": "wouldn't", "im": "i'm", "ive": "i've", "youre": "you're", "its": "it's",
    "whats": "what's", "wheres": "where's", "thats": "that's", "hows": "how's", "theres": "there's",
}  # fmt: skip
_SHORT = re.compile(rf"(?<![\w'])(?:{'|'.join(_WRITTEN_OUT)})(?![\w'])")
_APOSTROPHES = str.maketrans("\u2018\u2019\u02bc`\u00b4", "'" * 5)


def normalise(text: str) -> str:
    """Return ``text`` as the classifier reads it; any text will do, and twice is the same as once.

    "ＯＫ！！！！" becomes "ok!!", "訂單" becomes "订单", "sooooo" becomes "soo", 20240518001 becomes
    00000, since which number it is says nothing of what is wished; "whats ur adress" becomes "what's your adress".
    """
    plain = _once(text)
    # A few rare characters have more than one step to go: 薴 first becomes 苧.
    for _ in range(_MOST_ROUNDS):
        if (again := _once(plain)) == plain:
            break
        plain = again
    return plain


def _once(text: str) -> str:
    folded = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).casefold()
    plain = _SKIN.sub("", _TO_SIMPLIFIED.convert(folded.encode("utf-8", "ignore").decode()))
    plain = _SHORT.sub(lambda short: _WRITTEN_OUT[short[0]], plain.translate(_APOSTROPHES))
    return _BLANKS.sub(" ", _LONG_NUMBER.sub(_ANY_NUMBER, _DRAWN_OUT.sub(_shortened, plain))).strip()


def _shortened(drawn: re.Match[str]) -> str:
    return drawn[0] if drawn[1] is None else drawn[1] * 2
