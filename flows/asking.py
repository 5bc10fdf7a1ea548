"""What the bot cannot settle itself goes to a colleague: a task with the matter, and an answer promised in time."""

from __future__ import annotations

from datetime import datetime

from crm_store import promises, tasks, tickets
from crm_store.promises import ANSWER, NewPromise
from crm_store.tasks import NewTask
from flows.actions import ActionContext
from flows.relationship.told_before import FOR_A_CALL, with_told

LONGEST_ABOUT = 300
"""Characters of a task's matter; the whole of it stands in the talk."""
MOST_WAITING = 5
"""Tasks of this kind that one customer may have open: a colleague who answers the first sees what else was asked."""

_KEY = "asked:"


def ask_colleague(context: ActionContext, about: str, *, what: str) -> datetime:
    """Open a task for ``about``, promise an answer and return by when; an answer that is promised already stands.

    ``what`` names what is asked for within the message, so that asking twice opens one task.
    """
    promise, due = _promised(context)
    theirs = tasks.of_customer(context.conn, context.customer_id)
    if sum(row.state == "open" and row.key.startswith(_KEY) for row in theirs) < MOST_WAITING:
        new = NewTask(
            key=f"{_KEY}{context.message}:{what}",
            kind="call_back",
            about=with_told(context, about[:LONGEST_ABOUT], FOR_A_CALL),
            due_at=due,
            customer_id=context.customer_id,
            conversation_id=context.conversation_id,
            promise_id=promise,
        )
        tasks.open_task(context.conn, new, now=context.now, ids=context.ids, by="bot")
    return due


def ask_with_it(context: ActionContext, about: str) -> datetime | None:
    """Add a further question to what the same message had a colleague asked already, and return by when both are
    answered; None where it had not. One task then names both, and its promise is the only one.
    """
    theirs = tasks.of_customer(context.conn, context.customer_id)
    same = f"{_KEY}{context.message}:"
    asked = next((row for row in theirs if row.state == "open" and row.key.startswith(same)), None)
    if asked is None:
        return None
    if about[:LONGEST_ABOUT] not in asked.about:
        tasks.add_words(context.conn, asked.id, about[:LONGEST_ABOUT])
    due: datetime = asked.due_at
    return due


def _promised(context: ActionContext) -> tuple[str, datetime]:
    """Return the promise of an answer that stands, or a new one, with its due time."""
    for row in promises.running_of(context.conn, context.customer_id):
        if row.kind == ANSWER and not row.ticket and not row.text and row.due_at > context.now:
            return row.id, row.due_at
    due = tickets.due_at(context.now, context.settings.knowledge.answered_as, context.desk)
    due = tickets.answer_due(due, context.desk, now=context.now)
    answer = NewPromise(
        context.customer_id, due, "bot", ANSWER, conversation_id=context.conversation_id, channel=context.channel
    )
    return promises.make(context.conn, answer, now=context.now, ids=context.ids), due
