"""What delivery asks of a channel, and what a channel is handed by the wiring."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from bot.messages import Inbound, Outbound

Receive = Callable[[Inbound], Awaitable[None]]
"""Takes one inbound message and returns once it is stored; only then may a channel acknowledge it."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do; delivery plans by it."""

    text_limit: int
    """Characters that a message may have, in the platform's own count (Telegram: UTF-16 units)."""
    buttons: bool
    """False: choices go out as numbered text."""
    edits: bool = False
    contact: bool = False
    """Whether the platform can vouch for a customer's own phone when asked."""


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
