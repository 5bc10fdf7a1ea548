"""One message, understood: exact code first, then the classifier, and rules while it is away."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from nlu.clauses import split_clauses
from nlu.doubt import MANNERS, close_behind
from nlu.entities import Catalogue, EntityContext, OrderPattern, find_all
from nlu.entities.folding import SEARCHED_CHARACTERS
from nlu.errors import NluUnavailable
from nlu.facts_said import tells_only
from nlu.fallback import certain_intent, intents_by_rules
from nlu.fallback_words import HUMAN, STRONG, WEAK
from nlu.in_context import in_context
from nlu.language import detect, without_marks
from nlu.mood import Mood, read_mood
from nlu.order_wish import wish_for_order
from nlu.outranking import OF_THEMSELVES, UNIT, Words, beside, outranked, wanting
from nlu.refusing import without_refused_person
from nlu.thresholds import USUAL, Thresholds
from nlu.understanding import OUT_OF_SCOPE, Entity, IntentScore, Language, Source, Understanding

# A clause must be surer than a message before it counts as a wish of its own.
_CLAUSE_CONFIDENCE = 0.7
# About the talk itself, so no wish beside another one.
_OF_THE_TALK: Final = frozenset(("repeat", "ask_bot_help", "ask_bot_identity"))
_OPENINGS: Final = frozenset(("greet", "thank", "goodbye", "chitchat"))
# From here on a clause beside a greeting is a wish, however sure the whole is of the greeting.
_PLAIN = 0.97
# Of a message of which the classifier is this sure, clauses that all say something else were torn from their context.
_TORN = 0.6
_SURE = 0.9
# As sure of a message that it is of no wish of ours, the classifier knows better than the words of one that are in it.
_TOLD = 0.6
_KEPT_GUESSES = 3
# The classifier has never seen a third language; what it makes of one is mostly chance.
_FOREIGN_CONFIDENCE = 0.8
_STOP_WORD = "stop"
_OPT_OUT = IntentScore("opt_out_marketing", 1.0)
_CANCEL = IntentScore("cancel_dialogue", 1.0)
# So few characters of Chinese or words beside a refusal, as in "我不要人工", say nothing.
_SCRAP = 1
_POLITELY = re.compile(r"谢谢|麻烦|\b(?:please|pls|thanks|thank you)\b", re.IGNORECASE)
_AROUND_A_WORD = " \t\r\n.!?,。！？，、~"
_CORRECTION: Final = re.compile(
    r"\W*(?:不对|不是|错了|搞错了|写错了|说错了|不|no|nope|sorry|wrong|not that(?: one)?|i mean|i meant)\W*"
    r"(?:(?:应该|订单|单号)*(?:是|换成|改成)"
    r"|(?:it(?:'s| is| should be)|i mean(?:t)?|the(?: order| number)* is|make it))?"
    r"\W*",
    re.IGNORECASE,
)
_CLASSIFIED_CHARACTERS = 1_000
# What looks like a button's payload is only text when it is typed; a classifier may know it for the intent.
_TYPED_COMMAND: Final = re.compile(r"\s*/[a-z][a-z0-9_]*\s*(?:\{.*)?", re.DOTALL)


class IntentClassifier(Protocol):
    """Tells what a text wants."""

    async def classify(self, text: str) -> tuple[IntentScore, ...]:
        """Return the intents of ``text``, best first; none where nothing can be read in it.

        Raises:
            NluUnavailable: no answer in time.
        """
        ...


class Understander:
    """Understands messages; without a classifier, or while it is away, keyword rules answer."""

    def __init__(
        self,
        classifier: IntentClassifier | None,
        *,
        thresholds: Callable[[], Thresholds] = lambda: USUAL,
        region: str = "CN",
        currency: str = "CNY",
        orders: OrderPattern | None = None,
        rules_stand_in: bool = True,
        deadline: timedelta | None = None,
    ) -> None:
        """``region`` (ISO 3166) and ``currency`` (ISO 4217) are those of numbers that name none.

        ``thresholds`` tells from which confidence on the model is believed. Where ``rules_stand_in``
        is false, a classifier that is away is an error, not a reason to guess. Where there is a
        ``deadline``, a message's clauses are asked about as long as the whole has left of it.
        """
        self._classifier = classifier
        self._thresholds = thresholds
        self._region = region
        self._currency = currency
        self._orders = orders or OrderPattern()
        self._rules_stand_in = rules_stand_in
        self._deadline = deadline.total_seconds() if deadline is not None else None

    async def understand(
        self,
        text: str,
        *,
        asking: str | None,
        language: Language,
        timezone: str,
        now: datetime,
        catalogue: Catalogue,
    ) -> Understanding:
        """Return what ``text`` means to a customer of ``language`` in ``timezone`` at ``now`` (aware).

        ``asking`` is the slot that was just asked for. Any text is answered, also while
        the classifier is away: ``source`` then is ``rules`` or ``fallback``.

        Raises:
            ZoneInfoNotFoundError: there is no such time zone.
            NluUnavailable: the classifier is away and the rules may not stand in.
        """
        read = self._read(text, asking, language, timezone, now, catalogue)
        settled = _settled(read, asking)
        if settled or self._classifier is None:
            return read.meaning(*(settled or _by_rules(read)))
        try:
            thresholds = self._thresholds()
            least = thresholds.clarify if read.language != "other" else _FOREIGN_CONFIDENCE
            wished = without_refused_person(text) or text
            ranking, intents = await self._carried(self._classifier, wished[:_CLASSIFIED_CHARACTERS], least)
        except NluUnavailable:
            if not self._rules_stand_in:
                raise
            return read.meaning(*_by_rules(read))
        if certain := certain_intent(text):
            others = (one for one in intents if one.name not in (certain.intent.name, OUT_OF_SCOPE))
            return read.meaning((certain.intent, *(one for one in others if one.confidence >= least)), "rules")
        told = len(intents) == 1 and intents[0].confidence >= _TOLD  # guesses beside it say that it was at a loss
        at_a_loss = intents[0].name == OUT_OF_SCOPE and not told
        if at_a_loss and read.language != "other" and (sure := _sure_by_rules(read)):
            return read.meaning(sure, "rules")
        meant = read.meaning(outranked(Words(text, read.entities, read.mood.sentiment), intents), "rasa")
        return _as_plain(meant, _near(ranking, meant.intents, thresholds.answer))

    def _read(
        self,
        text: str,
        asking: str | None,
        language: Language,
        timezone: str,
        now: datetime,
        catalogue: Catalogue,
    ) -> _Read:
        written_in = detect(text, language)
        context = EntityContext(
            now=now.astimezone(ZoneInfo(timezone)),
            asking=asking,
            language=written_in,
            catalogue=catalogue,
            orders=self._orders,
            region=self._region,
            currency=self._currency,
        )
        return _Read(text, written_in, find_all(text, context=context), read_mood(text))

    async def _carried(
        self, classifier: IntentClassifier, text: str, least: float
    ) -> tuple[tuple[IntentScore, ...], tuple[IntentScore, ...]]:
        """Return the ranking of ``text``, and the intents that it carries: out_of_scope and the guesses where none is
        likely enough."""
        began = asyncio.get_running_loop().time()
        ranking = await classifier.classify(text)
        if not ranking:
            return (), (IntentScore(OUT_OF_SCOPE, 1.0),)
        best = ranking[0]
        wishes = await self._wishes_until(began, classifier, ranking, wanting(split_clauses(text)), least)
        if best.name == HUMAN and best.confidence >= _SURE and wishes:
            wishes.setdefault(HUMAN, best.confidence)
        several = len(wishes) > 1 and (best.name in wishes or best.confidence < _TORN)
        surest = max(wishes.values(), default=0.0)
        beside_manners = best.name in MANNERS and best.confidence < _SURE <= surest
        beside_manners |= best.name in _OPENINGS and surest >= _PLAIN and _OF_THE_TALK.isdisjoint(wishes)
        if best.confidence >= least and not several and not beside_manners:
            return ranking, (best,)
        if not wishes:
            return ranking, _none_of(ranking)
        if best.name in wishes:
            wishes[best.name] = max(wishes[best.name], best.confidence)
        found = [IntentScore(name, confidence) for name, confidence in wishes.items()]
        found.sort(key=lambda one: (one.name != HUMAN, one.name != best.name, -one.confidence))
        # A clause was torn from the rest of the message, so it is no surer of its wish than all of it is of the first.
        return ranking, tuple(replace(one, confidence=min(one.confidence, found[0].confidence)) for one in found)

    async def _wishes_until(
        self,
        began: float,
        classifier: IntentClassifier,
        whole: tuple[IntentScore, ...],
        clauses: tuple[str, ...],
        least: float,
    ) -> dict[str, float]:
        if self._deadline is None:
            return await self._wishes(classifier, whole, clauses, least)
        try:
            async with asyncio.timeout_at(began + self._deadline):
                return await self._wishes(classifier, whole, clauses, least)
        except (TimeoutError, NluUnavailable):
            return {}  # the whole has been understood, which is most of it

    async def _wishes(
        self, classifier: IntentClassifier, whole: tuple[IntentScore, ...], clauses: tuple[str, ...], least: float
    ) -> dict[str, float]:
        """Return the wishes of clauses that are sure ones, each with its confidence; manners are none."""
        wishes: dict[str, float] = {}
        for ranking in await asyncio.gather(*map(classifier.classify, clauses)):
            best = in_context(ranking, whole)
            if best and best.confidence >= max(_CLAUSE_CONFIDENCE, least) and best.name not in MANNERS:
                wishes[best.name] = max(best.confidence, wishes.get(best.name, 0.0))
        plain = {name: how for name, how in wishes.items() if name not in _OF_THE_TALK or name == whole[0].name}
        return plain or wishes


@dataclass(frozen=True, slots=True)
class _Read:
    """All of a message but what it wants."""

    text: str
    language: Language
    entities: tuple[Entity, ...]
    mood: Mood

    def meaning(self, intents: tuple[IntentScore, ...], source: Source) -> Understanding:
        return Understanding(
            text=self.text,
            language=self.language,
            intent=intents[0].name,
            confidence=intents[0].confidence,
            intents=intents,
            entities=self.entities,
            sentiment=self.mood.sentiment,
            urgency=self.mood.urgency,
            source=source,
            sensitive=self.mood.sensitive,
            felt=self.mood.felt,
        )


type _Decided = tuple[tuple[IntentScore, ...], Source]


def _settled(read: _Read, asking: str | None) -> _Decided | None:
    """Return the intents of a message that holds nothing to classify, None where it does."""
    if _TYPED_COMMAND.fullmatch(read.text):
        return (IntentScore(OUT_OF_SCOPE, 1.0),), "rules"
    certain = certain_intent(read.text)
    bare = read.text.strip(_AROUND_A_WORD)
    if bare.casefold() == _STOP_WORD:
        return _stop(in_capitals=bare.isupper(), under_way=asking is not None), "rules"
    if certain and certain.is_all:
        return (certain.intent,), "rules"
    if (asking is not None and _corrects_a_number(read)) or _only_refuses_a_person(read.text):
        return (IntentScore("deny", STRONG),), "rules"
    if not certain and _wants_nothing(read, asking):
        return (IntentScore(OUT_OF_SCOPE, 1.0),), "rules"
    return None


def _wants_nothing(read: _Read, asking: str | None) -> bool:
    """Return whether a message is marks alone, the bare answer, or tells of its writer: that is kept, and no wish."""
    return (
        _says_nothing(without_marks(read.text)) or _is_the_answer(read, asking) or tells_only(read.text, OF_THEMSELVES)
    )


def _near(ranking: tuple[IntentScore, ...], intents: tuple[IntentScore, ...], enough: float) -> tuple[IntentScore, ...]:
    """Return the intent behind the only one, where that is less sure than ``enough`` and hardly surer than this."""
    if intents != ranking[:1] or intents[0].confidence >= enough:
        return ()
    second = close_behind(ranking)
    return () if second is None else (second,)


def _as_plain(meant: Understanding, instead: tuple[IntentScore, ...]) -> Understanding:
    """Return a message that may want what is ``instead`` as well, unless its words say that it does not."""
    said = intents_by_rules(meant.text) if instead else ()
    if [one.name for one in said if one.confidence >= STRONG] == [meant.intent]:
        return meant
    return replace(meant, instead=instead)


def _none_of(ranking: tuple[IntentScore, ...]) -> tuple[IntentScore, ...]:
    """Return out_of_scope before the guesses, none of which is believed, whatever their confidences are."""
    guesses = tuple(one for one in ranking if one.name != OUT_OF_SCOPE)[:_KEPT_GUESSES]
    best = guesses[0].confidence if guesses else 0.0
    return (IntentScore(OUT_OF_SCOPE, max(1 - best, best)), *guesses)


def _stop(*, in_capitals: bool, under_way: bool) -> tuple[IntentScore, ...]:
    """Return what a bare "stop" wants: our care messages name the word, and it also ends what is under way.

    Which of the two a small "stop" comes first for, the talk decides: it knows what the customer read last.
    """
    if not under_way:
        return (_OPT_OUT,)
    return (_OPT_OUT, _CANCEL) if in_capitals else (_CANCEL, _OPT_OUT)


def _sure_by_rules(read: _Read) -> tuple[IntentScore, ...]:
    """Return what unmistakable words show where the classifier is at a loss; none where there are none."""
    found, _ = _by_rules(read)
    return tuple(one for one in found if one.confidence >= STRONG and one.name != OUT_OF_SCOPE)


def _corrects_a_number(read: _Read) -> bool:
    """Return whether the message says "no, it's A10399" and nothing else: a correction and no wish of its own."""
    numbers = [entity for entity in read.entities if entity.entity == "order_no"]
    return bool(numbers) and _CORRECTION.fullmatch(beside(read.text, numbers)) is not None


def _only_refuses_a_person(text: str) -> bool:
    """Return whether the message says "不用转人工" and hardly anything else: a no, and no wish of its own."""
    rest = without_refused_person(text)
    return rest is not None and len(UNIT.findall(_POLITELY.sub(" ", rest))) <= _SCRAP


def _by_rules(read: _Read) -> _Decided:
    intents = intents_by_rules(read.text)
    numbers = [entity for entity in read.entities if entity.entity in ("order_no", "tracking_no")]
    if numbers and _leaves_open(intents[0]):
        # Who sends the number of an order and says nothing to it asks where it is.
        wish = wish_for_order(beside(read.text, numbers)) or IntentScore("track_order", WEAK)
        return (wish,), "rules"
    return intents, "rules" if intents[0].name != OUT_OF_SCOPE else "fallback"


def _leaves_open(said: IntentScore) -> bool:
    """Return whether it is open what is wanted of an order that is named: nothing is said, or manners and "order"."""
    weak = said.confidence <= WEAK and (said.name in MANNERS or said.name == "track_order")
    return said.name == OUT_OF_SCOPE or weak


def _says_nothing(text: str) -> bool:
    """Return whether there is neither a letter nor a digit, as in blanks, marks and most emoji."""
    return not any(character.isalnum() for character in text[:SEARCHED_CHARACTERS])


def _is_the_answer(read: _Read, asking: str | None) -> bool:
    """Return whether the message is the value that was asked for and not a word more."""
    return any(
        entity.entity == asking and _says_nothing(read.text[: entity.start]) and _says_nothing(read.text[entity.end :])
        for entity in read.entities
    )
