"""Messages on their way to a terminal."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.channels.terminal.sessions import Sessions
from bot.errors import ChannelBusy, ChannelRefused
from bot.messages import Outbound
from bot.ports import Capabilities

CHANNEL = "terminal"
TEXT_LIMIT = 20_000


class TerminalChannel:
    """The way out to every connected terminal of a user; see `bot.ports.Channel`."""

    name = CHANNEL
    capabilities = Capabilities(text_limit=TEXT_LIMIT, buttons=True, contact=True)

    def __init__(self, sessions: Sessions, *, absent_retry: timedelta) -> None:
        self._sessions = sessions
        self._absent_retry = absent_retry

    async def send(self, message: Outbound) -> str:
        """Show ``message`` in each terminal of its recipient; return the message's own id.

        Raises:
            ChannelRefused: longer than the limit.
            ChannelBusy: nobody is connected; how long it is worth waiting is delivery's to say.
        """
        if len(message.text) > TEXT_LIMIT:
            raise ChannelRefused(
                f"the text has {len(message.text)} characters and a terminal takes {TEXT_LIMIT}; split it"
            )
        line: dict[str, Any] = {
            "id": message.id,
            "text": message.text,
            "kind": message.kind,
            "buttons": [{"title": button.title, "payload": button.payload} for button in message.buttons],
        }
        if message.request_contact:
            line["request_contact"] = True
        shown = [await session.show(line) for session in self._sessions.of(message.recipient)]
        if not any(shown):
            raise ChannelBusy("no terminal of this user is connected", retry_after=self._absent_retry, absent=True)
        return message.id
