"""Put the conversation into the queue of people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_store import handoffs
from flows.actions import ActionContext, action
from flows.feedback.call_backs import wanted_call
from flows.promising import promise_when_back

REASONS = ("asked", "angry", "danger", "in_need", "misunderstood", "verification", "reopened", "order", "colleague")
"""Why a person is called, as agents read it beside the talk."""


@action("hand_over", gives=(), promises=True, takes={"reason": REASONS})
def hand_over(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Request a person, for the flow's ``reason``; while nobody is there, an answer is promised.

    Who wants to be called gets a task for it.
    """
    handoffs.request(
        context.conn,
        conversation_id=context.conversation_id,
        customer_id=context.customer_id,
        reason=args["reason"],
        now=context.now,
        channel=context.channel,
    )
    promise_when_back(context)
    wanted_call(context, context.text)
    return {}
