"""A typed score is the answer to the survey that was sent last: it is taken as its button pressed.

Only a score is: whatever else is said, or asked, goes its own way, and the survey stays open.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from crm_store import outbox, surveys
from flows.engine.heard import Heard
from flows.engine.state import DialogueState
from flows.feedback import scores
from flows.feedback.settings import FeedbackSettings

LONGEST = 80
"""Characters of a message in which a score is looked for."""
_PLAIN_NUMBER = re.compile(r"\W*(?:10|[0-9]|[零一二两三四五六七八九十])\W*")


def as_answer(
    conn: Connection, who: Any, heard: Heard | None, before: DialogueState, shop: FeedbackSettings, now: datetime
) -> Heard | None:
    """Return the message as the press of a survey's button where it answers one, else as it is."""
    text = heard.text.strip() if heard is not None else ""
    if heard is None or heard.payload is not None or before.asking is not None or not text or len(text) > LONGEST:
        return heard
    stated = scores.stated(heard.entities, most=5) is not None
    if not stated and scores.answered(text, most=5) is None and _PLAIN_NUMBER.fullmatch(text) is None:
        return heard
    last = outbox.last_sent(conn, who.identity_id)
    if last is None or last.kind != "survey":
        return heard
    asked = surveys.by_message(conn, last.ref)
    if asked is None or asked.sent_at < now - shop.answered_within:
        return heard
    most = surveys.SCALES[asked.question][1]
    score = scores.stated(heard.entities, most=most)
    if score is None:
        score = scores.answered(text, most=most)
    if score is None:
        return heard
    pressed = f'/give_feedback_rating{{"survey":"{asked.id[-surveys.END :]}","rating":"{score}"}}'
    return replace(heard, payload=pressed)
