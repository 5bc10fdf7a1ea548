"""What comes in and what goes out, in no channel's own words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

InboundKind = Literal["text", "payload", "attachment", "contact", "event"]
OutboundKind = Literal["reply", "care", "agent", "survey", "notice"]


@dataclass(frozen=True, slots=True)
class Button:
    """A choice under a message: ``title`` is shown, ``payload`` comes back when it is pressed."""

    title: str
    payload: str


@dataclass(frozen=True, slots=True)
class Inbound:
    """One thing a customer sent, as a channel received it.

    ``external_id`` is the platform's own name of the message; (channel, account,
    external_id) tells a repeated delivery from a new message. ``user_id`` names the
    sender on that channel and is also where an answer goes.
    """

    channel: str
    account: str
    external_id: str
    user_id: str
    kind: InboundKind
    text: str | None = None
    """The words as typed (kind ``text``), or a caption."""
    payload: str | None = None
    """The payload of a pressed button (kind ``payload``)."""
    attachment: str | None = None
    """``photo``, ``voice``, ``sticker``, ``file``, ``location`` or ``other`` (kind ``attachment``)."""
    contact_phone: str | None = None
    """The phone that the platform itself vouches for, as it gave it (kind ``contact``)."""
    event: str | None = None
    """``follow``, ``unfollow``, ``blocked``, ``delivered``, ``read``, ``clicked`` or ``link`` (kind ``event``)."""
    data: dict[str, Any] = field(default_factory=dict)
    """What else the platform said, JSON only: file ids, a link token, the message an event is about."""
    sent_at: datetime | None = None
    display_name: str | None = None
    language: str | None = None
    """The platform's word on the customer's language, such as ``zh-hans``; None where it has none."""


@dataclass(frozen=True, slots=True)
class Outbound:
    """One message for a customer, ready for its channel."""

    id: str
    channel: str
    recipient: str
    """The ``user_id`` of the identity that it goes to."""
    kind: OutboundKind
    text: str
    buttons: tuple[Button, ...] = ()
    request_contact: bool = False
    """Ask the platform to share the customer's own verified phone, where it can."""
