"""What came in: as the history keeps it, and as the dialogue hears it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.intake import Claimed
from bot.journal import Journal
from bot.messages import Inbound
from flows.engine.heard import Heard
from flows.engine.state import DialogueState
from nlu.understanding import Language, Understanding

_DIGITS_KEPT = 4
"""Of a phone that was shared: the history is for good and not sealed, and the customer's record has the whole."""


def write_down(journal: Journal, claimed: Claimed, about: Mapping[str, Any] | None) -> None:
    """Put what came in into the history; ``about`` is what a platform's event was found to say."""
    inbound = claimed.inbound
    is_event = inbound.kind == "event"
    journal.add(
        f"channel.{inbound.event}" if is_event else "message.in",
        "customer",
        about if is_event else _not_words(inbound),
        ref=claimed.ref,
        at=claimed.received_at,
        text=inbound.text,
    )


def heard_in(claimed: Claimed, understood: Understanding | None, language: Language) -> Heard | None:
    """Return what the dialogue hears, or None where a thing asks for no answer."""
    inbound = claimed.inbound
    if understood is not None:
        heard = Heard.of(understood, inbound.attachment)
        return replace(heard, language=language, ref=claimed.ref)
    if inbound.kind == "payload":
        return Heard(payload=inbound.payload, language=language)
    if inbound.kind == "attachment":
        return Heard(attachment=inbound.attachment, language=language)
    if inbound.kind == "contact":
        return Heard(attachment="contact", language=language)
    if inbound.event in ("follow", "link"):
        return Heard(payload="/greet", language=language)
    if inbound.kind == "text":
        return Heard(text="", language=language)
    return None


def wants_out(heard: Heard, before: DialogueState) -> bool:
    """Return whether who waits for a person calls that off; a no does so right behind the notice alone."""
    intent = heard.payload[1:] if heard.payload else heard.intent
    return intent == "cancel_dialogue" or (intent == "deny" and bool(before.last_says))


def _not_words(inbound: Inbound) -> dict[str, Any] | None:
    said = {
        "payload": inbound.payload,
        "attachment": inbound.attachment,
        "contact": inbound.contact_phone and inbound.contact_phone[-_DIGITS_KEPT:],
        **inbound.data,
    }
    return {name: value for name, value in said.items() if value} or None
