"""Which language a message is written in: Chinese, English or another."""

from __future__ import annotations

import re
from typing import Final

from nlu.entities.folding import SEARCHED_CHARACTERS
from nlu.understanding import Language

# A few words hold more letters of Chinese than of English, so characters are weighed against words.
_CHARACTERS_OF_A_WORD: Final = 1.5
_LEAST_KANA_SHARE: Final = 0.2
# One language of a mixed message outweighs the other from so many times its weight on.
_CLEARLY: Final = 2.0

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")
_OTHER_SCRIPT = re.compile(
    "[\u0370-\u03ff\u0400-\u052f\u0531-\u058f\u0590-\u05ff\u0600-\u06ff\u0900-\u0dff\u0e00-\u0eff"
    "\u1000-\u109f\u10a0-\u10ff\u1100-\u11ff\u1780-\u17ff\uac00-\ud7af]"
)
_WORD = re.compile(r"(?<![\w@./])[^\W\d_]{1,40}(?:'[^\W\d_]{1,10})?(?![\w@]|\.[^\W\d_])")
# Pasted by everybody, and never in Chinese.
_ADDRESS = re.compile(r"(?:https?://|www\.)[!-~]+", re.IGNORECASE)

# Typed by everybody in every language, so they tell nothing.
_TELLS_NOTHING_WORDS: Final = "ok okay k kk lol haha hehe hmm emm emmm xd wow vip app sf id sku pdf qq wechat td"
_FOREIGN: Final = (
    # Spanish and Portuguese
    "hola gracias dónde donde está esta mi pedido quiero cuándo cuando el los las una por favor para que qué no"
    " puedo tengo muy buenos buenas días olá obrigado obrigada onde está meu minha quero não você"
    # French
    " bonjour merci où est ma mon mes commande je vous votre le les des une pas suis avec s'il quand c'est"
    # German
    " hallo danke wo ist meine mein bestellung ich nicht und der das ein eine bitte wann habe haben sie guten tag"
    # Italian
    " ciao grazie dov'è il mio ordine voglio quando sono"
    # Vietnamese and Indonesian
    " xin chào cảm ơn đơn hàng terima kasih pesanan saya di mana"
)
_ENGLISH: Final = (
    "the is are was i my me you your it we a an and or of to in on for with where when what how why who can could"
    " do does did have has had not no this that please thanks thank hi hello order want need would will"
)
_TELLS_NOTHING: Final = frozenset(_TELLS_NOTHING_WORDS.split())
_FOREIGN_WORDS: Final = frozenset(_FOREIGN.split())
_ENGLISH_WORDS: Final = frozenset(_ENGLISH.split())
_ACCENT = re.compile("[\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff]")
_LEAST_ACCENTED_SHARE: Final = 0.08


# What programs write: typed commands, placeholders of templates and format strings, tags.
_MARKS = re.compile(
    r"^\s*/[a-z][a-z0-9_]*\s*(?:\{.*)?$|\$?\{\{?[^{}]*\}?\}|\{%[^%]*%\}|%(?:\(\w*\)[a-z]|[sdnrx]\b)|</?[a-z][^<>]{0,80}>",
    re.DOTALL | re.IGNORECASE,
)


def without_marks(text: str) -> str:
    """Return ``text`` without the marks of programs in it, which say nothing in any language."""
    return _MARKS.sub(" ", text)


def detect(text: str, fallback: Language) -> Language:
    """Return the language of ``text``, or ``fallback`` where it holds no evidence (``ok``, ``A10293``, 👍).

    Mixed Chinese and English is the language that clearly outweighs; where none does it is ``fallback``, if
    that is one of the two.
    """
    text = without_marks(_ADDRESS.sub(" ", text[:SEARCHED_CHARACTERS]))
    words = [word.lower() for word in _WORD.findall(_without_han(text))]
    telling = [word for word in words if word not in _TELLS_NOTHING]
    if text.isascii():
        return _latin(telling, fallback)
    han, kana, other = (len(script.findall(text)) for script in (_HAN, _KANA, _OTHER_SCRIPT))
    if kana and kana >= _LEAST_KANA_SHARE * (han + kana):
        return "other"
    latin = [word for word in telling if not _OTHER_SCRIPT.search(word)]
    if other > han and other > sum(map(len, latin)):
        return "other"
    if not han:
        return _latin(latin, fallback)
    chinese, english = han / _CHARACTERS_OF_A_WORD, len(latin) / 2
    if fallback != "other" and english <= chinese * _CLEARLY and chinese <= english * _CLEARLY:
        return fallback
    return "zh" if chinese >= english else _latin(latin, "zh")


def _without_han(text: str) -> str:
    return text if text.isascii() else _HAN.sub(" ", text)


def _latin(words: list[str], fallback: Language) -> Language:
    if not words:
        return fallback
    foreign = sum(word in _FOREIGN_WORDS for word in words)
    english = sum(word in _ENGLISH_WORDS for word in words)
    accents = sum(len(_ACCENT.findall(word)) for word in words)
    if foreign > english or accents > _LEAST_ACCENTED_SHARE * sum(map(len, words)):
        return "other"
    return "en"
