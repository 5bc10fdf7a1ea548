"""Words that a customer says and means: neither denied nor only supposed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_REACH_BEFORE: Final = 24
_CLAUSE_MARKS = re.compile(r"[,.;:!?。;、\n]")

# Right before a word, in its own clause, these turn it round.
_NEGATION: Final = re.compile(
    r"(?:不|没有?|未|无|(?<![特分个级区告])别|并非)(?:是|太|怎么|算|够|很|觉得|感到|会|能|再|有|那么|至于|人|被|特别|非常|用|着|要|去"
    r"|发生|出现|说|什么|感觉|想|打算|准备|走到|到|得)*$"
    r"|(?:(?<![a-z])(?:not|no|never|without|hardly|nobody|none)|n't|(?<![a-z])(?:dont|didnt|isnt|wasnt))(?: "
    r"(?!only|just)[a-z']+){0,2} $"
)
# What may happen has not happened: a question about safety is no accident.
_SUPPOSED: Final = re.compile(
    r"(?:会不会|怕|防止?|避免|容易|是否|如果|担心|万一|以免|有没有)(?:有|被|再|造成|导致|引起|发生)*$"
    r"|(?<![a-z])(?:can|will|would|might|may|does|is it|going to|if|risk of|avoid|prevent|ever)(?: "
    r"(?!have)[a-z']+){0,3} $"
)
_ASKED_AFTER: Final = re.compile(r"(?:的|了|过)?(?:吗|么|嘛|没有?\?|危险吗|风险吗)")


def find_said(words: re.Pattern[str], plain: str, *, supposed: bool = True) -> Iterator[re.Match[str]]:
    """Yield the ``words`` of folded text that are meant; without ``supposed``, not those of questions and fears."""
    for word in words.finditer(plain):
        if not is_negated(plain, word) and (supposed or not _is_supposed(plain, word)):
            yield word


def is_negated(plain: str, word: re.Match[str]) -> bool:
    """Return whether the words before ``word`` turn it round; 没什么不 turns it twice and so not at all."""
    before = _before(plain, word)
    turned = _NEGATION.search(before)
    return turned is not None and _NEGATION.search(before[: turned.start()]) is None


def _is_supposed(plain: str, word: re.Match[str]) -> bool:
    return _SUPPOSED.search(_before(plain, word)) is not None or _ASKED_AFTER.match(plain, word.end()) is not None


def _before(plain: str, word: re.Match[str]) -> str:
    """Return what stands before ``word`` in its own clause."""
    before = plain[max(0, word.start() - _REACH_BEFORE) : word.start()]
    return _CLAUSE_MARKS.split(before)[-1]
