"""The bot's answers as messages for the outbox: joined, numbered and cut as their channel needs it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.delivery import queued
from bot.limits import length, pieces
from bot.messages import Button
from bot.numbered import numbered
from bot.ports import Capabilities
from bot.windows import joined
from crm_store.ports import Ids
from flows.replies import Rendered


def answer_rows(
    messages: Sequence[Rendered], able: Capabilities | None, *, who: Any, answers: str, ids: Ids, now: datetime
) -> list[dict[str, Any]]:
    """Return the outbox rows of what is said, in their order; ``who`` is a row of `talk.load`.

    ``answers`` names what they answer: the same is answered once.
    """
    rows: list[dict[str, Any]] = []
    has_window = able is not None and able.window is not None
    for rendered in joined(messages) if has_window else messages:
        buttons = [Button(choice.title, choice.payload) for choice in rendered.buttons]
        text = rendered.text
        if able is not None and not able.buttons:
            text, buttons = numbered(text, (button.title for button in buttons)), []
        parts = pieces(text, able.text_limit, able.text_unit) if able else [text]
        for part, words in enumerate(parts, 1):
            last = part == len(parts)
            row = queued(
                ref=ids.new(), dedupe_key=f"reply:{answers}:{len(rows)}", customer_id=who.customer_id,
                conversation_id=who.id, identity_id=who.identity_id, channel=who.channel, recipient=who.user_id,
                kind="reply", text=words, now=now,
                buttons=buttons if last else (),
                request_contact=rendered.request_contact and last,
            )  # fmt: skip
            rows.append(row)
    return rows


def add_words(row: dict[str, Any], words: str, able: Capabilities | None) -> None:
    """Add a paragraph to a message, where its channel takes one that long."""
    text = f"{row['body']['text']}\n\n{words}"
    if able is None or length(text, able.text_unit) <= able.text_limit:
        row["body"]["text"] = text
