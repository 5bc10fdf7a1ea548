"""What the virtual world puts in the place of the outer one: channels that only record, and an ear that remembers."""

from __future__ import annotations

from typing import Any

from bot.listening import Listening
from bot.messages import Outbound
from bot.ports import Capabilities
from nlu.errors import NluUnavailable
from nlu.understanding import Understanding


class RecordingChannel:
    """Takes every message and keeps it."""

    capabilities = Capabilities(text_limit=4096, buttons=True, contact=True)

    def __init__(self, name: str, sent: list[Outbound]) -> None:
        self.name = name
        self._sent = sent

    async def send(self, message: Outbound) -> str:
        self._sent.append(message)
        return message.id


class Remembering(Listening):
    """Understands, and remembers what the text of the present line was understood to mean."""

    last: Understanding | None = None
    broken: NluUnavailable | None = None

    async def __call__(self, text: str, **how: Any) -> Understanding:
        try:
            self.last = await super().__call__(text, **how)
        except NluUnavailable as exc:
            # The turn would try again later; in a world without a deadline this is the end.
            self.broken = exc
            raise
        return self.last
