"""How pressing a complaint is: by what happened, to whom, and how it is told."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from crm_store.tickets import PRIORITIES, raised
from nlu.mood import ANGRY, read_mood

USUAL = "normal"

AT_LEAST: Mapping[str, str] = MappingProxyType(
    {
        "safety": "urgent",  # somebody, or a home, came to harm or was near it
        "self_harm": "urgent",
        "violence": "urgent",
        "threat": "high",  # 12315, a lawyer, the media, 黑猫 …
        "anger": "high",
        "severe": "high",  # nothing of it can be used, all is lost, it is the third time
        "illness": "high",
        "bereavement": "high",
        "minor": "high",
    }
)
"""What makes a case at least so pressing; the most pressing of what is found counts."""
A_STEP_MORE = ("tier", "again")
"""What makes it a step more pressing: a customer of the first tiers, where anything speaks for more than the usual
(all their cases are due sooner, whatever the priority); and a case that was opened again."""

_SEVERE = re.compile(
    r"全(?:都|部)?(?:碎|坏|烂|破|没|丢)|(?:根本|完全|彻底)(?:没法|不能|用不)|没法用|第[二两三四五2345]次|又[是来]?(?:坏|碎|裂|破|错|漏|少)"
    r"|弄丢|丢件|丢了"
    r"|(?<![a-z])(?:completely|totally|entirely) (?:broken|smashed|shattered|useless|ruined|unusable)"
    r"|(?<![a-z])(?:all|every one) of (?:them|it)(?: \w+)? (?:broken|smashed|shattered)"
    r"|(?<![a-z])(?:second|third|fourth|2nd|3rd|4th) time(?![a-z])|(?<![a-z])unusable|never arrived|broken again"
)


@dataclass(frozen=True, slots=True)
class Judged:
    """A priority, and why; no reasons where nothing speaks for more than the usual one."""

    priority: str
    reasons: tuple[str, ...]


def judge(
    words: str, *, known: Collection[str] = (), tier: str | None = None, first_tiers: Collection[str] = (),
    again: bool = False,
) -> Judged:  # fmt: skip
    """Judge a complaint by its ``words`` and by what is ``known`` besides, keys of `AT_LEAST`."""
    reasons = [*dict.fromkeys((*known, *_read(words)))]
    priority = max([USUAL, *(AT_LEAST[reason] for reason in reasons)], key=PRIORITIES.index)
    more = {"tier": bool(reasons) and tier is not None and tier in first_tiers, "again": again}
    for reason in A_STEP_MORE:
        if more[reason]:
            reasons.append(reason)
            priority = raised(priority)
    return Judged(priority, tuple(reasons))


def _read(words: str) -> list[str]:
    mood = read_mood(words)
    found: list[str] = [one.matter for one in mood.sensitive]
    # Who threatens is angry too: the threat says it all.
    if mood.sentiment <= ANGRY and not {"threat", "violence"} & set(found):
        found.append("anger")
    if _SEVERE.search(words.lower()):
        found.append("severe")
    return found
