"""The last look before the bot speaks: what it promises has been entered, or is not said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from crm_store import promises
from flows.engine.state import DialogueState, Say
from flows.replies import Listener, Replies

REPEATED = timedelta(days=1)
"""For so long after it was made a promise may be said again, kept or not: "say that again"."""
INSTEAD = Say("not_promised")

log = structlog.get_logger(__name__)


def unentered(
    conn: Connection, replies: Replies, says: Sequence[Say], state: DialogueState, listener: Listener,
    *, customer_id: str, now: datetime,
) -> list[Say]:  # fmt: skip
    """Return which of these replies would promise the customer what nobody has entered.

    `flows.engine.check` proves that there are none; a shop's own action may still have
    entered nothing.
    """
    maybe = [say for say in says if replies.promises(say.reply, listener.language)]
    if not maybe:
        return []
    _, messages = replies.speak(state, maybe, listener)
    promising = [say for say, message in zip(maybe, messages, strict=True) if message.promises]
    if not promising or promises.is_entered(conn, customer_id, since=now - REPEATED):
        return []
    for say in promising:
        log.error("promise.not_entered", reply=say.reply)
    return promising
