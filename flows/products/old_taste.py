"""A taste that was told so long ago that it is not told as true any more: asked about once, beside a recommendation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_store import history, memory
from crm_store.memory import Fact, Said
from flows.actions import ActionContext, action
from flows.engine.values import phrase

TASTES = ("taste", "dislikes", "likes")
_SURE = 0.9
_REMEMBERED = 50
"""So many times that something was asked about are looked back on."""


@action("find_old_taste", gives=("asks", "old_taste", "fact"))
def find_old_taste(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the newest ``old_taste`` of the customer's own that counts no more, and its ``fact``.

    ``asks`` is False where there is none, or each has been asked about before.
    """
    before = set(_asked_about(context))
    old = [fact for fact in _old(context) if fact.id not in before]
    if not old:
        return {"asks": False}
    fact = old[-1]
    memory.asked(context.conn, context.customer_id, fact, _said(context), now=context.now)
    return {"asks": True, "old_taste": phrase(f"noted_{fact.kind}", value=fact.value), "fact": fact.id}


@action("keep_old_taste", gives=("kept",))
def keep_old_taste(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Remember an old taste (``fact``, or that asked about last) as if it were told today; return whether there is one.

    Whoever presses the button twice has kept it.
    """
    fact = _meant(context, args)
    if fact is not None and fact.stale(context.now):
        memory.learn(
            context.conn, context.customer_id, fact.kind, fact.value, _said(context), confidence=_SURE,
            now=context.now, ids=context.ids,
        )  # fmt: skip
    return {"kept": fact is not None}


@action("drop_old_taste", gives=())
def drop_old_taste(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Forget an old taste (``fact``, or that asked about last)."""
    fact = _meant(context, args)
    if fact is not None:
        memory.forget(context.conn, context.customer_id, fact.id, _said(context), now=context.now)
    return {}


def _old(context: ActionContext) -> list[Fact]:
    facts = memory.every(context.conn, context.customer_id)
    mine = [one for one in facts if one.status == "active" and one.kind in TASTES and one.about is None]
    return sorted((one for one in mine if one.stale(context.now)), key=lambda one: one.learned_at)


def _asked_about(context: ActionContext) -> list[str]:
    """Return the facts that were asked about, the last first."""
    entries = history.newest(context.conn, context.customer_id, [memory.ASKED], most=_REMEMBERED)
    return [str(entry.data["fact"]) for entry in entries]


def _meant(context: ActionContext, args: Mapping[str, Any]) -> Fact | None:
    """Return the taste that the button named, or that was asked about last, if it is one of the customer's own."""
    wanted = [args["fact"]] if args.get("fact") else _asked_about(context)[:1]
    facts = memory.every(context.conn, context.customer_id)
    own = (one for one in facts if one.status == "active" and one.kind in TASTES)
    return next((one for one in own if one.id in wanted), None)


def _said(context: ActionContext) -> Said:
    return Said(context.message, conversation_id=context.conversation_id, channel=context.channel)
