"""What a turn does beside the talk, whoever speaks: wishes to be left alone are kept, what is told is remembered."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from bot.facts import Facts
from crm_store import history
from flows.actions import ActionContext
from flows.engine.heard import Heard, Told
from flows.engine.state import Say
from flows.relationship.opt_out_marketing import OPT_OUT, honour
from flows.relationship.remembering import matter_word, take_in
from flows.replies import Rendered
from nlu.facts_said import facts_said

CONSENT_KEPT = "set_marketing_consent"
NOTICED = "privacy.noticed"
NOTED = Say("noted")
NOTICE = Say("privacy_notice")
_CANCEL = "cancel_dialogue"
_NOTED_SAID = frozenset({"noted", "noted_before"})
_HANDED_OVER = "hand_over"
_PROFILE = "change_profile"
_CALLED = "noted_called"
"""What the flow that changes the profile tells by itself."""
_NO_TIME_FOR_NOTES = -0.3
"""From this mood down nobody wants to hear what was noted."""


def remember(context: ActionContext, facts: Facts) -> ActionContext:
    """Remember what the message tells of its customer; return the context in which the talk knows of it."""
    told = facts_said(context.text)
    if not told:
        return context
    taken = take_in(context, told)
    facts.tell(
        noted=list(taken.new) or None,
        noted_before=list(taken.known) or None,
        instead_of=list(taken.instead_of) or None,
        told_matter=matter_word(taken),
    )
    noted: tuple[Told, ...] = ("noted",) if taken.new or taken.known else ()
    leave: tuple[Told, ...] = ("needs_leave",) if taken.matter else ()
    refused: tuple[Told, ...] = ("not_kept",) if taken.refused else ()
    return replace(context, heard=replace(context.heard, told=noted + leave + refused))


def has_told(heard: Heard) -> bool:
    """Return whether the words tell anything that can be remembered."""
    return bool(facts_said(heard.text))


def note_to_say(heard: Heard, facts: Mapping[str, Any], said: Iterable[Say], done: Collection[str]) -> Say | None:
    """Return what is added to an answer about something else: that a new fact is remembered."""
    if "noted" not in heard.told or facts["noted"] is None or facts["open_complaint"] or _HANDED_OVER in done:
        return None
    if heard.sentiment <= _NO_TIME_FOR_NOTES or any(say.reply in _NOTED_SAID for say in said):
        return None
    if _PROFILE in done and all(one["phrase"] == _CALLED for one in facts["noted"]):
        return None
    return NOTED


def with_note(messages: list[Rendered], note: Rendered, *, asks: bool) -> list[Rendered]:
    """Return the messages with a note in one of them: before a question, behind an answer."""
    if asks:
        return [replace(messages[0], text=f"{note.text}\n{messages[0].text}"), *messages[1:]]
    return [*messages[:-1], replace(messages[-1], text=f"{messages[-1].text}\n{note.text}")]


def wants_less(heard: Heard) -> bool:
    """Return whether the message wants to hear less of us. A small "stop" does not: it ends what is under way."""
    return OPT_OUT in heard.names and _CANCEL not in heard.names


def leave_alone(context: ActionContext, done: Collection[str]) -> bool:
    """Keep a wish to hear less of us that no flow has kept, since a person speaks or is called; say nothing of it.

    ``done`` are the actions of this turn. Returns whether it was anything new.
    """
    return CONSENT_KEPT not in done and bool(honour(context, out=True)["changed"])


def is_noticed(conn: Connection, customer_id: str) -> bool:
    """Return whether the customer has been told, on whichever channel, how their words are kept."""
    return bool(history.newest(conn, customer_id, (NOTICED,), most=1))
