"""What is noticed about a message, whoever has the conversation: whom it may be, alerts, a photo for an open case."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.alerts import raise_alerts
from bot.evidence import keep_evidence
from bot.intake import Claimed
from bot.journal import Journal
from crm_store import suggesting
from flows.complaints.settings import ComplaintSettings
from flows.engine.state import DialogueState
from nlu.understanding import Understanding


def notice(
    conn: Connection, who: Any, claimed: Claimed, understood: Understanding | None, before: DialogueState,
    journal: Journal, shop: ComplaintSettings, now: datetime,
) -> str | None:  # fmt: skip
    """Write down what a message shows beside its wish; return the number of the case that its photo is kept with."""
    if understood is not None and not who.verified:
        for match in suggesting.by_typed(conn, who.customer_id, _typed(understood)):
            journal.add(suggesting.SUGGESTED, "system", match)
    if understood is not None:
        raise_alerts(conn, who.customer_id, understood, journal, shop.competitors, now)
    return keep_evidence(conn, who, claimed, before, journal, shop.evidence_for, now)


def _typed(understood: Understanding) -> list[tuple[str, str]]:
    """Return the phones and addresses that somebody has typed."""
    return [(one.entity, one.value) for one in understood.entities if one.entity in suggesting.TELLING and one.value]
