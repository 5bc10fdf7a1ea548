"""What customers tell of themselves in passing, and what lasts: tastes, sizes, when to call, where to leave a parcel.

Precision before recall. A fact is a whole clause that says one thing of the speaker, now and
in earnest. Questions, suppositions, hearsay, quotations, jokes, the past and other people's
tastes are none, and what no pattern fits is left alone: nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from nlu.entities.folding import fold
from nlu.facts_said import chinese, english
from nlu.facts_said.telling import Telling

__all__ = ["FactSaid", "facts_said", "tells_only"]

READ_CHARACTERS: Final = 400
"""Who writes more tells a story; it is for people to read."""
_HAN: Final = re.compile("[\u4e00-\u9fff]")
_QUOTED: Final = re.compile('“[^”]*”|"[^"]*"|「[^」]*」|『[^』]*』|‘[^’]{2,}’')
_CLAUSE: Final = re.compile(r"(?:[^,.;!?。、\n]|[.](?=\d)|、)+")
_JOINT: Final = re.compile(r"(?:^|\s)(?:but|so|because|and)\s(?=(?:i|i'm|my|please|call|text|email|leave)\b)")
_ASKS: Final = re.compile(r"\s*\?")
_ASKING: Final = re.compile(r"[?？]")
# Why somebody is called then and not now.
_BUSY: Final = re.compile(
    r" *(?:(?:as|because|since) )?i(?:'m| am)? (?:always )?"
    r"(?:work|working|at work|on shift|in class|in meetings?|asleep|sleep|busy|driving|teaching|travelling)"
    r"(?: (?:all )?(?:the )?"
    r"(?:days?|nights?|mornings?|afternoons?|late|long hours|until then|till then|before that|then))* *"
    r"| *(?:因为)?我?(?:白天|晚上|夜里|上午|下午|早上|平时|那时|之前|工作日|得|都|要|在|正|还|还在)*"
    r"(?:上班|上课|上夜班|夜班|开会|睡觉|在忙|忙|带孩子|开车)[呢的啊]* *"
)
_CALL_TIME: Final = "contact_time"


@dataclass(frozen=True, slots=True)
class FactSaid:
    """One thing that somebody told of themselves: its kind (`crm_store.memory_kinds`), what, and in which words.

    ``whose`` is the person close to them whom it is about, as they called them.
    """

    kind: str
    value: str
    words: str
    whose: str | None = None


def facts_said(text: str) -> tuple[FactSaid, ...]:
    """Return the lasting facts that ``text`` tells of who wrote it, in their order; mostly none."""
    if len(text) > READ_CHARACTERS:
        return ()
    plain = fold(text).replace("’", "'")
    plain = _QUOTED.sub(lambda quoted: "?" * len(quoted[0]), plain)
    language = chinese if _HAN.search(plain) else english
    if language.NOT_IN_EARNEST.search(plain):
        return ()
    found: list[FactSaid] = []
    for start, clause in _told(plain):
        fact = _fact(text, start, clause, language.TELLINGS, language.NOT_TOLD)
        if fact is not None and all(one.kind != fact.kind or one.value != fact.value for one in found):
            found.append(fact)
    return tuple(found)


def tells_only(text: str, kinds: Collection[str]) -> bool:
    """Return whether ``text`` tells facts of ``kinds`` and says nothing else: no question, no wish, no other clause."""
    facts = facts_said(text)
    if not facts or any(fact.kind not in kinds for fact in facts):
        return False
    clauses = [clause for clause in _CLAUSE.findall(fold(text)) if any(sign.isalnum() for sign in clause)]
    if any(fact.kind == _CALL_TIME for fact in facts):
        clauses = [clause for clause in clauses if not _BUSY.fullmatch(clause.replace("’", "'"))]
    return len(clauses) == len(facts) and not _ASKING.search(text)


def _told(plain: str) -> Iterator[tuple[int, str]]:
    """Yield the clauses that are no questions, with where they begin."""
    for match in _CLAUSE.finditer(plain):
        if not _ASKS.match(plain, match.end()):
            for start, end in _parts(match[0]):
                yield match.start() + start, match[0][start:end]


def _parts(clause: str) -> Iterator[tuple[int, int]]:
    """Yield a clause without what only leads into it and out of it, and its halves where "but" and "so" join two."""
    begin = 0
    for joint in re.finditer(
        r"(?:^|\s)(?:but|so|because|and)\s(?=(?:i|i'm|my|please|call|text|email|leave)\b)", clause
    ):
        yield begin, joint.start()
        begin = joint.end()
    yield begin, len(clause)


def _fact(
    typed: str, start: int, clause: str, tellings: tuple[Telling, ...], not_told: re.Pattern[str]
) -> FactSaid | None:
    lead = chinese.LEAD.match(clause) if _HAN.search(clause) else english.LEAD.match(clause)
    begin = lead.end() if lead else 0
    said = clause[begin:].rstrip(" ~😊🙂^_")
    if not said or not_told.search(said):
        return None
    for telling in tellings:
        if (match := telling.pattern.fullmatch(said)) is None:
            continue
        own = typed[start + begin : start + begin + len(said)]
        if telling.capital and not own[match.start("v")].isupper():
            continue
        return FactSaid(telling.kind, telling.value(match, own), own.strip(), telling.whose(match, own))
    return None
