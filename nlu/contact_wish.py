"""What somebody wants to hear from us and what not: which purposes, on which channel, as their words say it.

The wish itself (an intent) is known already; here is read how far it goes. "Unsubscribe,
but keep the birthday wishes" is one wish with two halves, so each clause is read alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from nlu.entities.folding import SEARCHED_CHARACTERS, fold

Purpose = Literal["service", "care", "marketing"]

_CARE: Final = re.compile(
    r"生日|祝福|问候|节日|过节|纪念日|关怀|贴士"
    r"|\b(?:birthdays?|greetings?|wishes|anniversar\w+|holiday (?:messages?|cards?|texts?)|cards?)\b"
)
_MARKETING: Final = re.compile(
    r"广告|促销|优惠|活动|推广|营销|推销|折扣|打折|特价|上新|新品|种草|降价"
    r"|\b(?:ads?|adverts?|advertis\w+|offers?|promos?|promotions?|promotional|marketing|newsletters?|deals?|discounts?"
    r"|sales?|coupons?|campaigns?|spam)\b"
)
_SERVICE: Final = re.compile(
    r"订单|物流|发货|快递|售后|进度"
    r"|\b(?:orders?|shipping|delivery|parcels?|case) ?(?:updates?|messages?|news|notices)?\b"
)
_ALL: Final = re.compile(
    r"(?:所有|全部|一切|任何)(?:的)?(?:消息|短信|信息|通知|推送|邮件|联系)|(?:什么|啥)(?:消息|都|也)[^,，]{0,4}(?:别|不)"
    r"|全部?(?:都)?退订|退订(?:全部|所有)|(?:消息|信息|短信|通知)[^,，]{0,3}(?:全|都|全都|一律)(?:别|不|停|关)"
    r"|\b(?:all|any|every|no more|any more) (?:of )?(?:(?:the|your|these|those|more|kind of|future) )*"
    r"(?:messages?|texts?|notifications?|communications?|contact|e-?mails?|kinds?)\b"
    r"|\b(?:stop|end|cancel|from|off) (?:absolutely )?everything\b|^stop ?all\b"
    r"|\b(?:never|don'?t|do not|stop) (?:ever )?(?:contact(?:ing)?|messag(?:e|ing)|writ(?:e|ing)) (?:to )?me\b"
)
_KEEPS: Final = re.compile(
    r"留着|保留|留下|可以(?:留|发|收|有|接着|继续)|照发|照常|照旧|还是(?:要|想|可以|发|给)|继续(?:发|收)|还要|要的|还想"
    r"|没关系|不介意|不用停|除了|除外|以外"
    r"|\b(?:keep|but not|except(?: for)?|apart from|other than|still (?:want|like|send|get|okay|ok|fine)|leave the"
    r"|(?:is|are|'s|'re) (?:ok|okay|fine|welcome|good|nice|lovely)|continue|don'?t mind|happy (?:with|to get)"
    r"|fine with)\b"
)
_EXCEPT: Final = re.compile(r"除了|除外|以外|\b(?:except(?: for)?|apart from|other than|but not)\b")
_NOT_KEPT: Final = re.compile(
    r"不(?:想|要|用|需要|必)?(?:再)?(?:保留|留着|继续|还要)|别(?:再)?继续"
    r"|\b(?:don'?t|do not|stop) (?:keep|continue|still)\b"
)
_ONLY: Final = re.compile(r"只(?:是|要|想|有|留|收|用)?|仅|光是|\b(?:just|only)\b")
_BETWEEN: Final = re.compile(
    r"[,，。;；!！?？\n]+|\.(?=\s|$)|但是?|不过|可是|(?=除了)"
    r"|\b(?:but|though|however|while|and keep|and still)\b|(?=\bexcept\b|\bapart from\b)"
)
_HERE: Final = re.compile(
    r"(?:这里|这儿|这边|这个号)(?:上)?(?:别|不要|不|就)|(?:别|不要)(?:再)?(?:往|在|给)?(?:这里|这儿|这边)"
    r"|\bon here\b|\bin this chat\b"
)


@dataclass(frozen=True, slots=True)
class ContactWish:
    """What is to be sent from now on and what no more; ``here`` says that it is about this channel alone."""

    stops: frozenset[Purpose]
    sends: frozenset[Purpose]
    here: bool = False


def read_contact_wish(text: str, *, out: bool) -> ContactWish:
    """Return how far a wish goes to hear less (``out``) or more of us.

    Who names nothing means offers and greetings, and so does who names one of the two and
    keeps none: an opt-out is never narrower than it may be meant. Who names both halves gets both.
    """
    plain = fold(text[:SEARCHED_CHARACTERS])
    everything = bool(_ALL.search(plain)) and not (_MARKETING.search(plain) or _CARE.search(plain))
    named: set[Purpose] = set()
    kept: set[Purpose] = set()
    for clause in _clauses(plain):
        purposes = _purposes(clause)
        (kept if _keeps(clause, out=out) else named).update(purposes)
    if not out:
        return ContactWish(frozenset(), _sent(plain, named | kept))
    stops: set[Purpose] = {"service", "care", "marketing"} if everything else {"care", "marketing"}
    if _ONLY.search(plain) and len(named) == 1 and not kept:
        stops = named - {"service"} or stops
    return ContactWish(frozenset(stops - kept), frozenset(kept), bool(_HERE.search(plain)))


def _sent(plain: str, named: set[Purpose]) -> frozenset[Purpose]:
    if named == {"care"} or (_ONLY.search(plain) and len(named) == 1):
        return frozenset(named)
    return frozenset(named | {"care", "marketing"})


def _clauses(plain: str) -> list[str]:
    """Return the clauses; one that names nothing ("birthday wishes, those are fine") belongs to the one before."""
    clauses: list[str] = []
    for part in _BETWEEN.split(plain):
        if clauses and not _purposes(part) and _KEEPS.search(part):
            clauses[-1] += " " + part
        elif part.strip():
            clauses.append(part)
    return clauses


def _keeps(clause: str, *, out: bool) -> bool:
    if not out or not _KEEPS.search(clause):
        return False
    return bool(_EXCEPT.search(clause)) or not _NOT_KEPT.search(clause)


def _purposes(clause: str) -> set[Purpose]:
    found: set[Purpose] = set()
    if _CARE.search(clause):
        found.add("care")
    if _MARKETING.search(clause):
        found.add("marketing")
    if _SERVICE.search(clause):
        found.add("service")
    return found
