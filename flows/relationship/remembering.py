"""Keep what customers tell of themselves in passing, and what is sensitive only after they said that we may."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from crm_store import consents, history, memory, profile, related
from crm_store.consents import SENSITIVE
from crm_store.memory import Learned, Said
from crm_store.memory_kinds import KINDS
from flows.actions import ActionContext, action
from flows.engine.values import phrase, word
from nlu.facts_said import FactSaid, facts_said

CALLED = "called"
SURE = 0.9
"""A whole clause that fits a pattern is as good as said to a colleague, who might still mishear."""
ASKED_WITHIN = timedelta(hours=24)
_MATTERS = {
    "child": "child",
    "religion": "belief",
    "ethnicity": "belief",
    "politics": "belief",
    "orientation": "private",
}
_RELATIONS: Mapping[str, str] = {
    **dict.fromkeys(("妈妈", "爸爸", "岳父", "岳母", "公公", "婆婆", "mum", "father"), "parent"),
    **dict.fromkeys(("爷爷", "奶奶", "外公", "外婆", "姥姥", "姥爷"), "grandparent"),
    **dict.fromkeys(("grandma", "grandmother", "grandpa", "grandfather"), "grandparent"),
    **dict.fromkeys(("老公", "老婆", "爱人", "husband", "wife"), "spouse"),
    "partner": "partner",
    **dict.fromkeys(("哥哥", "姐姐", "弟弟", "妹妹", "brother", "sister"), "sibling"),
    **dict.fromkeys(("孙子", "孙女", "外孙", "外孙女", "grandson", "granddaughter", "grandchild"), "grandchild"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What a message told: new facts, what they take the place of, known ones, and what it takes leave to keep."""

    new: tuple[dict[str, Any], ...] = ()
    instead_of: tuple[dict[str, Any], ...] = ()
    known: tuple[dict[str, Any], ...] = ()
    matter: str | None = None
    """What kind of sensitive thing was told that the customer may be asked about."""
    refused: bool = False
    """Something sensitive was told that is not kept, since the customer said no to that before."""


def take_in(context: ActionContext, told: Sequence[FactSaid]) -> TakenIn:
    """Remember what a message told; what is sensitive is kept only where the customer allows it already."""
    sensitive = [fact for fact in told if KINDS[fact.kind].sensitive]
    allowed = bool(sensitive) and consents.allows_sensitive(context.conn, context.customer_id) is not None
    keeps = [fact for fact in told if fact not in sensitive or allowed]
    learned = [(fact, keep_fact(context, fact, context.message)) for fact in keeps]
    refused = bool(sensitive) and not allowed and _refused(context)
    asks = sensitive and not allowed and not refused
    matter = _MATTERS.get(sensitive[0].kind, "health") if asks else None
    return TakenIn(
        new=_said(fact for fact, one in learned if one.outcome == "learned"),
        instead_of=tuple(
            phrase(f"noted_{old.kind}", value=old.value)
            for _, one in learned for old in one.contradicts if one.outcome == "learned" and not old.stale(context.now)
        ),
        known=_said(fact for fact, one in learned if one.outcome == "confirmed"),
        matter=matter,
        refused=refused,
    )  # fmt: skip


def keep_fact(context: ActionContext, fact: FactSaid, source: str) -> Learned:
    """Remember one fact that the message ``source`` told."""
    said = Said(source, fact.words, conversation_id=context.conversation_id, channel=context.channel)
    if fact.kind == CALLED:
        profile.call(context.conn, context.customer_id, fact.value)
    about = _person(context, fact, said) if fact.kind in ("child", "family_illness") and fact.whose else None
    return memory.learn(
        context.conn, context.customer_id, fact.kind, fact.value, said, confidence=SURE, now=context.now,
        ids=context.ids, about=about,
    )  # fmt: skip


@action("keep_with_leave", gives=("count",), may_give=("kept",), takes={"leave": (True, False)})
def keep_with_leave(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Take the customer's yes or no (``leave``) to keeping what is sensitive; after a yes, keep what they told.

    That stands in their own message ``told_in`` alone until then, and is read there. What other messages told was
    asked about in its turn, or was not: this yes is none to it.
    """
    leave = args["leave"] is True
    consents.set_consent(
        context.conn, context.customer_id, SENSITIVE, leave, now=context.now, evidence=context.message,
        conversation_id=context.conversation_id, channel=context.channel,
    )  # fmt: skip
    if not leave:
        return {"count": 0}
    entry = history.by_ref(context.conn, str(args.get("told_in")))
    if entry is None or entry.customer_id != context.customer_id or not entry.text:
        return {"count": 0}
    if context.now - entry.at > ASKED_WITHIN:
        return {"count": 0}
    kept = [
        fact
        for fact in facts_said(entry.text)
        if KINDS[fact.kind].sensitive and keep_fact(context, fact, entry.ref).outcome == "learned"
    ]
    return {"count": len(kept), "kept": list(_said(kept))}


def _person(context: ActionContext, fact: FactSaid, said: Said) -> str:
    whose = fact.whose or ""
    relation = _RELATIONS.get(whose.casefold(), "child" if fact.kind == "child" else "relative")
    people = related.own(context.conn, context.customer_id)
    known = next((one for one in people if one.relation == relation and one.note == whose), None)
    if known is None:
        known = related.add(
            context.conn, context.customer_id, relation, said, now=context.now, ids=context.ids, note=whose
        )
    return known.id


def _refused(context: ActionContext) -> bool:
    """Return whether the customer has said no to keeping sensitive things: they are not asked again and again."""
    words = [one for one in consents.proofs(context.conn, context.customer_id) if one["purpose"] == SENSITIVE]
    return bool(words) and not words[-1]["value"]


def _said(facts: Iterable[FactSaid]) -> tuple[dict[str, Any], ...]:
    return tuple(phrase(f"noted_{fact.kind}", value=fact.value) for fact in facts)


def matter_word(taken: TakenIn) -> dict[str, Any] | None:
    """Return what is asked about, in a word of ours: never what the customer told."""
    return word("matter", taken.matter) if taken.matter else None
