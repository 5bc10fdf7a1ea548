"""What delivery asks of a channel, and what a channel is handed by the wiring."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, Protocol

from bot.messages import Inbound, Outbound

Receive = Callable[[Inbound], Awaitable[None]]
"""Takes one inbound message and returns once it is stored; only then may a channel acknowledge it."""


TextUnit = Literal["utf16", "utf8"]
"""What a platform counts a text by: UTF-16 units, or bytes of UTF-8."""


@dataclass(frozen=True, slots=True)
class Window:
    """For how long, and for how many messages, a platform lets us write once a customer did something."""

    lasts: timedelta
    messages: int


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast a platform takes messages: one ``every`` so long, and ``burst`` (1 or more) at once after a pause."""

    every: timedelta
    burst: int
    kept: int = 0
    """So many of the burst, fewer than all, are kept for who waits for an answer; care leaves them."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do; delivery plans by it."""

    text_limit: int
    """How long a message may be, in ``text_unit``."""
    buttons: bool
    """False: choices go out as numbered text."""
    edits: bool = False
    contact: bool = False
    """Whether the platform can vouch for a customer's own phone when asked."""
    text_unit: TextUnit = "utf16"
    window: Window | None = None
    """What a message of the customer opens; None where we may write at any time."""
    event_window: Window | None = None
    """What a follow, a scan or a pressed menu opens, where that is less than a message does."""
    rate: Rate | None = None
    """Of all messages on this channel together; None where nobody counts."""
    chat_rate: Rate | None = None
    """Of the messages to one customer."""


class Channel(Protocol):
    """A way to a customer."""

    @property
    def name(self) -> str: ...

    @property
    def capabilities(self) -> Capabilities: ...

    async def send(self, message: Outbound) -> str:
        """Hand ``message`` to the platform and return the platform's id of it.

        Raises:
            ChannelRefused: the platform will never take it.
            ChannelBusy: not now; ``retry_after`` says when to try again.
        """
        ...


def able_of(channels: Mapping[str, Channel], name: str) -> Capabilities | None:
    """Return what the channel of this name can do; None where this process has no such channel."""
    known = channels.get(name)
    return known.capabilities if known else None
