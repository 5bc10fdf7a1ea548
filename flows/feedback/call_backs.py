"""Who wants to be called gets a task at the desk, once for what they said it about."""

from __future__ import annotations

import re

from crm_store import memory, tasks, tickets
from crm_store.memory import Said
from crm_store.tasks import NewTask
from flows.actions import ActionContext

CALL_ME = re.compile(
    r"(?:给我|跟我|和我)?(?:回|打)(?:个|一个|我)?(?:电话|call)(?!号|给你|给客服|没人)|电话(?:联系|沟通|回访)我?|(?:给|跟|和)我(?:通个?|打)?电话"
    r"|(?<![a-z])(?:call|phone|ring) me|give me a (?:call|ring)|call[- ]?back",
    re.IGNORECASE,
)


def with_call_time(context: ActionContext, about: str) -> str:
    """Return a task's matter with when its customer likes to be called, in their own words, where that is known."""
    said = Said(context.message, conversation_id=context.conversation_id, channel=context.channel, by="bot")
    times = memory.use(context.conn, context.customer_id, ("contact_time",), said, now=context.now)
    return " ".join((about, *(f"[{one.value}]" for one in times if one.value not in about)))


def wanted_call(context: ActionContext, words: str, *, ticket: str | None = None) -> bool:
    """Open a task to call the customer where the words ask for it; return whether they do."""
    if CALL_ME.search(words) is None or re.search(r"不(?:用|要|必|想)[^,，。]{0,3}(?:打|回|电话)|don.?t call", words):
        return False
    begins = context.desk.back_at(context.now) or context.now
    due = begins + tickets.AFTER_OPENING
    about = with_call_time(context, words[:200])
    new = NewTask(
        f"call_back:{ticket or context.message}", "call_back", about, due, customer_id=context.customer_id,
        conversation_id=context.conversation_id, ticket=ticket,
    )  # fmt: skip
    tasks.open_task(context.conn, new, now=context.now, ids=context.ids, by="bot")
    return True
