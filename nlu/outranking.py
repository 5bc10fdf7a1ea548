"""Words that say something unmistakable, and so outrank what the classifier makes of a message.

A linear classifier weighs words one by one. What turns a wish round, such as a refusal or "undo", or what
is no wish at all, such as a thing told of oneself, is read here by the words themselves.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from nlu.addresses import gives_an_address
from nlu.doubt import MANNERS
from nlu.entities.folding import SEARCHED_CHARACTERS, fold
from nlu.facts_said import tells_only
from nlu.fallback import intents_by_rules, opens_with, with_complaint
from nlu.fallback_words import COMPLAINTS, HUMAN, STRONG
from nlu.naming import asks_to_be_called_back, says_a_name, says_when_to_call
from nlu.refusing import refuses_offers, speaks_of_a_person
from nlu.understanding import OUT_OF_SCOPE, Entity, IntentScore

UNIT: Final = re.compile("[\u4e00-\u9fff]|[^\\W\\d_\u4e00-\u9fff]+")
_PROFILE = "update_profile"
_OPT_OUT = "opt_out_marketing"
_OPT_IN = "opt_in_marketing"
_STORE = "ask_store_info"
_REDEEM = "redeem_points"
_CANCEL = "cancel_dialogue"
_YES = "affirm"
OF_THEMSELVES: Final = frozenset((
    "taste", "allergy", "health", "pregnancy", "child", "family_illness", "religion", "pet", "occupation", "delivery",
    "carrier", "contact_time", "contact_channel",
))  # fmt: skip
"""Facts that a classifier takes for the wishes in which they are named most often, as an allergy is in questions."""
_TOLD_BESIDE: Final = OF_THEMSELVES | {"budget"}
# Beside an order's number, so few characters of Chinese or twice as few words voice no blame.
_SHORT_QUESTION = 10
_SHIPPING = "ask_shipping_info"
# Most fees that are asked about are postage; these are the price of somebody's work.
_LABOUR: Final = re.compile(
    r"(?:人工|工时|上门|安装|手工)(?:服务)?费|人工(?:成本|钱|多少钱)"
    r"|(?<![a-z])(?:labou?r|fitting|installation) (?:fee|cost|charge)s?(?![a-z])"
)
_REPAIR: Final = re.compile(r"[修换]|(?<![a-z])(?:repair|fix)")
_ADVICE = "ask_product_info"
_FEEDBACK = "give_feedback_rating"
_ASKS_ADVICE: Final = re.compile(
    r"(?:^|[,.!?;] *|please |(?:can|could|would) you )(?:recommend|suggest)(?: (?:me|us))?"
    r" (?:an?|some|something|anything|the|another|one|two|three)(?![a-z])"
    r"|(?:给我|帮我|请|能|可以|求)?推荐(?:一下|一[款个种]|几[款个种]|[个款点些])(?!人|朋友)"
)
_UNDOES: Final = re.compile(r"撤销|撤回|反悔|(?<![a-z])(?:undo|take back|reverse|revert)(?![a-z])")


@dataclass(frozen=True, slots=True)
class Words:
    """What is read of a message without the classifier."""

    text: str
    entities: Sequence[Entity]
    sentiment: float


def outranked(words: Words, intents: tuple[IntentScore, ...]) -> tuple[IntentScore, ...]:
    """Return the intents of a classified message as its words have them."""
    text = words.text
    intents = _without_blame(words, intents)
    intents = _as_advice(text, intents)
    intents = _as_named(text, intents)
    intents = _as_refused(text, intents)
    intents = _as_undone(text, intents)
    intents = _as_work(text, intents)
    intents = _without_idle_stop(text, intents)
    intents = _without_address(text, intents)
    return with_complaint(text, _as_worded(text, intents))


def wanting(clauses: Sequence[str]) -> tuple[str, ...]:
    """Return the clauses of a message that may want something: not those that only tell of its writer."""
    return tuple(clause for clause in clauses if not tells_only(clause, _TOLD_BESIDE))


def beside(text: str, entities: Sequence[Entity]) -> str:
    """Return a text without what the entities, in their order, name in it."""
    for entity in reversed(entities):
        text = text[: entity.start] + " " + text[entity.end :]
    return text


def _without_blame(words: Words, intents: tuple[IntentScore, ...]) -> tuple[IntentScore, ...]:
    """Return the intents with a complaint about delivery read as a question, where nobody is blamed.

    "And the other parcel, A10398?" names a number and complains of nothing, but parcels and numbers
    are what such complaints are full of, so the classifier is misled.
    """
    numbers = [entity for entity in words.entities if entity.entity == "order_no"]
    if intents[0].name != "complain_delivery" or not numbers or words.sentiment < 0:
        return intents
    rest = beside(words.text, numbers)
    says = sum(1 if unit >= "\u4e00" else 2 for unit in UNIT.findall(rest))
    if says > _SHORT_QUESTION or intents_by_rules(rest)[0].name.startswith("complain_"):
        return intents
    others = (one for one in intents[1:] if one.name != "track_order")
    return (IntentScore("track_order", intents[0].confidence), *others)


def _as_advice(text: str, intents: tuple[IntentScore, ...]) -> tuple[IntentScore, ...]:
    """Return the intents with feedback read as a wish for advice, where the words ask to be recommended something.

    "Recommend some tea" has its word from those who would recommend us.
    """
    if intents[0].name != _FEEDBACK or not _ASKS_ADVICE.search(fold(text[:SEARCHED_CHARACTERS])):
        return intents
    return _renamed(intents, _FEEDBACK, _ADVICE)


def _as_named(text: str, intents: tuple[IntentScore, ...]) -> tuple[IntentScore, ...]:
    """Return the intents with a wish for a person read as a name to be called by, where the words say one.

    A good time to be called, said beside another wish, wants nobody now; nor does who complains and
    wants to be called back: that becomes a task of the case.
    """
    others = tuple(one for one in intents if one.name != HUMAN)
    if others == intents:
        return intents
    complains = any(one.name in COMPLAINTS for one in others)
    if others and (says_when_to_call(text) or (complains and asks_to_be_called_back(text))):
        return others
    if not says_a_name(text):
        return intents
    return _renamed(intents, HUMAN, _PROFILE)


def _as_refused(text: str, intents: tuple[IntentScore, ...]) -> tuple[IntentScore, ...]:
    """Return the intents with a wish for offers read as their refusal, where the words refuse."""
    if all(one.name != _OPT_IN for one in intents) or not refuses_offers(text):
        return intents
    return _renamed(intents, _OPT_IN, _OPT_OUT)


def _as_undone(text: str, intents: tuple[IntentScore, ...]) -> tuple[IntentScore, ...]:
    """Return the intents with a wish to redeem read as a wish to take that back, where the words say so."""
    if all(one.name != _REDEEM for one in intents) or not _UNDOES.search(fold(text[:SEARCHED_CHARACTERS])):
        return intents
    return _renamed(intents, _REDEEM, _CANCEL)


def _as_work(text: str, intents: tuple[IntentScore, ...]) -> tuple[IntentScore, ...]:
    """Return the intents with a question about postage read as one about the price of work, where that is named.

    A wish for a person is one too where nobody else is spoken of: 人工 is both labour and a colleague.
    """
    plain = fold(text[:SEARCHED_CHARACTERS])
    if not _LABOUR.search(plain):
        return intents
    work = "ask_warranty_repair" if _REPAIR.search(plain) else "ask_installation_service"
    intents = _renamed(intents, _SHIPPING, work)
    return intents if speaks_of_a_person(text) else _renamed(intents, HUMAN, work)


def _without_idle_stop(text: str, intents: tuple[IntentScore, ...]) -> tuple[IntentScore, ...]:
    """Return the intents without a wish to stop that stands behind another one and in none of the words.

    What is torn from "it took far too long and nobody told me anything" sounds like one.
    """
    if intents[0].name == OUT_OF_SCOPE or all(one.name != _CANCEL for one in intents[1:]):
        return intents  # what stands behind the former is a guess and no wish
    if any(one.name == _CANCEL for one in intents_by_rules(text)):
        return intents
    return (intents[0], *(one for one in intents[1:] if one.name != _CANCEL))


def _without_address(text: str, intents: tuple[IntentScore, ...]) -> tuple[IntentScore, ...]:
    """Return the intents without a question about the shop, where the words give an address and ask nothing.

    "No, it's 7 Baker Street" answers or puts right; whether it does begin with a no is kept.
    """
    others = tuple(one for one in intents if one.name != _STORE)
    if others == intents or not gives_an_address(text):
        return intents
    if any(one.name == _STORE for one in intents_by_rules(text)) or text.rstrip().endswith(("?", "？", "吗")):
        return intents
    return others or (IntentScore(OUT_OF_SCOPE, STRONG),)


def _as_worded(text: str, intents: tuple[IntentScore, ...]) -> tuple[IntentScore, ...]:
    """Return the intents with the wish of unmistakable words, where the classifier heard a yes.

    "那就退货吧" is a wish, however much it sounds like a yes. The yes is kept: behind the wish it counts where
    that is what was asked, and before it where the message begins with it.
    """
    first = intents[0]
    if first.name != _YES or len(intents) > 1:
        return intents
    worded = [one for one in intents_by_rules(text) if one.confidence >= STRONG and one.name not in MANNERS]
    if not worded or worded[0].name in {one.name for one in intents}:
        return intents
    if opens_with(text, _YES):
        return (first, *(replace(one, confidence=min(one.confidence, first.confidence)) for one in worded))
    return (*worded, replace(first, confidence=min(worded[-1].confidence, first.confidence)))


def _renamed(intents: tuple[IntentScore, ...], name: str, meant: str) -> tuple[IntentScore, ...]:
    """Return the intents with one of them read as another, which stands once."""
    renamed: dict[str, IntentScore] = {}
    for one in intents:
        read = meant if one.name == name else one.name
        renamed.setdefault(read, replace(one, name=read))
    return tuple(renamed.values())
