"""What customers told before that a colleague who does something for them has to know, such as when to call."""

from __future__ import annotations

from collections.abc import Collection

from crm_store import memory
from crm_store.memory import Said
from flows.actions import ActionContext

FOR_A_CALL = ("contact_time",)
FOR_A_PARCEL = ("delivery", "carrier", "contact_time")


def with_told(context: ActionContext, about: str, kinds: Collection[str]) -> str:
    """Return a task's matter with what is remembered of these kinds, in their own words, as far as it holds still."""
    said = Said(context.message, conversation_id=context.conversation_id, channel=context.channel, by="bot")
    facts = memory.use(context.conn, context.customer_id, kinds, said, now=context.now)
    return " ".join((about, *(f"[{fact.value}]" for fact in facts if fact.value not in about)))
