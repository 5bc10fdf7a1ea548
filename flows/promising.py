"""What the bot says that a person will do by a time is entered as a promise, in the same transaction."""

from __future__ import annotations

from datetime import datetime

from crm_store import promises, tickets
from crm_store.promises import ANSWER, NewPromise
from flows.actions import ActionContext


def promise_answer(
    context: ActionContext, due: datetime, *, ticket: str | None = None, about: str = ""
) -> datetime:  # fmt: skip
    """Promise that a person answers by ``due``, or within the hour after people are back where that is no later.

    Returns by when. ``about`` names what it is about where that is no ticket.
    """
    by = tickets.answer_due(due, context.desk, now=context.now)
    answer = NewPromise(
        context.customer_id, by, "bot", ANSWER, text=about,
        conversation_id=context.conversation_id, ticket=ticket, channel=context.channel,
    )  # fmt: skip
    promises.make(context.conn, answer, now=context.now, ids=context.ids)
    return by


def promise_when_back(context: ActionContext) -> None:
    """Promise an answer to who asks for a person while nobody is there, unless one is promised already."""
    back = context.desk.back_at(context.now)
    if back is None or any(row.kind == ANSWER for row in promises.running_of(context.conn, context.customer_id)):
        return
    promise_answer(context, back)
