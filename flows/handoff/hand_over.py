"""Put the conversation into the queue of people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_store import handoffs
from flows.actions import ActionContext, action


@action("hand_over", gives=())
def hand_over(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Request a person, for the flow's ``reason``."""
    handoffs.request(
        context.conn,
        conversation_id=context.conversation_id,
        customer_id=context.customer_id,
        reason=args["reason"],
        now=context.now,
        channel=context.channel,
    )
    return {}
