"""Keep the customer's word on what we may send, at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_store import consents
from flows.actions import ActionContext, action


@action("set_marketing_consent", gives=("changed",))
def set_marketing_consent(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Set care and marketing to ``value``; ``changed`` is false where it was so already."""
    changed = consents.set_marketing(
        context.conn,
        context.customer_id,
        args["value"] is True,
        now=context.now,
        evidence=context.message,
        conversation_id=context.conversation_id,
        channel=context.channel,
    )
    return {"changed": changed}
