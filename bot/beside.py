"""What a turn does beside the talk, whoever speaks: a wish to be left alone is kept."""

from __future__ import annotations

from collections.abc import Collection

from flows.actions import ActionContext
from flows.engine.heard import Heard
from flows.relationship.opt_out_marketing import OPT_OUT, honour

CONSENT_KEPT = "set_marketing_consent"
_CANCEL = "cancel_dialogue"


def wants_less(heard: Heard) -> bool:
    """Return whether the message wants to hear less of us. A small "stop" does not: it ends what is under way."""
    return OPT_OUT in heard.names and _CANCEL not in heard.names


def leave_alone(context: ActionContext, done: Collection[str]) -> bool:
    """Keep a wish to hear less of us that no flow has kept, since a person speaks or is called; say nothing of it.

    ``done`` are the actions of this turn. Returns whether it was anything new.
    """
    return CONSENT_KEPT not in done and bool(honour(context, out=True)["changed"])
