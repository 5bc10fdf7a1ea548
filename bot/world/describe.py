"""The state of the virtual world after a line, as the line's answer tells it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.messages import Outbound
from bot.world.lines import CHANNELS, Line
from crm_store import conversations, customers, identities, outbox
from flows.engine.state import DialogueState
from nlu.understanding import Understanding

_MESSAGES = ("message.in", "message.out")
"""Entries of the history that are no events: the line itself, and what was sent."""


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What there is to tell of a line; ``entries`` are the history's since the line before."""

    line: Line
    heard: Understanding | None
    sent: Sequence[Outbound]
    entries: Sequence[Any]
    now: datetime
    zone: ZoneInfo

    def as_json(self, conn: Connection) -> dict[str, Any]:
        """Return the answer without its number, and without what only some forms of lines have."""
        heard = self.heard.as_json() if self.heard else {}
        talk = self._talk(conn)
        state = DialogueState.from_json(((talk.state if talk else None) or {}).get("dialogue") or {})
        return {
            "at": self._local(self.now),
            "customer": self.line.customer,
            "intent": heard.get("intent"),
            "intents": heard.get("intents"),
            "confidence": heard.get("confidence"),
            "language": heard.get("language"),
            "entities": heard.get("entities"),
            "flow": state.flow,
            "asking": state.asking,
            "slots": state.shown_slots,
            "owner": talk.owner if talk else None,
            "sent": [self._message(conn, message) for message in self.sent],
            "events": [self._event(conn, entry) for entry in self.entries if entry.kind not in _MESSAGES],
        }

    def _talk(self, conn: Connection) -> Any | None:
        if self.line.customer is None:
            return None
        known = named(conn, self.line.customer, self.line.channel)
        return conversations.of_customer(conn, known) if known else None

    def _message(self, conn: Connection, message: Outbound) -> dict[str, Any]:
        row = outbox.by_ref(conn, message.id)
        assert row is not None, "what was sent was in the outbox"
        told: dict[str, Any] = {
            "id": message.id,
            "at": self._local(row.sent_at or self.now),
            "to": message.recipient,
            "customer": _called(conn, row.customer_id),
            "channel": message.channel,
            "kind": message.kind,
        }
        if row.rule:
            told["rule"] = row.rule
        buttons = [{"title": button.title, "payload": button.payload} for button in message.buttons]
        return told | {"text": message.text, "buttons": buttons}

    def _event(self, conn: Connection, entry: Any) -> dict[str, Any]:
        about = {"type": entry.kind, "at": self._local(entry.at), "customer": _called(conn, entry.customer_id)}
        if entry.channel:
            about["channel"] = entry.channel
        about["by"] = entry.by
        # What an event is about may not take the place of what it is.
        return about | {key: value for key, value in (entry.data or {}).items() if key not in about}

    def _local(self, moment: datetime) -> str:
        return moment.astimezone(self.zone).isoformat()


def named(conn: Connection, name: str, channel: str | None) -> str | None:
    """Return the internal id of whom a line means: a channel's user (of any channel for None) or a customer_id."""
    for one in (channel,) if channel else CHANNELS:
        identity = identities.find(conn, one, name)
        if identity is not None:
            return str(identity.customer_id)
    known = customers.by_number(conn, name)
    return str(known.id) if known is not None else None


def _called(conn: Connection, customer_id: str | None) -> str | None:
    """Return how the input calls a customer: the shop's number, or the user of somebody who has none."""
    if customer_id is None:
        return None
    row = customers.by_id(conn, customer_id)
    if row is not None and row.customer_no:
        return str(row.customer_no)
    theirs = identities.of_customer(conn, customer_id)
    return str(theirs[0].user_id) if theirs else customer_id
