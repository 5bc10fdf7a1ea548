"""Who wants to be called gets a task at the desk, once for what they said it about."""

from __future__ import annotations

import re

from crm_store import tasks, tickets
from crm_store.tasks import NewTask
from flows.actions import ActionContext
from flows.relationship.told_before import FOR_A_CALL, with_told

CALL_ME = re.compile(
    r"(?:给我|跟我|和我)?(?:回|打)(?:个|一个|我)?(?:电话|call)(?!号|给你|给客服|没人)|电话(?:联系|沟通|回访)我?|(?:给|跟|和)我(?:通个?|打)?电话"
    r"|(?<![a-z])(?:call|phone|ring) me|give me a (?:call|ring)|call[- ]?back",
    re.IGNORECASE,
)


def wanted_call(context: ActionContext, words: str, *, ticket: str | None = None) -> bool:
    """Open a task to call the customer where the words ask for it; return whether they do."""
    if CALL_ME.search(words) is None or re.search(r"不(?:用|要|必|想)[^,，。]{0,3}(?:打|回|电话)|don.?t call", words):
        return False
    begins = context.desk.back_at(context.now) or context.now
    due = begins + tickets.AFTER_OPENING
    about = with_told(context, words[:200], FOR_A_CALL)
    new = NewTask(
        f"call_back:{ticket or context.message}", "call_back", about, due, customer_id=context.customer_id,
        conversation_id=context.conversation_id, ticket=ticket,
    )  # fmt: skip
    tasks.open_task(context.conn, new, now=context.now, ids=context.ids, by="bot")
    return True
