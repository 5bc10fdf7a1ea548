"""A photo that comes by itself right after a case was opened belongs to that case, whoever has the conversation."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from bot.intake import Claimed
from bot.journal import Journal
from crm_store import evidence
from flows.engine.state import DialogueState


def keep_evidence(
    conn: Connection, who: Any, claimed: Claimed, before: DialogueState, journal: Journal, within: timedelta,
    now: datetime,
) -> str | None:  # fmt: skip
    """Keep a message's photo with the customer's case that was opened ``within`` such a time; return its number.

    What comes while a task is under way belongs to that: the case that it opens looks for it.
    """
    kind = claimed.inbound.attachment
    if kind not in evidence.KINDS or before.stack or not who.open_complaint:
        return None
    number = evidence.fresh_case(conn, who.customer_id, since=now - within)
    if number is not None:
        journal.write()  # the message stands before what it is evidence for
        evidence.keep(conn, number, kind, claimed.ref, now=now, channel=who.channel)
    return number
