"""Messages on their way to a browser: they are there already."""

from __future__ import annotations

from bot.errors import ChannelRefused
from bot.messages import Outbound
from bot.ports import Capabilities

CHANNEL = "webchat"
TEXT_LIMIT = 4000


class WebchatChannel:
    """The way out to a browser; see `bot.ports.Channel`.

    The outbox row is the message, and browsers read it there as soon as it counts as
    sent (`bot.channels.webchat.mailbox`). So a turn may be taken in another process
    than the one that the browser is connected to, and nobody need be there.
    """

    name = CHANNEL
    capabilities = Capabilities(text_limit=TEXT_LIMIT, buttons=True)

    async def send(self, message: Outbound) -> str:
        """Return the message's own id; nothing else is to be done.

        Raises:
            ChannelRefused: longer than the limit.
        """
        if (length := len(message.text)) > TEXT_LIMIT:
            raise ChannelRefused(f"the text has {length} characters and the web chat takes {TEXT_LIMIT}; split it")
        return message.id
